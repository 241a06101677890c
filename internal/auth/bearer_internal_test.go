package auth

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/token"
)

// FuzzBearer holds bearer to a plain reading of the rules: blanks part the header into words, the first is the
// scheme, whatever its case, and exactly one more is the token.
func FuzzBearer(f *testing.F) {
	for _, header := range []string{
		"", "Bearer", "Bearer x", "bearer x", "BEARER\tx", " Bearer  x ", "Bearer x y", "Bearerx", "Basic x", "Basic x y",
		"Bearer Bearer x", "Bearer\u00a0x", "Bearer\u2003x", "\u212aearer x", "Bearer \x00", "Bearer x\r\nX: y", strings.Repeat("Bearer ", 9),
	} {
		f.Add(header)
	}
	words := regexp.MustCompile(`[^\p{Z}\t\n\v\f\r\x85]+`)
	scheme := regexp.MustCompile(`^[Bb][Ee][Aa][Rr][Ee][Rr]$`)
	f.Fuzz(func(t *testing.T, header string) {
		parts := words.FindAllString(header, -1)
		want, reason := "", token.NotAuthenticated
		if len(parts) > 0 && scheme.MatchString(parts[0]) {
			if reason = token.BadAuthorizationHeader; len(parts) == 2 {
				want, reason = parts[1], ""
			}
		}
		got, err := bearer(header)
		var refused *token.Error
		switch {
		case reason == "" && (err != nil || got != want):
			t.Errorf("bearer(%q) = %q, %v; want %q", header, got, err, want)
		case reason != "" && (!errors.As(err, &refused) || refused.Reason != reason || got != ""):
			t.Errorf("bearer(%q) = %q, %v; want %s", header, got, err, reason)
		}
	})
}
