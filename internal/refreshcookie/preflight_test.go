package refreshcookie_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
)

const (
	needsHeader  = "the header X-Requested-With or Apollo-Require-Preflight (with any value)"
	needsOne     = "one Origin header"
	needsAllowed = "an Origin that is this server's own or in its list of allowed ones"
)

// wantPreflight expects the request to be taken for a preflighted one, or else to be told what it needs.
func wantPreflight(t *testing.T, jar *refreshcookie.Jar, needs ...string) {
	t.Helper()
	err := jar.CheckPreflight()
	if len(needs) == 0 {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	want := "The refresh token is kept in a cookie here, so this request needs " + strings.Join(needs, " and ") + "."
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.Forbidden || refused.Message != want {
		t.Errorf("error %v; want FORBIDDEN: %s", err, want)
	}
}

func TestPreflightHeaders(t *testing.T) {
	const own = "https://shop.example"
	for _, tt := range []struct {
		name   string
		header http.Header
		needs  []string
	}{
		{"X-Requested-With", http.Header{"Origin": {own}, "X-Requested-With": {"XMLHttpRequest"}}, nil},
		{"Apollo-Require-Preflight", http.Header{"Origin": {own}, "Apollo-Require-Preflight": {"true"}}, nil},
		{"any value", http.Header{"Origin": {own}, "Apollo-Require-Preflight": {"false"}}, nil},
		{"both", http.Header{"Origin": {own}, "Apollo-Require-Preflight": {"1"}, "X-Requested-With": {"1"}}, nil},
		{"one of them empty", http.Header{"Origin": {own}, "Apollo-Require-Preflight": {"1"}, "X-Requested-With": {""}}, nil},
		{"nothing", http.Header{}, []string{needsHeader, needsOne}},
		{"no header", http.Header{"Origin": {own}}, []string{needsHeader}},
		{"empty headers", http.Header{"Origin": {own}, "X-Requested-With": {""}, "Apollo-Require-Preflight": {""}}, []string{needsHeader}},
		{"only headers that take no preflight", http.Header{"Origin": {own}, "Accept": {"x"}, "Content-Type": {"text/plain"}, "Sec-Fetch-Site": {"same-origin"}}, []string{needsHeader}},
		{"no origin", http.Header{"X-Requested-With": {"x"}}, []string{needsOne}},
		{"Referer in its place", http.Header{"Referer": {own + "/"}, "X-Requested-With": {"x"}}, []string{needsOne}},
		{"two origins", http.Header{"Origin": {own, own}, "X-Requested-With": {"x"}}, []string{needsOne}},
		{"a foreign one first", http.Header{"Origin": {"https://evil.example", own}, "X-Requested-With": {"x"}}, []string{needsOne}},
		{"an empty origin", http.Header{"Origin": {""}, "X-Requested-With": {"x"}}, []string{needsAllowed}},
		{"a foreign origin alone", http.Header{"Origin": {"https://evil.example"}}, []string{needsHeader, needsAllowed}},
		{"a foreign origin that calls itself ours", http.Header{
			"Origin": {"https://evil.example"}, "X-Requested-With": {"x"},
			"X-Forwarded-Host": {"evil.example"}, "Forwarded": {"host=evil.example"}, "Referer": {own},
		}, []string{needsAllowed}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			jar, answer := ask(refreshcookie.Settings{}, "shop.example", maps.Clone(tt.header))
			wantPreflight(t, jar, tt.needs...)
			if len(answer) != 0 {
				t.Errorf("checking wrote %v", answer)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	listed := []string{"https://good.example", "http://localhost:5173", "https://[2001:db8::1]:8443"}
	for _, tt := range []struct {
		host, origin string
		allowed      bool
	}{
		{"shop.example", "https://shop.example", true},
		{"shop.example", "http://shop.example", true},
		{"shop.example:8443", "https://shop.example:8443", true},
		{"shop.example:443", "https://shop.example", true}, // a proxy that names the port
		{"shop.example:80", "http://shop.example", true},
		{"Shop.Example", "https://shop.example", true},
		{"shop.example.", "https://shop.example.", true},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
		{"[::1]:8080", "http://[::1]:8080", true},
		{"[2001:db8::80]", "http://[2001:db8::80]", true},
		{"[2001:DB8::80]:80", "http://[2001:db8::80]", true},
		{"shop.example", "https://good.example", true},
		{"shop.example", "http://localhost:5173", true},
		{"shop.example", "https://[2001:db8::1]:8443", true},

		{"shop.example", "", false},
		{"shop.example", "null", false},
		{"null", "null", false},
		{"", "null", false},
		{"", "https://", false},
		{"", "http://", false},
		{"shop.example", "shop.example", false},
		{"shop.example", "//shop.example", false},
		{"shop.example", "*", false},
		{"shop.example", "https://evil.example", false},
		{"shop.example", "https://shop.example.evil.example", false},
		{"shop.example", "https://evilshop.example", false},
		{"shop.example", "https://sub.shop.example", false},
		{"sub.shop.example", "https://shop.example", false},
		{"shop.example", "https://shop.example:8443", false},
		{"shop.example:8443", "https://shop.example", false},
		{"shop.example:443", "http://shop.example", false},
		{"shop.example:80", "https://shop.example", false},
		{"shop.example", "https://shop.example:443", false}, // as no browser writes it, and so below
		{"shop.example", "http://shop.example:80", false},
		{"shop.example", "https://Shop.Example", false},
		{"shop.example", "HTTPS://shop.example", false},
		{"shop.example", "https://shop.example.", false},
		{"shop.example.", "https://shop.example", false},
		{"shop.example", "https://shop.example/", false},
		{"shop.example", "https://shop.example/graphql", false},
		{"shop.example", "https://user@shop.example", false},
		{"shop.example", "https://shop.example@evil.example", false},
		{"shop.example", "https://evil.example#shop.example", false},
		{"shop.example", " https://shop.example", false},
		{"shop.example", "https://shop.example https://evil.example", false},
		{"shop.example", "https://evil.example, https://shop.example", false},
		{"shop.example", "ftp://shop.example", false},
		{"shop.example", "ws://shop.example", false},
		{"shop.example", "file://", false},
		{"shop.example", "chrome-extension://shop.example", false},
		{"shop.example", "https:shop.example", false},
		{"[::1]:8080", "http://[::1]", false},
		{"[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080", false},
		{"localhost:8080", "http://127.0.0.1:8080", false},

		{"shop.example", "https://good.example.evil.test", false},
		{"shop.example", "https://good.example.", false},
		{"shop.example", "https://GOOD.example", false},
		{"shop.example", "https://good.example:443", false},
		{"shop.example", "http://good.example", false},
		{"shop.example", "https://sub.good.example", false},
		{"shop.example", "https://user@good.example", false},
		{"shop.example", "http://localhost:5174", false},
		{"shop.example", "http://localhost", false},
		{"shop.example", "https://[2001:DB8::1]:8443", false},
		{"shop.example", "https://[2001:db8:0::1]:8443", false},
	} {
		jar, _ := ask(refreshcookie.Settings{Origins: listed}, tt.host, http.Header{"X-Requested-With": {"x"}, "Origin": {tt.origin}})
		if err := jar.CheckPreflight(); (err == nil) != tt.allowed {
			t.Errorf("Host %q, Origin %q: %v; want allowed: %v", tt.host, tt.origin, err, tt.allowed)
		}
	}
}
