package refreshcookie_test

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/refreshcookie"
	"github.com/gatehouse/gatehouse/internal/token"
)

// now is the time in all tests: with a fraction of a second, as times mostly have.
var now = time.Date(2026, 1, 31, 12, 0, 0, 400_000_000, time.UTC)

// ask makes a request to a server at that Host, and answers its jar and the header of its answer.
func ask(s refreshcookie.Settings, host string, header http.Header) (*refreshcookie.Jar, http.Header) {
	s.Now = func() time.Time { return now }
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.Host, r.Header = host, header
	w := httptest.NewRecorder()
	var jar *refreshcookie.Jar
	refreshcookie.Middleware(s)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		jar = refreshcookie.FromContext(r.Context())
	})).ServeHTTP(w, r)
	return jar, w.Header()
}

const (
	plain  = "gatehouse_refresh"
	secure = "__Secure-gatehouse_refresh"
)

func TestWhichCookieIsSecure(t *testing.T) {
	for _, tt := range []struct {
		host   string
		header http.Header
		plain  bool
	}{
		{host: "localhost", plain: true},
		{host: "localhost:8080", plain: true},
		{host: "LocalHost:8080", plain: true},
		{host: "shop.localhost:8080", plain: true},
		{host: "a.b.LOCALHOST", plain: true},
		{host: "127.0.0.1", plain: true},
		{host: "127.0.0.1:8080", plain: true},
		{host: "127.255.255.254:1", plain: true},
		{host: "[::1]", plain: true},
		{host: "[::1]:8080", plain: true},
		{host: "[0:0:0:0:0:0:0:1]:8080", plain: true},
		{host: "localhost", header: http.Header{"Origin": {"https://evil.example"}, "Via": {"1.1 cache"}, "X-Forwarded": {"x"}}, plain: true},

		{host: ""},
		{host: "shop.example"},
		{host: "shop.example:8080"},
		{host: "localhost."},
		{host: "localhost.evil.example"},
		{host: "evillocalhost"},
		{host: "localhost.localdomain"},
		{host: "127.0.0.1.evil.example"},
		{host: "127.0.0.1.nip.io:8080"},
		{host: "127.1"},
		{host: "127.0.0.01"},
		{host: "0127.0.0.1"},
		{host: "2130706433"},
		{host: "0.0.0.0:8080"},
		{host: "10.0.0.1"},
		{host: "192.168.0.1:8080"},
		{host: "126.255.255.255"},
		{host: "128.0.0.1"},
		{host: "::1"},
		{host: "[::2]"},
		{host: "[::]"},
		{host: "[::ffff:127.0.0.1]"},
		{host: "[::1%25lo]"},
		{host: "[fe80::1]:8080"},
		{host: "[::1"},
		{host: "user@localhost"},
		{host: "localhost@evil.example"},
		{host: "localhost/"},
		{host: "localhost#.evil.example"},
		{host: "localhost?.evil.example"},
		{host: "local%68ost"},
		{host: "localhost:http"},
		{host: "localhost, shop.example"},
		{host: "evil.example#.localhost"},

		{host: "localhost", header: http.Header{"Forwarded": {"for=203.0.113.7"}}},
		{host: "localhost", header: http.Header{"Forwarded": {""}}},
		{host: "localhost", header: http.Header{"X-Forwarded-For": {"127.0.0.1"}}},
		{host: "127.0.0.1", header: http.Header{"X-Forwarded-Proto": {"http"}}},
		{host: "[::1]", header: http.Header{"X-Forwarded-Host": {"localhost"}}},
		{host: "localhost", header: http.Header{"X-Forwarded-Anything": {"x"}}},
	} {
		for _, always := range []bool{false, true} {
			wantSecure, want, other := always || !tt.plain, secure, plain
			if !wantSecure {
				want, other = plain, secure
			}
			name := tt.host
			header := tt.header.Clone()
			if header == nil {
				header = http.Header{}
			}
			header.Set("Cookie", other+"=other; "+want+"=right; x=y")
			jar, answer := ask(refreshcookie.Settings{AlwaysSecure: always}, tt.host, header)
			if got, err := jar.Token(); got != "right" || err != nil {
				t.Errorf("%q %v, always secure %v: token %q, %v", name, tt.header, always, got, err)
			}
			jar.Set("next", now.Add(time.Minute))
			line := want + "=next; Path=/graphql; Max-Age=60; HttpOnly; Secure; SameSite=Strict"
			if !wantSecure {
				line = strings.Replace(line, "; Secure", "", 1)
			}
			if got := answer["Set-Cookie"]; len(got) != 1 || got[0] != line {
				t.Errorf("%q %v, always secure %v: Set-Cookie %q; want %q", name, tt.header, always, got, line)
			}
			jar.Clear()
			line = strings.NewReplacer("=next", "=", "=60", "=0").Replace(line)
			if got := answer["Set-Cookie"]; len(got) != 1 || got[0] != line {
				t.Errorf("%q %v, always secure %v: cleared by %q; want %q", name, tt.header, always, got, line)
			}
		}
	}
}

func TestToken(t *testing.T) {
	huge := strings.Repeat("x", 30_000)
	for _, tt := range []struct {
		name    string
		cookies []string // Cookie headers
		token   string
		reason  token.Reason
	}{
		{"none", nil, "", token.NotAuthenticated},
		{"an empty header", []string{""}, "", token.NotAuthenticated},
		{"others", []string{"theme=dark; lang=en"}, "", token.NotAuthenticated},
		{"the secure one", []string{secure + "=x"}, "", token.NotAuthenticated},
		{"in other letters", []string{"Gatehouse_Refresh=x"}, "", token.NotAuthenticated},
		{"a longer name", []string{plain + "2=x; my" + plain + "=y"}, "", token.NotAuthenticated},
		{"no value", []string{plain}, "", ""},
		{"an empty value", []string{plain + "="}, "", ""},
		{"one", []string{plain + "=a.b.c"}, "a.b.c", ""},
		{"among others", []string{"theme=dark; " + plain + "=a.b.c; lang=en"}, "a.b.c", ""},
		{"in a second header", []string{"theme=dark", plain + "=a.b.c"}, "a.b.c", ""},
		{"quoted", []string{plain + `="a.b.c"`}, "a.b.c", ""},
		{"with an equals sign", []string{plain + "=a=b"}, "a=b", ""},
		{"beside one in the text of another", []string{`theme="` + plain + `=x"; ` + plain + "=y"}, "y", ""},
		{"beside the secure one", []string{secure + "=x; " + plain + "=y"}, "y", ""},
		{"huge", []string{plain + "=" + huge}, huge, ""}, // whoever verifies it refuses it
		{"two", []string{plain + "=x; " + plain + "=y"}, "", token.Invalid},
		{"two alike", []string{plain + "=x; " + plain + "=x"}, "", token.Invalid},
		{"two in two headers", []string{plain + "=x", plain + "=y"}, "", token.Invalid},
		{"two, one of them empty", []string{plain + "=; " + plain + "=y"}, "", token.Invalid},
		{"very many", []string{strings.Repeat(plain+"=x; ", 1000)}, "", token.Invalid},
		{"too many of any name", []string{strings.Repeat("a=b; ", 5000) + plain + "=x"}, "", token.NotAuthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			jar, answer := ask(refreshcookie.Settings{}, "localhost", http.Header{"Cookie": tt.cookies})
			got, err := jar.Token()
			var refused *token.Error
			if errors.As(err, &refused) && refused.Reason != tt.reason || (err == nil) != (tt.reason == "") || got != tt.token {
				t.Errorf("%.100q, %v; want %.100q, %s", got, err, tt.token, tt.reason)
			}
			if len(answer) != 0 {
				t.Errorf("reading wrote %v", answer)
			}
		})
	}
}

// A cookie ends with its token, by the server's clock, and never becomes one without an end.
func TestMaxAge(t *testing.T) {
	for until, want := range map[time.Time]string{
		now.Truncate(time.Second).AddDate(0, 0, 30):    "eyJ; Path=/graphql; Max-Age=2592000;",
		now.Truncate(time.Second).Add(time.Second):     "eyJ; Path=/graphql; Max-Age=1;", // in 0.6 seconds
		now.Truncate(time.Second).Add(2 * time.Second): "eyJ; Path=/graphql; Max-Age=2;",
		now.Truncate(time.Second).Add(math.MaxInt64):   "eyJ; Path=/graphql; Max-Age=9223372036;",
		now.Truncate(time.Second):                      "; Path=/graphql; Max-Age=0;",
		now.Truncate(time.Second).Add(-time.Second):    "; Path=/graphql; Max-Age=0;",
		{}: "; Path=/graphql; Max-Age=0;",
	} {
		jar, answer := ask(refreshcookie.Settings{}, "localhost", http.Header{})
		jar.Set("eyJ", until)
		if got := answer.Get("Set-Cookie"); !strings.HasPrefix(got, plain+"="+want) {
			t.Errorf("until %v: %q, want %q", until, got, want)
		}
	}
}

// Of several things done with the cookie in one request the last one counts.
func TestTheLastWordCounts(t *testing.T) {
	jar, answer := ask(refreshcookie.Settings{}, "localhost", http.Header{})
	jar.Clear()
	jar.Set("first", now.Add(time.Minute))
	jar.Set("second", now.Add(time.Minute))
	if got := answer["Set-Cookie"]; len(got) != 1 || !strings.HasPrefix(got[0], plain+"=second;") {
		t.Errorf("Set-Cookie %q", got)
	}
}

// Outside of cookie mode there is no jar, and what is asked of it comes to nothing.
func TestNoJar(t *testing.T) {
	jar := refreshcookie.FromContext(t.Context())
	if jar != nil {
		t.Fatal("a jar out of nowhere")
	}
	jar.Set("eyJ", now)
	jar.Clear()
	var refused *token.Error
	if raw, err := jar.Token(); raw != "" || !errors.As(err, &refused) || refused.Reason != token.NotAuthenticated {
		t.Errorf("token %q, %v", raw, err)
	}
	if err := jar.CheckPreflight(); err != nil {
		t.Errorf("preflight: %v", err)
	}
}
