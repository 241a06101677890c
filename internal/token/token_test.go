package token_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/token"
)

// The tests' world: one secret, one moment, one token.
const (
	secret      = "an HS256 secret of exactly 32 b."
	otherSecret = "the secret of another issuer 32b"
	moment      = 1767225600 // 2026-01-01T00:00:00Z
	header      = `{"alg":"HS256","typ":"JWT"}`
	jti         = "0f8fad5bd9cb469fa16570867728950e"
)

// at is a clock that stands still some time after the moment.
func at(after time.Duration) func() time.Time {
	return func() time.Time { return time.Unix(moment, 0).Add(after) }
}

// key is an HMAC key that must be good.
func key(t testing.TB, secret string) token.Key {
	t.Helper()
	k, err := token.NewHMACKey([]byte(secret))
	if err != nil {
		t.Fatalf("NewHMACKey: %v", err)
	}
	return k
}

// issuer is an Issuer with the secret, at the moment, and whatever change makes of that.
func issuer(t testing.TB, changes ...func(*token.Settings)) *token.Issuer {
	t.Helper()
	s := token.Settings{Keys: []token.Key{key(t, secret)}, Now: at(0)}
	for _, change := range changes {
		change(&s)
	}
	i, err := token.New(s)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return i
}

func now(after time.Duration) func(*token.Settings) {
	return func(s *token.Settings) { s.Now = at(after) }
}

func leeway(d time.Duration) func(*token.Settings) {
	return func(s *token.Settings) { s.Leeway = d }
}

func named(iss, aud string) func(*token.Settings) {
	return func(s *token.Settings) { s.Issuer, s.Audience = iss, aud }
}

// refresh is the claims of the tests' token: a good refresh token, issued at the moment, good for a day.
func refresh() token.Claims {
	return token.Claims{
		Type: token.Refresh, ID: jti, UserID: 42, SessionID: 7, Generation: 3,
		IssuedAt: time.Unix(moment, 0).UTC(), ExpiresAt: time.Unix(moment+86400, 0).UTC(),
	}
}

// claims is the JSON of refresh with changes: pairs of a name and the JSON to write for it, "" for none.
func claims(changes ...string) string {
	names := []string{"token_type", "exp", "iat", "jti", "user_id", "sid", "gen"}
	values := map[string]string{
		"token_type": `"refresh"`, "exp": fmt.Sprint(moment + 86400), "iat": fmt.Sprint(moment),
		"jti": `"` + jti + `"`, "user_id": `"42"`, "sid": `"7"`, "gen": "3",
	}
	for i := 0; i < len(changes); i += 2 {
		if _, known := values[changes[i]]; !known {
			names = append(names, changes[i])
		}
		values[changes[i]] = changes[i+1]
	}
	var members []string
	for _, name := range names {
		if values[name] != "" {
			members = append(members, fmt.Sprintf("%q:%s", name, values[name]))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// base64url is how the parts of a token are written.
var base64url = base64.RawURLEncoding

// segment is text as a part of a token.
func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// mac is the third part of a token for the first two: HS256 without any library of tokens.
func mac(secret, signed string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(signed))
	return segment(string(h.Sum(nil)))
}

// mint is a token signed with the secret whatever its header and claims are.
func mint(header, claims string) string {
	signed := segment(header) + "." + segment(claims)
	return signed + "." + mac(secret, signed)
}

// refusal fails unless err is a *token.Error, that very type, with this reason and message, and c is zero.
func refusal(t *testing.T, c token.Claims, err error, reason token.Reason, message string) {
	t.Helper()
	refused, ok := err.(*token.Error) //nolint:errorlint // that very type is promised
	switch {
	case !ok || refused == nil:
		t.Fatalf("error is %#v, want a *token.Error", err)
	case refused.Reason != reason || refused.Message != message:
		t.Errorf("refused with %s %q, want %s %q", refused.Reason, refused.Message, reason, message)
	case refused.Error() != message:
		t.Errorf("Error() is %q, want %q", refused.Error(), message)
	case c != token.Claims{}:
		t.Errorf("claims beside a refusal: %+v", c)
	}
}

// invalid fails unless raw is refused as invalid by Verify and VerifyGenuine, whatever the type wanted.
func invalid(t *testing.T, i *token.Issuer, raw string) {
	t.Helper()
	for _, want := range []token.Type{token.Refresh, token.Access, token.Any} {
		c, err := i.Verify(raw, want)
		refusal(t, c, err, token.Invalid, "Token is invalid")
		c, err = i.VerifyGenuine(raw, want)
		refusal(t, c, err, token.Invalid, "Token is invalid")
	}
}

// accepted fails unless Verify takes raw as a refresh token, and gives its claims.
func accepted(t *testing.T, i *token.Issuer, raw string) token.Claims {
	t.Helper()
	c, err := i.Verify(raw, token.Refresh)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return c
}
