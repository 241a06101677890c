package token_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/token"
)

// Tokens made by others with the same claims.
func TestReadsTokensOfOthers(t *testing.T) {
	const (
		pyJWTInteger = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MTc2NzMxMjAwMCwiaWF0IjoxNzY3MjI1NjAwLCJqdGkiOiIwZjhmYWQ1YmQ5Y2I0NjlmYTE2NTcwODY3NzI4OTUwZSIsInVzZXJfaWQiOjQyfQ.Mg6BHt8m8ay8igJz0tFjM6jDBNHPmmkmL8TmC4gpiP8"
		pyJWTString  = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MTc2NzMxMjAwMCwiaWF0IjoxNzY3MjI1NjAwLCJqdGkiOiIwZjhmYWQ1YmQ5Y2I0NjlmYTE2NTcwODY3NzI4OTUwZSIsInVzZXJfaWQiOiI0MiJ9.cVBjbOhCizhZW6VCDJpvshyQh_EcK16KD1Q9rqAGawU"
	)
	want := refresh()
	want.SessionID, want.Generation = 0, 0
	for name, raw := range map[string]string{"PyJWT, integer": pyJWTInteger, "PyJWT, string": pyJWTString} {
		if got := accepted(t, issuer(t), raw); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// The example of RFC 7515 appendix A.1: a good signature over odd white space, and claims that are not ours.
func TestRFC7515Example(t *testing.T) {
	const (
		raw      = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
		material = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
		exp      = 1300819380
	)
	secret, err := base64.RawURLEncoding.DecodeString(material)
	if err != nil {
		t.Fatal(err)
	}
	when := time.Unix(exp, 0)
	joe := issuer(t, named("joe", ""), func(s *token.Settings) {
		s.Keys = []token.Key{key(t, string(secret))}
		s.Now = func() time.Time { return when }
	})
	c, err := joe.Verify(raw, token.Any)
	refusal(t, c, err, token.Expired, "Token is expired")
	when = when.Add(-1)
	c, err = joe.Verify(raw, token.Any)
	refusal(t, c, err, token.Invalid, "Token has no id")
}

func TestTypes(t *testing.T) {
	i := issuer(t)
	access, ours, sliding := claims("token_type", `"access"`, "gen", ""), claims(), claims("token_type", `"sliding"`)
	for _, row := range []struct {
		claims string
		want   token.Type
		good   bool
	}{
		{access, token.Access, true},
		{access, token.Any, true},
		{access, token.Refresh, false},
		{ours, token.Access, false},
		{ours, token.Any, true},
		{ours, token.Refresh, true},
		{sliding, token.Access, false},
		{sliding, token.Any, false},
		{sliding, token.Refresh, false},
		{sliding, "sliding", false},
		{access, "ACCESS", false},
		{claims("token_type", `""`), token.Any, false},
		{claims("token_type", `"Access"`), token.Access, false},
		{claims("token_type", `"refresh "`), token.Refresh, false},
		{claims("token_type", `null`), token.Any, false},
		{claims("token_type", `7`), token.Any, false},
		{claims("token_type", `["refresh"]`), token.Refresh, false},
		{claims("token_type", `{"refresh":1}`), token.Refresh, false},
	} {
		t.Run(fmt.Sprintf("%.28s as %q", row.claims, row.want), func(t *testing.T) {
			c, err := i.Verify(mint(header, row.claims), row.want)
			if !row.good {
				refusal(t, c, err, token.WrongType, "Token has wrong type")
			} else if err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestMissingClaims(t *testing.T) {
	for _, row := range []struct{ name, claims, message string }{
		{"exp", claims("exp", ""), "Token has no 'exp' claim"},
		{"jti", claims("jti", ""), "Token has no id"},
		{"user_id", claims("user_id", ""), "Token contained no recognizable user identification"},
		{"token_type", claims("token_type", ""), "Token has no type"},
		{"everything", "{}", "Token has no 'exp' claim"},
		{"all but exp", `{"exp":1767312000}`, "Token has no id"},
		{"all but exp and jti", `{"exp":1767312000,"jti":"a"}`, "Token contained no recognizable user identification"},
		{"all but exp, jti and user_id", `{"exp":1767312000,"jti":"a","user_id":1}`, "Token has no type"},
		// Names match case and all.
		{"exp in capitals", claims("exp", "", "EXP", "1767312000"), "Token has no 'exp' claim"},
		{"jti in capitals", claims("jti", "", "Jti", `"a"`), "Token has no id"},
		{"user_id in capitals", claims("user_id", "", "User_ID", `"42"`), "Token contained no recognizable user identification"},
		{"token_type in capitals", claims("token_type", "", "Token_Type", `"refresh"`), "Token has no type"},
		{"empty jti", claims("jti", `""`), "Token has no id"},
	} {
		t.Run(row.name, func(t *testing.T) {
			raw := mint(header, row.claims)
			for _, want := range []token.Type{token.Refresh, token.Any} {
				c, err := issuer(t).Verify(raw, want)
				refusal(t, c, err, token.Invalid, row.message)
				c, err = issuer(t).VerifyGenuine(raw, want)
				refusal(t, c, err, token.Invalid, row.message)
			}
		})
	}
}

func TestUserID(t *testing.T) {
	for text, want := range map[string]int64{
		`"1"`: 1, `1`: 1, `"42"`: 42, `42`: 42, `"\u0034\u0032"`: 42,
		`"9007199254740993"`: 1<<53 + 1, `9007199254740993`: 1<<53 + 1,
		`"9223372036854775807"`: 1<<63 - 1, `9223372036854775807`: 1<<63 - 1,
	} {
		if got := accepted(t, issuer(t), mint(header, claims("user_id", text))).UserID; got != want {
			t.Errorf("user_id %s is %d, want %d", text, got, want)
		}
	}
	for _, text := range []string{
		`""`, `" "`, `"0"`, `0`, `-0`, `"-0"`, `"-1"`, `-1`, `"+1"`, `"007"`, `"1abc"`, `"abc"`, `" 1"`, `"1 "`, `"1\n"`, `"1\u0000"`,
		`"1.0"`, `1.0`, `1.5`, `"1e3"`, `1e3`, `1E3`, `1e0`, `1e400`, `1e-1`, `"0x1"`, `"1_000"`, `"1,000"`, `"١"`, `"１"`,
		`"9223372036854775808"`, `9223372036854775808`, `-9223372036854775808`, `"18446744073709551617"`, `18446744073709551617`,
		`"99999999999999999999999999999999"`, `true`, `false`, `null`, `"null"`, `[]`, `{}`, `[1]`, `["1"]`, `{"id":1}`, `"NaN"`,
	} {
		t.Run(text, func(t *testing.T) {
			c, err := issuer(t).Verify(mint(header, claims("user_id", text)), token.Refresh)
			refusal(t, c, err, token.Invalid, "Token contained no recognizable user identification")
		})
	}
}

func TestSessionAndGeneration(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       int64
	}{
		{"sid", ``, 0},
		{"sid", `"1"`, 1},
		{"sid", `"9007199254740993"`, 1<<53 + 1},
		{"sid", `"9223372036854775807"`, 1<<63 - 1},
		{"gen", ``, 0},
		{"gen", `1`, 1},
		{"gen", `9007199254740993`, 1<<53 + 1},
		{"gen", `9223372036854775807`, 1<<63 - 1},
	} {
		c := accepted(t, issuer(t), mint(header, claims(row.name, row.text)))
		got := map[string]int64{"sid": c.SessionID, "gen": c.Generation}[row.name]
		if got != row.want {
			t.Errorf("%s %s is %d, want %d", row.name, row.text, got, row.want)
		}
	}
	for _, row := range []struct{ name, text string }{
		{"sid", `""`},
		{"sid", `"0"`},
		{"sid", `"-1"`},
		{"sid", `"007"`},
		{"sid", `"7 "`},
		{"sid", `"1e3"`},
		{"sid", `"9223372036854775808"`},
		{"sid", `7`},
		{"sid", `0`},
		{"sid", `null`},
		{"sid", `true`},
		{"sid", `["7"]`},
		{"sid", `{}`},
		{"sid", `"../7"`},
		{"gen", `0`},
		{"gen", `-1`},
		{"gen", `-0`},
		{"gen", `1.0`},
		{"gen", `1.5`},
		{"gen", `1e3`},
		{"gen", `1e400`},
		{"gen", `9223372036854775808`},
		{"gen", `"1"`},
		{"gen", `""`},
		{"gen", `null`},
		{"gen", `true`},
		{"gen", `[1]`},
		{"gen", `{}`},
	} {
		t.Run(row.name+" "+row.text, func(t *testing.T) {
			c, err := issuer(t).Verify(mint(header, claims(row.name, row.text)), token.Any)
			refusal(t, c, err, token.Invalid, "Token is invalid")
		})
	}
}

func TestIDMustBeAString(t *testing.T) {
	for _, text := range []string{`null`, `7`, `true`, `["a"]`, `{"a":1}`} {
		t.Run(text, func(t *testing.T) {
			c, err := issuer(t).Verify(mint(header, claims("jti", text)), token.Refresh)
			refusal(t, c, err, token.Invalid, "Token is invalid")
		})
	}
}

func TestIssuerClaim(t *testing.T) {
	gate := issuer(t, named("gate", ""))
	accepted(t, gate, mint(header, claims("iss", `"gate"`)))
	for _, text := range []string{``, `null`, `""`, `"Gate"`, `"gate "`, `"gates"`, `"gat"`, `7`, `["gate"]`, `{"gate":"gate"}`} {
		t.Run("iss "+text, func(t *testing.T) { invalid(t, gate, mint(header, claims("iss", text))) })
	}
	for _, text := range []string{`null`, `""`, `"other"`, `7`, `["x"]`} { // none required: whatever it is
		accepted(t, issuer(t), mint(header, claims("iss", text)))
	}
}

func TestAudienceClaim(t *testing.T) {
	house := issuer(t, named("", "house"))
	for _, text := range []string{`"house"`, `["house"]`, `["other","house"]`, `["house","other"]`, `["house","house"]`} {
		accepted(t, house, mint(header, claims("aud", text)))
	}
	for _, text := range []string{
		``, `null`, `""`, `"House"`, `"houses"`, `"hous"`, `[]`, `["other"]`, `["houses"]`, `[["house"]]`, `{"house":true}`, `7`,
		`["house",7]`, `[null,"house"]`, `["house",["house"]]`, `[{"house":"house"}]`,
	} {
		t.Run("aud "+text, func(t *testing.T) { invalid(t, house, mint(header, claims("aud", text))) })
	}
	for _, text := range []string{`null`, `""`, `"other"`, `7`, `[]`, `[7]`} { // none required: whatever it is
		accepted(t, issuer(t), mint(header, claims("aud", text)))
	}
}

// Each token is wrong in one way and in all that come later in the order; the earliest is the reason.
func TestOrderOfChecks(t *testing.T) {
	i := issuer(t, named("gate", "house"))
	ahead, over := fmt.Sprint(moment+3600), fmt.Sprint(moment-1)
	last := []string{"sid", `""`, "iss", `"gate"`, "aud", `"house"`}
	and := func(more ...string) string { return claims(append(last[:len(last):len(last)], more...)...) }
	for _, row := range []struct {
		name, claims string
		reason       token.Reason
		message      string
	}{
		{"iat before exp", claims("iat", ahead, "exp", over), token.Invalid, "Token is invalid"},
		{"nbf before exp", claims("nbf", ahead, "exp", over), token.Invalid, "Token is invalid"},
		{"exp before iss", claims("exp", over, "iss", `"x"`), token.Expired, "Token is expired"},
		{"exp before aud", claims("exp", over, "iss", `"gate"`, "aud", `"x"`), token.Expired, "Token is expired"},
		{"exp before the rest", `{"exp":1}`, token.Expired, "Token is expired"},
		{"iss before no exp", claims("exp", "", "aud", `"house"`), token.Invalid, "Token is invalid"},
		{"aud before no exp", claims("exp", "", "iss", `"gate"`), token.Invalid, "Token is invalid"},
		{"no exp first", and("exp", "", "jti", "", "user_id", "", "token_type", ""), token.Invalid, "Token has no 'exp' claim"},
		{"jti second", and("jti", "", "user_id", "", "token_type", ""), token.Invalid, "Token has no id"},
		{"user_id third", and("user_id", "", "token_type", ""), token.Invalid, "Token contained no recognizable user identification"},
		{"user_id before a wrong token_type", and("user_id", "", "token_type", `"access"`), token.Invalid, "Token contained no recognizable user identification"},
		{"token_type fourth", and("token_type", `"x"`), token.WrongType, "Token has wrong type"},
		{"sid last", and(), token.Invalid, "Token is invalid"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := i.Verify(mint(header, row.claims), token.Refresh)
			refusal(t, c, err, row.reason, row.message)
		})
	}
	t.Run("signature before exp", func(t *testing.T) {
		invalid(t, i, mint(header, claims("exp", over))+"A")
	})
	t.Run("crit before exp", func(t *testing.T) {
		invalid(t, i, mint(`{"alg":"HS256","crit":["exp"]}`, claims("exp", over)))
	})
}

func TestVerifyGenuine(t *testing.T) {
	late := issuer(t, now(365*24*time.Hour), named("gate", "house"))
	good := []string{"iss", `"gate"`, "aud", `"house"`}
	but := func(more ...string) string {
		return mint(header, claims(append(good[:len(good):len(good)], more...)...))
	}
	got, err := late.VerifyGenuine(but(), token.Refresh)
	if err != nil || got != refresh() {
		t.Errorf("an expired token: %+v, %v, want %+v", got, err, refresh())
	}
	if got, err := issuer(t).VerifyGenuine(mint(header, claims()), token.Any); err != nil || got != refresh() {
		t.Errorf("a current token: %+v, %v, want %+v", got, err, refresh())
	}
	c, err := late.Verify(but(), token.Refresh)
	refusal(t, c, err, token.Expired, "Token is expired")

	for _, row := range []struct {
		name, raw string
		reason    token.Reason
		message   string
	}{
		{"another key", but()[:len(but())-4] + "AAAA", token.Invalid, "Token is invalid"},
		{"exp not a date", but("exp", `"1"`), token.Invalid, "Token is invalid"},
		{"no exp", but("exp", ""), token.Invalid, "Token has no 'exp' claim"},
		{"iat ahead", but("iat", "9999999999"), token.Invalid, "Token is invalid"},
		{"nbf ahead", but("nbf", "9999999999"), token.Invalid, "Token is invalid"},
		{"another issuer", but("iss", `"x"`), token.Invalid, "Token is invalid"},
		{"another audience", but("aud", `"x"`), token.Invalid, "Token is invalid"},
		{"an access token", but("token_type", `"access"`), token.WrongType, "Token has wrong type"},
		{"no user", but("user_id", ""), token.Invalid, "Token contained no recognizable user identification"},
		{"bad session", but("sid", `7`), token.Invalid, "Token is invalid"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := late.VerifyGenuine(row.raw, token.Refresh)
			refusal(t, c, err, row.reason, row.message)
		})
	}
}

func TestSeveralKeys(t *testing.T) {
	old, current := key(t, otherSecret), key(t, secret)
	before := issuer(t, func(s *token.Settings) { s.Keys = []token.Key{old} })
	during := issuer(t, func(s *token.Settings) { s.Keys = []token.Key{current, old} })
	after := issuer(t)

	oldToken, err := before.Sign(refresh())
	if err != nil {
		t.Fatal(err)
	}
	newToken, err := during.Sign(refresh())
	if err != nil {
		t.Fatal(err)
	}
	if newToken != mint(header, `{"exp":1767312000,"gen":3,"iat":1767225600,"jti":"`+jti+`","sid":"7","token_type":"refresh","user_id":"42"}`) {
		t.Errorf("not signed by the first key: %s", newToken)
	}
	accepted(t, before, oldToken)
	accepted(t, during, oldToken)
	accepted(t, during, newToken)
	accepted(t, after, newToken)
	invalid(t, before, newToken)
	invalid(t, after, oldToken)
}

func TestOtherKey(t *testing.T) {
	signed := segment(header) + "." + segment(claims())
	for name, raw := range map[string]string{
		"another secret": signed + "." + mac(otherSecret, signed),
		"no secret":      signed + "." + mac("", signed),
		"half of ours":   signed + "." + mac(secret[:16], signed),
		"ours and more":  signed + "." + mac(secret+"!", signed),
		"other claims":   segment(header) + "." + segment(claims("user_id", `"1"`)) + "." + mac(secret, signed),
		"claims alone":   signed + "." + mac(secret, segment(claims())),
		"no signature":   signed + ".",
		"half a one":     signed + "." + mac(secret, signed)[:20],
		"and more":       signed + "." + mac(secret, signed) + "AAAA",
	} {
		t.Run(name, func(t *testing.T) { invalid(t, issuer(t), raw) })
	}
}

func TestEveryByteCounts(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	i := issuer(t)
	raw, err := i.Sign(refresh())
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, i, raw)
	refused := func(what string, at int, tampered string) {
		if c, err := i.Verify(tampered, token.Any); err == nil {
			t.Errorf("%s at byte %d of %d: accepted as %+v", what, at, len(raw), c)
		}
	}
	for at := range len(raw) {
		// Every other character there could be, which covers the spare bits in the last one of a part.
		for _, b := range []byte(alphabet + ".+/= \r\n\t\x00\x7f\xff") {
			if b != raw[at] {
				refused(fmt.Sprintf("%q for %q", b, raw[at]), at, raw[:at]+string([]byte{b})+raw[at+1:])
			}
		}
		for bit := range 8 {
			refused("a flipped bit", at, raw[:at]+string([]byte{raw[at] ^ 1<<bit})+raw[at+1:])
		}
		refused("a missing byte", at, raw[:at]+raw[at+1:])
		refused("a cut", at, raw[:at])
		for _, more := range []string{"A", ".", "=", " ", "\n", "\r", "\r\n", "\t", "\x00", "\ufeff"} {
			refused(fmt.Sprintf("%q inserted", more), at, raw[:at]+more+raw[at:])
		}
	}
	for _, more := range []string{"A", "AA", "AAA", "AAAA", ".", ".A", "=", "==", " ", "\n", "\r\n", "\x00"} {
		refused("more", len(raw), raw+more)
	}
	if segments := strings.Split(raw, "."); strings.Join(segments, ".") != raw || len(segments) != 3 {
		t.Fatal("the test itself is broken")
	}
}
