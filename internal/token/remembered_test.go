package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/token"
)

// An access token that was shown before is looked at again in all that time, keys and the caller may have changed, and one that
// differs from it by a character is another.
func TestRememberedTokens(t *testing.T) {
	clock := at(0)()
	i := issuer(t, func(s *token.Settings) { s.Now = func() time.Time { return clock } })
	c := refresh()
	c.Type, c.Generation = token.Access, 0
	raw, err := i.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	accept := func() {
		t.Helper()
		if got, err := i.Verify(raw, token.Access); err != nil || got != c {
			t.Errorf("claims %+v, %v; want %+v", got, err, c)
		}
	}
	accept()
	accept()
	_, err = i.Verify(raw, token.Refresh)
	refusal(t, token.Claims{}, err, token.WrongType, token.NewError(token.WrongType).Message)

	header, rest, _ := strings.Cut(raw, ".")
	body, signature, _ := strings.Cut(rest, ".")
	for name, other := range map[string]string{
		"other signature": header + "." + body + "." + flipped(signature),
		"other claims":    header + "." + flipped(body) + "." + signature,
		"other header":    flipped(header) + "." + body + "." + signature,
		"longer":          raw + "A",
		"another part":    raw + ".",
		"a line":          raw + "\n",
		"shorter":         raw[:len(raw)-1],
	} {
		t.Run(name, func(t *testing.T) { invalid(t, i, other) })
	}

	clock = c.ExpiresAt
	_, err = i.Verify(raw, token.Access)
	refusal(t, token.Claims{}, err, token.Expired, token.NewError(token.Expired).Message)
	if late, err := i.VerifyGenuine(raw, token.Access); err != nil || late != c {
		t.Errorf("an expired token says %+v, %v", late, err)
	}
	clock = c.IssuedAt.Add(-11 * time.Second)
	invalid(t, i, raw)
	clock = c.IssuedAt
	accept()
	if err := i.SetKeys([]token.Key{key(t, strings.Repeat("another secret ", 4))}); err != nil {
		t.Fatal(err)
	}
	invalid(t, i, raw)
}

// flipped is a text with another character in its midst.
func flipped(text string) string {
	middle := len(text) / 2
	other := "A"
	if text[middle] == 'A' {
		other = "B"
	}
	return text[:middle] + other + text[middle+1:]
}
