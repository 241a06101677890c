package sameorigin_test

import (
	"net/http"
	"testing"

	"github.com/gatehouse/gatehouse/internal/sameorigin"
)

func TestAllows(t *testing.T) {
	others := []string{"https://good.example", "http://localhost:5173", "https://[2001:db8::1]:8443"}
	for _, tt := range []struct {
		host, origin string
		want         bool
	}{
		// The server's own, as browsers write it: in small letters, and without the port that the scheme implies.
		{"shop.example", "https://shop.example", true},
		{"shop.example", "http://shop.example", true},
		{"SHOP.Example", "https://shop.example", true},
		{"shop.example:8443", "https://shop.example:8443", true},
		{"shop.example:443", "https://shop.example", true},
		{"shop.example:80", "http://shop.example", true},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
		{"[::1]:8080", "http://[::1]:8080", true},
		{"[2001:db8::80]", "https://[2001:db8::80]", true}, // which ends like a port
		{"[2001:db8::443]:443", "https://[2001:db8::443]", true},

		{"shop.example:443", "http://shop.example", false},
		{"shop.example:80", "https://shop.example", false},
		{"shop.example", "https://shop.example:443", false},
		{"shop.example:8443", "https://shop.example", false},
		{"shop.example", "https://shop.example:8443", false},
		{"shop.example:8443", "https://shop.example:8444", false},
		{"shop.example", "https://Shop.example", false},
		{"shop.example", "HTTPS://shop.example", false},
		{"shop.example", "https://shop.example/", false},
		{"shop.example", "https://shop.example.", false},
		{"shop.example", "https://www.shop.example", false},
		{"www.shop.example", "https://shop.example", false},
		{"shop.example", "https://shop.example.evil.test", false},
		{"shop.example", "https://evil.test/?https://shop.example", false},
		{"shop.example", "https://user@shop.example", false},
		{"shop.example", "shop.example", false},
		{"shop.example", "wss://shop.example", false},
		{"shop.example", "", false},
		{"shop.example", "null", false},
		{"shop.example", "https://shop.example, https://shop.example", false},

		// A request that names no host has none of its own.
		{"", "http://", false},
		{"", "https://", false},
		{"", "", false},
		{"", "null", false},
		{":443", "https://", false},
		{":80", "http://", false},
		{"null", "null", false},

		// The others, whatever the host is.
		{"shop.example", "https://good.example", true},
		{"", "https://good.example", true},
		{"shop.example", "http://localhost:5173", true},
		{"shop.example", "https://[2001:db8::1]:8443", true},
		{"shop.example", "http://good.example", false},
		{"shop.example", "https://good.example:443", false},
		{"shop.example", "https://GOOD.example", false},
		{"shop.example", "http://localhost", false},
		{"shop.example", "http://localhost:51730", false},
	} {
		r := &http.Request{Host: tt.host, Header: http.Header{
			// What else might name a host is the client's word, or a proxy's.
			"Origin": {"https://good.example"}, "X-Forwarded-Host": {"evil.test"}, "Forwarded": {"host=evil.test"},
		}}
		if got := sameorigin.Allows(r, tt.origin, others); got != tt.want {
			t.Errorf("Host %q, origin %q: %v", tt.host, tt.origin, got)
		}
	}
	r := &http.Request{Host: "shop.example"}
	for _, origin := range []string{"", "null", "https://evil.test"} {
		if sameorigin.Allows(r, origin, nil) {
			t.Errorf("%q, without any others", origin)
		}
	}
}
