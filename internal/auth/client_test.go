package auth_test

import (
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
)

func TestClientsAreKeptWithinBounds(t *testing.T) {
	for _, tt := range []struct{ name, agent, want string }{
		{"none", "", ""},
		{"plain", "test/1.0 (x; y)", "test/1.0 (x; y)"},
		{"just right", strings.Repeat("x", 512), strings.Repeat("x", 512)},
		{"a byte too long", strings.Repeat("x", 513), strings.Repeat("x", 512)},
		{"a character that fits", strings.Repeat("x", 509) + "€€", strings.Repeat("x", 509) + "€"},
		{"a character that does not", strings.Repeat("x", 510) + "€", strings.Repeat("x", 510)},
		{"nothing but characters", strings.Repeat("😀", 10_000), strings.Repeat("😀", 128)},
		{"not UTF-8", "a\xffb\xc3", "ab"},
		{"nothing that is UTF-8", "\xff\xfe", ""},
		{"cut after what is not UTF-8 is gone", strings.Repeat("\xff", 600) + "x", "x"},
		{"control characters", "a\r\nb\tc\x00d\x1b[31me\x7f", "abcd[31me"},
		{"control characters beyond ASCII", "a\u0085b\u009b2Jc\u2028d\u202ee\ufefff", "ab2Jcdef"},
		{"letters beyond ASCII", "é東京 😀", "é東京 😀"},
	} {
		c := auth.ClientFromContext(auth.WithClient(t.Context(), auth.Client{IPAddress: "192.0.2.1", UserAgent: tt.agent}))
		if c.UserAgent != tt.want || c.IPAddress != "192.0.2.1" {
			t.Errorf("%s: kept %q from %q", tt.name, c.UserAgent, c.IPAddress)
		}
	}
	if c := auth.ClientFromContext(t.Context()); c != (auth.Client{}) {
		t.Errorf("outside of a request: %v", c)
	}
}
