package graph_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// What SimpleJWT does, and what Gatehouse does with the same: docs/auth.md has the table for people, this is the one for
// the program. Each token is presented wherever tokens are: a refresh token as argument of tokenRefresh, tokenVerify and
// tokenRevoke, an access token in the header and as argument of tokenVerify.

// refusals are what becomes of a token where it is presented. A refusal reads "message | code | reason"; what is no
// refusal, what the field answers. For tokenVerify it is the reason, or valid.
type refusals struct{ refresh, revoke, verify, bearer string }

// invalid is a token that is none: everywhere for that reason, in the words of SimpleJWT's serializers.
func invalid(message string) refusals {
	return refusals{
		refresh: message + " | TOKEN_NOT_VALID | TOKEN_INVALID",
		revoke:  message + " | TOKEN_NOT_VALID | TOKEN_INVALID",
		verify:  "TOKEN_INVALID",
		bearer:  "Given token not valid for any token type | UNAUTHENTICATED | TOKEN_INVALID",
	}
}

// session is a sign-in of one user, in an API of their own.
type session struct {
	*api
	access, refresh string
}

func signedIn(t *testing.T) *session {
	t.Helper()
	s := &session{api: newAPI(t)}
	s.signIn("ada")
	s.obtainPair()
	return s
}

const obtain = `mutation($u: String!, $p: String!) { tokenObtain(username: $u, password: $p) { access refresh } }`

func (s *session) obtainPair() {
	s.t.Helper()
	var reply struct {
		Data struct {
			TokenObtain struct{ Access, Refresh string }
		}
	}
	if err := json.Unmarshal([]byte(s.ask(obtain, map[string]any{"u": "ada", "p": password}, "")), &reply); err != nil {
		s.t.Fatal(err)
	}
	s.access, s.refresh = reply.Data.TokenObtain.Access, reply.Data.TokenObtain.Refresh
}

// present sends a token to a place, and answers what became of it.
func (s *session) present(place, token string) string {
	s.t.Helper()
	query, bearer := map[string]string{
		"refresh": `mutation($t: String) { tokenRefresh(refresh: $t) { __typename } }`,
		"revoke":  `mutation($t: String) { tokenRevoke(refresh: $t) { revoked } }`,
		"verify":  `mutation($t: String!) { tokenVerify(token: $t) { isValid reason } }`,
		"bearer":  `{ me { username } }`,
	}[place], ""
	variables := map[string]any{"t": token}
	if place == "bearer" {
		bearer, variables = token, nil
	}
	return outcome(s.t, s.ask(query, variables, bearer))
}

// outcome is a reply in short.
func outcome(t testing.TB, text string) string {
	t.Helper()
	var reply struct {
		Data   map[string]json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code, Reason string }
		}
	}
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		t.Fatalf("%v: %s", err, cut(text))
	}
	if len(reply.Errors) > 0 {
		e := reply.Errors[0]
		return strings.TrimSuffix(e.Message+" | "+e.Extensions.Code+" | "+e.Extensions.Reason, " | ")
	}
	for _, answer := range reply.Data {
		var verdict struct {
			IsValid *bool
			Reason  string
		}
		if err := json.Unmarshal(answer, &verdict); err == nil && verdict.IsValid != nil {
			if *verdict.IsValid != (verdict.Reason == "") {
				t.Errorf("a verdict that contradicts itself: %s", answer)
			}
			return map[bool]string{true: "valid", false: verdict.Reason}[*verdict.IsValid]
		}
		return string(answer)
	}
	return ""
}

// check presents a refresh and an access token everywhere, revoking last.
func (s *session) check(refresh, access string, want refusals) {
	s.t.Helper()
	for _, row := range []struct{ place, token, want string }{
		{"verify", refresh, want.verify},
		{"verify", access, want.verify},
		{"bearer", access, want.bearer},
		{"refresh", refresh, want.refresh},
		{"revoke", refresh, want.revoke},
	} {
		if row.want == "" {
			continue
		}
		if got := s.present(row.place, row.token); got != row.want {
			s.t.Errorf("%s: %s\nwant %s", row.place, cut(got), row.want)
		}
	}
}

var secret = bytes.Repeat([]byte("k"), 32) // newAPI's

// parts are the header and claims of a token.
func parts(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	segments := strings.Split(token, ".")
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(segments[i])
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// forge is a token with other claims (nil: none of that name) or header, signed by the server's own key.
func forge(t *testing.T, token string, header, claims map[string]any) string {
	t.Helper()
	head, body := parts(t, token)
	for _, change := range []struct{ into, by map[string]any }{{head, header}, {body, claims}} {
		maps.Copy(change.into, change.by)
		maps.DeleteFunc(change.into, func(_ string, value any) bool { return value == nil })
	}
	return sign(t, jsonOf(t, head), jsonOf(t, body))
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sign makes a token of any two texts, by HS256 and the server's key whatever they say.
func sign(t *testing.T, header, claims string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwt.SigningMethodHS256.Sign(text, secret)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestSimpleJWTObtain(t *testing.T) {
	s := signedIn(t)
	s.signIn("bob")
	s.deactivate("bob")
	for _, row := range []struct{ name, username, password string }{
		{"wrong password", "ada", "wrong"},
		{"no password", "ada", ""},
		{"unknown user", "nobody", password},
		{"inactive user", "bob", password},
		{"inactive user by e-mail, wrong password", "bob@example.com", "wrong"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := outcome(t, s.ask(obtain, map[string]any{"u": row.username, "p": row.password}, ""))
			if want := "No active account found with the given credentials | INVALID_CREDENTIALS"; got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

// deactivate is done by staff.
func (s *session) deactivate(username string) {
	s.t.Helper()
	u, err := s.db.Read.User.Query().All(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range u {
		if u.Username == username {
			if _, err := s.accounts.Update(s.t.Context(), u.ID, account.UserChanges{IsActive: patch.Set(false)}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

func TestSimpleJWTTokens(t *testing.T) {
	now := time.Now().Unix()
	notRefreshed := func(message, reason string) string { return message + " | TOKEN_NOT_VALID | " + reason }
	notMe := func(reason string) string {
		return "Given token not valid for any token type | UNAUTHENTICATED | " + reason
	}
	expired := refusals{notRefreshed("Token is expired", "TOKEN_EXPIRED"), `{"revoked":true}`, "TOKEN_EXPIRED", notMe("TOKEN_EXPIRED")}
	nobody := invalid("Token contained no recognizable user identification")
	nobody.bearer = "Token contained no recognizable user identification | UNAUTHENTICATED | TOKEN_INVALID"
	wrongType := refusals{
		notRefreshed("Token has wrong type", "TOKEN_WRONG_TYPE"), notRefreshed("Token has wrong type", "TOKEN_WRONG_TYPE"),
		"TOKEN_WRONG_TYPE", notMe("TOKEN_WRONG_TYPE"),
	}
	for _, row := range []struct {
		name   string
		claims map[string]any
		want   refusals
	}{
		{"nothing changed", nil, refusals{`{"__typename":"TokenRefreshPayload"}`, `{"revoked":true}`, "valid", `{"username":"ada"}`}},
		{"user_id as a number", map[string]any{"user_id": 1}, refusals{`{"__typename":"TokenRefreshPayload"}`, `{"revoked":true}`, "valid", `{"username":"ada"}`}},
		{"iat in 5 seconds", map[string]any{"iat": now + 5}, refusals{`{"__typename":"TokenRefreshPayload"}`, `{"revoked":true}`, "valid", `{"username":"ada"}`}},
		{"expired", map[string]any{"exp": now - 3600}, expired},
		{"expires now", map[string]any{"exp": now}, expired},
		{"exp of 0", map[string]any{"exp": 0}, expired},
		{"no exp", map[string]any{"exp": nil}, invalid("Token has no 'exp' claim")},
		{"exp is null", map[string]any{"exp": json.RawMessage("null")}, invalid("Token is invalid")},
		{"exp is a string", map[string]any{"exp": "9999999999"}, invalid("Token is invalid")},
		{"exp is true", map[string]any{"exp": true}, invalid("Token is invalid")},
		{"exp is a list", map[string]any{"exp": []int{9999999999}}, invalid("Token is invalid")},
		{"exp is negative", map[string]any{"exp": -1}, invalid("Token is invalid")},
		{"exp beyond any date", map[string]any{"exp": json.RawMessage("1e300")}, invalid("Token is invalid")},
		{"iat in an hour", map[string]any{"iat": now + 3600}, invalid("Token is invalid")},
		{"iat is a string", map[string]any{"iat": "0"}, invalid("Token is invalid")},
		{"nbf in an hour", map[string]any{"nbf": now + 3600}, invalid("Token is invalid")},
		{"nbf is a string", map[string]any{"nbf": "0"}, invalid("Token is invalid")},
		{"no jti", map[string]any{"jti": nil}, invalid("Token has no id")},
		{"jti is empty", map[string]any{"jti": ""}, invalid("Token has no id")},
		{"jti is a number", map[string]any{"jti": 1}, invalid("Token is invalid")},
		{"no token_type", map[string]any{"token_type": nil}, invalid("Token has no type")},
		{"sliding", map[string]any{"token_type": "sliding"}, wrongType},
		{"token_type is null", map[string]any{"token_type": json.RawMessage("null")}, wrongType},
		{"no user_id", map[string]any{"user_id": nil}, nobody},
		{"user_id is null", map[string]any{"user_id": json.RawMessage("null")}, nobody},
		{"user_id is empty", map[string]any{"user_id": ""}, nobody},
		{"user_id 0", map[string]any{"user_id": 0}, nobody},
		{"user_id -1", map[string]any{"user_id": "-1"}, nobody},
		{"user_id +1", map[string]any{"user_id": "+1"}, nobody},
		{"user_id 01", map[string]any{"user_id": "01"}, nobody},
		{"user_id 1.0", map[string]any{"user_id": json.RawMessage("1.0")}, nobody},
		{"user_id 1e0", map[string]any{"user_id": json.RawMessage("1e0")}, nobody},
		{"user_id 2^63", map[string]any{"user_id": json.RawMessage("9223372036854775808")}, nobody},
		{"user_id 2^64+1", map[string]any{"user_id": "18446744073709551617"}, nobody},
		{"user_id 1abc", map[string]any{"user_id": "1abc"}, nobody},
		{"user_id 1 OR 1=1", map[string]any{"user_id": "1 OR 1=1"}, nobody},
		{"user_id with a blank", map[string]any{"user_id": "1 "}, nobody},
		{"user_id true", map[string]any{"user_id": true}, nobody},
		{"user_id in a list", map[string]any{"user_id": []int{1}}, nobody},
		{"user_id in an object", map[string]any{"user_id": map[string]int{"id": 1}}, nobody},
		{"no sid", map[string]any{"sid": nil}, invalid("Token is invalid")},
		{"neither sid nor gen", map[string]any{"sid": nil, "gen": nil}, invalid("Token is invalid")},
		{"unknown user", map[string]any{"user_id": "99"}, refusals{
			notRefreshed("No active account found for the given token.", "USER_NOT_FOUND"), `{"revoked":false}`,
			"USER_NOT_FOUND", "User not found | UNAUTHENTICATED | USER_NOT_FOUND",
		}},
		{"no such session", map[string]any{"sid": "4294967999"}, refusals{
			notRefreshed("Token is blacklisted", "TOKEN_REVOKED"), `{"revoked":false}`, "TOKEN_REVOKED", notMe("TOKEN_REVOKED"),
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := signedIn(t)
			s.check(forge(t, s.refresh, nil, row.claims), forge(t, s.access, nil, row.claims), row.want)
		})
	}

	t.Run("an access token where a refresh token belongs, and the reverse", func(t *testing.T) {
		s := signedIn(t)
		s.check(s.access, s.refresh, refusals{wrongType.refresh, wrongType.revoke, "valid", wrongType.bearer})
	})
	t.Run("inactive user", func(t *testing.T) {
		s := signedIn(t)
		s.deactivate("ada")
		s.check(s.refresh, s.access, refusals{
			notRefreshed("No active account found for the given token.", "USER_INACTIVE"), `{"revoked":false}`,
			"USER_INACTIVE", "User is inactive | UNAUTHENTICATED | USER_INACTIVE",
		})
	})
	ended := refusals{
		notRefreshed("Token is blacklisted", "TOKEN_REVOKED"), `{"revoked":false}`, "TOKEN_REVOKED", notMe("TOKEN_REVOKED"),
	}
	t.Run("after logout", func(t *testing.T) {
		s := signedIn(t)
		s.ask(`mutation { logout { revokedSessions } }`, nil, s.access)
		s.check(s.refresh, s.access, ended)
	})
	t.Run("after tokenRevoke", func(t *testing.T) {
		s := signedIn(t)
		s.present("revoke", s.refresh)
		s.check(s.refresh, s.access, ended)
	})
	t.Run("refresh reused after rotation", func(t *testing.T) {
		s := signedIn(t)
		reply := s.ask(`mutation($t: String) { tokenRefresh(refresh: $t) { refresh } }`, map[string]any{"t": s.refresh}, "")
		var next struct {
			Data struct{ TokenRefresh struct{ Refresh string } }
		}
		if err := json.Unmarshal([]byte(reply), &next); err != nil {
			t.Fatal(err)
		}
		s.present("refresh", next.Data.TokenRefresh.Refresh) // which ends the grace
		if got := s.present("verify", s.refresh); got != "TOKEN_REUSED" {
			t.Errorf("verify: %s", got)
		}
		if got, want := s.present("refresh", s.refresh), notRefreshed("Token is blacklisted", "TOKEN_REUSED"); got != want {
			t.Errorf("refresh: %s\nwant %s", got, want)
		}
		s.check(s.refresh, s.access, ended)
	})
}

func TestSimpleJWTHeader(t *testing.T) {
	s := signedIn(t)
	for _, row := range []struct{ name, header, want string }{
		{"none", "", "Authentication credentials were not provided. | UNAUTHENTICATED | NOT_AUTHENTICATED"},
		{"another scheme", "Basic YTpi", "Authentication credentials were not provided. | UNAUTHENTICATED | NOT_AUTHENTICATED"},
		{"no scheme", s.access, "Authentication credentials were not provided. | UNAUTHENTICATED | NOT_AUTHENTICATED"},
		{"Bearer alone", "Bearer", "Authorization header must contain two space-delimited values | UNAUTHENTICATED | BAD_AUTHORIZATION_HEADER"},
		{"two values", "Bearer " + s.access + " " + s.access, "Authorization header must contain two space-delimited values | UNAUTHENTICATED | BAD_AUTHORIZATION_HEADER"},
		{"garbage", "Bearer garbage", "Given token not valid for any token type | UNAUTHENTICATED | TOKEN_INVALID"},
		{"one", "Bearer " + s.access, `{"username":"ada"}`},
		{"lower-case bearer", "bearer " + s.access, `{"username":"ada"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := outcome(t, s.askWith(row.header, `{ me { username } }`, nil)); got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

// TestHostileTokens has what is known to have fooled one implementation or another. Each looks to its victim like a good
// token of Ada's; here none serves for anything, and none revokes anything.
func TestHostileTokens(t *testing.T) {
	s := signedIn(t)
	attacker, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&attacker.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	ownKey := map[string]any{
		"kty": "oct", "k": base64.RawURLEncoding.EncodeToString([]byte("the attacker's own secret key...")), "alg": "HS256",
	}
	// by signs with a key of the attacker's.
	by := func(method jwt.SigningMethod, key any, header map[string]any) func(string) string {
		return func(token string) string {
			_, claims := parts(t, token)
			forged := jwt.NewWithClaims(method, jwt.MapClaims(claims))
			maps.Copy(forged.Header, header)
			raw, err := forged.SignedString(key)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
	}
	attackerSecret := []byte("the attacker's own secret key...")
	// header changes that of a token which is signed by the right key all the same.
	header := func(change map[string]any) func(string) string {
		return func(token string) string { return forge(t, token, change, nil) }
	}
	// text changes the token as it is written.
	text := func(change func(head, claims, signature string) string) func(string) string {
		return func(token string) string {
			segments := strings.Split(token, ".")
			return change(segments[0], segments[1], segments[2])
		}
	}
	// raw signs any header and claims, by the right key.
	raw := func(change func(head, claims string) (string, string)) func(string) string {
		return func(token string) string {
			head, claims := parts(t, token)
			return sign(t, first(change(jsonOf(t, head), jsonOf(t, claims))), second(change(jsonOf(t, head), jsonOf(t, claims))))
		}
	}
	unsigned := func(alg string) func(string) string {
		return text(func(_, claims, _ string) string {
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`","typ":"JWT"}`)) + "." + claims + "."
		})
	}
	attacks := map[string]func(string) string{
		"garbage":                     func(string) string { return "garbage" },
		"nothing":                     func(string) string { return "" },
		"alg none":                    unsigned("none"),
		"alg None":                    unsigned("None"),
		"alg NONE":                    unsigned("NONE"),
		"alg nOnE":                    unsigned("nOnE"),
		"alg none, signed":            header(map[string]any{"alg": "none"}),
		"alg empty":                   header(map[string]any{"alg": ""}),
		"alg missing":                 header(map[string]any{"alg": nil}),
		"alg in lower case":           header(map[string]any{"alg": "hs256"}),
		"alg a list":                  header(map[string]any{"alg": []string{"HS256", "none"}}),
		"no signature":                text(func(head, claims, _ string) string { return head + "." + claims + "." }),
		"two parts":                   text(func(head, claims, _ string) string { return head + "." + claims }),
		"four parts":                  text(func(head, claims, signature string) string { return head + "." + claims + "." + signature + "." }),
		"another key":                 by(jwt.SigningMethodHS256, attackerSecret, nil),
		"an empty key":                by(jwt.SigningMethodHS256, []byte{}, nil),
		"our key, another algorithm":  by(jwt.SigningMethodHS512, secret, nil),
		"RS256 by the attacker's key": by(jwt.SigningMethodRS256, attacker, nil),
		"HS256 keyed by a public key": by(jwt.SigningMethodHS256, publicPEM, nil),
		"embedded jwk":                by(jwt.SigningMethodHS256, attackerSecret, map[string]any{"jwk": ownKey}),
		"jku":                         by(jwt.SigningMethodHS256, attackerSecret, map[string]any{"jku": "https://attacker.example/jwks.json"}),
		"x5u":                         by(jwt.SigningMethodRS256, attacker, map[string]any{"x5u": "https://attacker.example/cert.pem"}),
		"x5c":                         by(jwt.SigningMethodRS256, attacker, map[string]any{"x5c": []string{base64.StdEncoding.EncodeToString(der)}}),
		"kid of an empty file":        by(jwt.SigningMethodHS256, []byte{}, map[string]any{"kid": "../../../../dev/null"}),
		"kid of a well-known file":    by(jwt.SigningMethodHS256, []byte("2\n"), map[string]any{"kid": "/proc/sys/kernel/randomize_va_space"}),
		"kid of SQL":                  by(jwt.SigningMethodHS256, []byte("x"), map[string]any{"kid": "' UNION SELECT 'x' --"}),
		"kid of a command":            by(jwt.SigningMethodHS256, attackerSecret, map[string]any{"kid": "key|id"}),
		"crit unknown":                header(map[string]any{"crit": []string{"x"}, "x": 1}),
		"crit known":                  header(map[string]any{"crit": []string{"exp"}}),
		"crit b64":                    header(map[string]any{"crit": []string{"b64"}, "b64": false}),
		"crit empty":                  header(map[string]any{"crit": []string{}}),
		"typ of another JWS":          header(map[string]any{"typ": "JOSE"}),
		"changed claims":              text(func(head, claims, signature string) string { return head + "." + swapUser(t, claims) + "." + signature }),
		"padding":                     text(func(head, claims, signature string) string { return head + "." + claims + "." + signature + "=" }),
		"padding in the claims":       text(func(head, claims, signature string) string { return head + "." + claims + "==." + signature }),
		"standard base64":             text(func(head, claims, signature string) string { return head + "." + claims + "." + signature[:42] + "+" }),
		"a blank in front":            text(func(head, claims, signature string) string { return " " + head + "." + claims + "." + signature }),
		"a NUL at the end":            text(func(head, claims, signature string) string { return head + "." + claims + "." + signature + "\x00" }),
		"1 MB of claims": func(token string) string {
			return forge(t, token, nil, map[string]any{"x": strings.Repeat("x", 500_000)})
		},
		"1 MB of header":               header(map[string]any{"x": strings.Repeat("x", 500_000)}),
		"1 MB of dots":                 func(string) string { return strings.Repeat(".", 500_000) },
		"1 MB of nesting":              raw(func(head, _ string) (string, string) { return head, strings.Repeat(`{"a":`, 100_000) }),
		"user_id twice":                raw(func(head, claims string) (string, string) { return head, `{"user_id":"2",` + claims[1:] }),
		"user_id twice, one escaped":   raw(func(head, claims string) (string, string) { return head, `{"user\u005fid":"2",` + claims[1:] }),
		"exp twice":                    raw(func(head, claims string) (string, string) { return head, `{"exp":1,` + claims[1:] }),
		"alg twice":                    raw(func(head, claims string) (string, string) { return `{"alg":"none",` + head[1:], claims }),
		"claims that are a list":       raw(func(head, claims string) (string, string) { return head, "[" + claims + "]" }),
		"claims that are null":         raw(func(head, _ string) (string, string) { return head, "null" }),
		"claims, and more behind them": raw(func(head, claims string) (string, string) { return head, claims + claims }),
		"claims that are not in UTF-8": raw(func(head, claims string) (string, string) { return head, `{"x":"` + "\xff" + `",` + claims[1:] }),
		"a header that is a string":    raw(func(_, claims string) (string, string) { return `"HS256"`, claims }),
		"a refresh token made an access": func(token string) string {
			return text(func(head, claims, signature string) string { return head + "." + retype(t, claims) + "." + signature })(token)
		},
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			s.t = t
			want := invalid("Token is invalid")
			if name == "nothing" || name == "a blank in front" {
				want.bearer = "" // which is no token at all, or a good one
			}
			s.check(attack(s.refresh), attack(s.access), want)
		})
	}
	// Line breaks are no part of any token; in a header they do not even arrive (net/http refuses them).
	for _, lineBreak := range []string{"\n", "\r\n", "\r"} {
		t.Run(fmt.Sprintf("%q", lineBreak), func(t *testing.T) {
			s.t = t
			for i := range 4 {
				segments := strings.Split(s.refresh, ".")
				if i < 3 {
					segments[i] = segments[i][:10] + lineBreak + segments[i][10:]
				} else {
					segments[2] += lineBreak
				}
				want := invalid("Token is invalid")
				want.bearer = ""
				s.check(strings.Join(segments, "."), "x", want)
			}
		})
	}
	s.t = t
	s.check(s.refresh, s.access, refusals{`{"__typename":"TokenRefreshPayload"}`, `{"revoked":true}`, "valid", `{"username":"ada"}`})
}

func first(a, _ string) string  { return a }
func second(_, b string) string { return b }

// swapUser has claims be somebody else's.
func swapUser(t *testing.T, segment string) string {
	return rewrite(t, segment, `"user_id":"1"`, `"user_id":"2"`)
}

// retype has claims be those of the other type of token.
func retype(t *testing.T, segment string) string {
	return rewrite(t, segment, `"token_type":"`, `"token_type":"x`)
}

func rewrite(t *testing.T, segment, old, by string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %s: %v", text, old, err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), old, by, 1)))
}
