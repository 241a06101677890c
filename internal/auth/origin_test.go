package auth_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
)

// TestForwarded tells where requests come from, by what proxies say of them.
func TestForwarded(t *testing.T) {
	const proxy = "10.0.0.1:1234"
	for _, tt := range []struct {
		name    string
		peer    string
		headers []string
		want    string
	}{
		{"none", proxy, nil, "10.0.0.1"},
		{"one", proxy, []string{"203.0.113.9"}, "203.0.113.9"},
		{"not from a proxy", "192.0.2.1:1234", []string{"203.0.113.9"}, "192.0.2.1"},
		{"from a Unix socket", "@", []string{"203.0.113.9"}, ""},
		{"what the client claims", proxy, []string{"198.51.100.7, 203.0.113.9"}, "203.0.113.9"},
		{"a client that claims to be a proxy", proxy, []string{"10.0.0.9, 203.0.113.9"}, "203.0.113.9"},
		{"through two proxies", proxy, []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"through many, with a claim", proxy, []string{"198.51.100.7,203.0.113.9,10.0.0.4,127.0.0.1,10.0.0.2"}, "203.0.113.9"},
		{"proxies only", proxy, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"several headers", proxy, []string{"198.51.100.7", "203.0.113.9, 10.0.0.4", "10.0.0.2"}, "203.0.113.9"},
		{"several headers, the claim last", proxy, []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		{"blanks", proxy, []string{" \t203.0.113.9\t , 10.0.0.2 "}, "203.0.113.9"},
		{"a port", proxy, []string{"203.0.113.9:80"}, "203.0.113.9"},
		{"a proxy with a port", proxy, []string{"203.0.113.9:80, 10.0.0.2:443"}, "203.0.113.9"},
		{"IPv6", proxy, []string{"2001:DB8:0:0::1"}, "2001:db8::1"},
		{"IPv6 in brackets", proxy, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port", proxy, []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"IPv4 as IPv6", proxy, []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"IPv4 as IPv6, in brackets", proxy, []string{"[::ffff:203.0.113.9]:80"}, "203.0.113.9"},
		{"a proxy's IPv4 as IPv6", proxy, []string{"203.0.113.9, ::ffff:10.0.0.2, [::ffff:10.0.0.2]"}, "203.0.113.9"},
		{"from a proxy by IPv6", "[2001:db8:ffff::1]:9", []string{"203.0.113.9, 2001:db8:ffff::2"}, "203.0.113.9"},
		{"from a proxy, IPv4 as IPv6", "[::ffff:10.0.0.1]:9", []string{"203.0.113.9"}, "203.0.113.9"},
		{"from a proxy with a zone", "[2001:db8:ffff::1%eth0]:9", []string{"203.0.113.9"}, "203.0.113.9"},
		{"from beside a proxy", "127.0.0.2:9", []string{"203.0.113.9"}, "127.0.0.2"},
		{"broken before what counts", proxy, []string{"unknown, 203.0.113.9"}, "203.0.113.9"},
		{"broken before what counts, behind a proxy", proxy, []string{"<script>,, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},

		// What is no address, where one is looked for: nobody knows what is true of the rest.
		{"empty", proxy, []string{""}, "10.0.0.1"},
		{"an empty element", proxy, []string{"203.0.113.9,"}, "10.0.0.1"},
		{"an empty header", proxy, []string{"203.0.113.9", ""}, "10.0.0.1"},
		{"an empty element between", proxy, []string{"203.0.113.9,,10.0.0.2"}, "10.0.0.1"},
		{"unknown", proxy, []string{"unknown"}, "10.0.0.1"},
		{"obfuscated", proxy, []string{"_hidden"}, "10.0.0.1"},
		{"a name", proxy, []string{"example.org"}, "10.0.0.1"},
		{"quoted", proxy, []string{`"203.0.113.9"`}, "10.0.0.1"},
		{"RFC 7239", proxy, []string{"for=203.0.113.9"}, "10.0.0.1"},
		{"a zone", proxy, []string{"fe80::1%eth0"}, "10.0.0.1"},
		{"a zone in brackets", proxy, []string{"[fe80::1%25eth0]"}, "10.0.0.1"},
		{"a zone and a port", proxy, []string{"[fe80::1%eth0]:80"}, "10.0.0.1"},
		{"hexadecimal", proxy, []string{"0xcb.0x00.0x71.0x09"}, "10.0.0.1"},
		{"one number", proxy, []string{"3405803785"}, "10.0.0.1"},
		{"octal", proxy, []string{"0313.0.0161.011"}, "10.0.0.1"},
		{"three numbers", proxy, []string{"203.0.113"}, "10.0.0.1"},
		{"a number too large", proxy, []string{"203.0.113.256"}, "10.0.0.1"},
		{"a port too large", proxy, []string{"203.0.113.9:65536"}, "10.0.0.1"},
		{"a port that is none", proxy, []string{"203.0.113.9:http"}, "10.0.0.1"},
		{"no port", proxy, []string{"203.0.113.9:"}, "10.0.0.1"},
		{"no port behind brackets", proxy, []string{"[2001:db8::1]:"}, "10.0.0.1"},
		{"half a bracket", proxy, []string{"[2001:db8::1"}, "10.0.0.1"},
		{"the other half", proxy, []string{"2001:db8::1]"}, "10.0.0.1"},
		{"two brackets", proxy, []string{"[[2001:db8::1]]"}, "10.0.0.1"},
		{"IPv4 in brackets", proxy, []string{"[203.0.113.9]"}, "10.0.0.1"},
		{"IPv4 in brackets with a port", proxy, []string{"[203.0.113.9]:80"}, "10.0.0.1"},
		{"a prefix", proxy, []string{"203.0.113.0/24"}, "10.0.0.1"},
		{"a blank inside", proxy, []string{"203.0.113.9 10.0.0.2"}, "10.0.0.1"},
		{"a NUL", proxy, []string{"203.0.113.9\x00"}, "10.0.0.1"},
		{"a blank of another kind", proxy, []string{"\u00a0203.0.113.9"}, "10.0.0.1"},
		{"digits of another script", proxy, []string{"٢٠٣.0.113.9"}, "10.0.0.1"},
		{"broken behind a proxy", proxy, []string{"203.0.113.9, unknown, 10.0.0.2"}, "10.0.0.1"},

		// As much as a request's header may hold.
		{"nothing but commas", proxy, []string{strings.Repeat(",", 32<<10)}, "10.0.0.1"},
		{"endless proxies", proxy, []string{"203.0.113.9" + strings.Repeat(",10.0.0.2", 3600)}, "203.0.113.9"},
		{"endless headers", proxy, strings.Split("203.0.113.9"+strings.Repeat(",10.0.0.2", 3600), ","), "203.0.113.9"},
		{"an endless element", proxy, []string{strings.Repeat("1", 32<<10)}, "10.0.0.1"},
		{"endless claims", proxy, []string{strings.Repeat("198.51.100.7,", 2500) + "203.0.113.9"}, "203.0.113.9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
			r.RemoteAddr = tt.peer
			for _, h := range tt.headers {
				r.Header.Add("X-Forwarded-For", h)
			}
			r.Header.Set("Forwarded", "for=198.51.100.1") // another header that nobody asked for
			r.Header.Set("X-Real-Ip", "198.51.100.1")
			proxies := []netip.Prefix{
				netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48"),
			}
			auth.Middleware(answer(ada, nil), proxies)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if got := auth.ClientFromContext(r.Context()).IPAddress; got != tt.want {
					t.Errorf("from %q, want %q", got, tt.want)
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}
