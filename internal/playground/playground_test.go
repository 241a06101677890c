package playground

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "console.log('open')"

func built() fs.FS {
	return fstest.MapFS{
		".gitkeep":               {},
		"index.html":             {Data: []byte(`<meta property="csp-nonce" nonce="__CSP_NONCE__" />`)},
		"secret.txt":             {Data: []byte("not an asset")},
		"assets/index-Ab1.js":    {Data: []byte(script)},
		"assets/plain-Ab1.js":    {Data: []byte(script)},
		"assets/index-Ab1.css":   {Data: []byte("a{}")},
		"assets/font-Ab1.ttf":    {Data: []byte("font")},
		"assets/icon-Ab1.svg":    {Data: []byte("<svg/>")},
		"assets/index-Ab1.js.gz": {Data: packed(script)},
	}
}

func unbuiltFS() fs.FS { return fstest.MapFS{".gitkeep": {}} }

func packed(text string) []byte {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return []byte(b.String())
}

func request(t *testing.T, files fs.FS, method, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler(files).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPage(t *testing.T) {
	res := request(t, built(), "GET", "/?endpoint=http://evil.example/&query={x}")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d", res.StatusCode)
	}
	for name, want := range map[string]string{
		"Content-Type":               "text/html; charset=utf-8",
		"Cache-Control":              "no-cache",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Referrer-Policy":            "no-referrer",
		"X-Content-Type-Options":     "nosniff",
		"X-Frame-Options":            "DENY",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if page := body(t, res); strings.Contains(page, "evil") {
		t.Errorf("the page repeats its address: %s", page)
	}
}

func TestPolicy(t *testing.T) {
	nonce := regexp.MustCompile(`'nonce-([A-Z2-7]{26,})'`)
	seen := map[string]bool{}
	files := handler(built())
	for range 3 {
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
		policy := w.Header().Get("Content-Security-Policy")
		m := nonce.FindStringSubmatch(policy)
		if m == nil {
			t.Fatalf("no nonce in %q", policy)
		}
		if seen[m[1]] {
			t.Errorf("nonce %s came twice", m[1])
		}
		seen[m[1]] = true
		if want := `nonce="` + m[1] + `"`; !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
		want := map[string]string{
			"default-src":     "'none'",
			"script-src":      "'self'",
			"style-src":       "'self' 'nonce-" + m[1] + "'",
			"style-src-attr":  "'unsafe-inline'",
			"font-src":        "'self'",
			"img-src":         "'self' data:",
			"connect-src":     "'self'",
			"worker-src":      "'self'",
			"base-uri":        "'none'",
			"form-action":     "'none'",
			"frame-ancestors": "'none'",
		}
		for directive := range strings.SplitSeq(policy, ";") {
			name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
			if want[name] != sources {
				t.Errorf("%s %s, want %q", name, sources, want[name])
			}
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("missing: %v", want)
		}
	}
}

func TestAssets(t *testing.T) {
	for target, contentType := range map[string]string{
		"/assets/index-Ab1.js":  "text/javascript; charset=utf-8",
		"/assets/index-Ab1.css": "text/css; charset=utf-8",
		"/assets/font-Ab1.ttf":  "font/ttf",
		"/assets/icon-Ab1.svg":  "image/svg+xml",
	} {
		res := request(t, built(), "GET", target)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", target, res.StatusCode)
		}
		for name, want := range map[string]string{
			"Content-Type":            contentType,
			"Cache-Control":           "public, max-age=31536000, immutable",
			"Content-Security-Policy": assetPolicy,
			"X-Content-Type-Options":  "nosniff",
			"Vary":                    "Accept-Encoding",
			"Content-Encoding":        "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", target, name, got, want)
			}
		}
	}
}

func TestCompression(t *testing.T) {
	for _, c := range []struct {
		target, accept string
		gzipped        bool
	}{
		{"/assets/index-Ab1.js", "gzip", true},
		{"/assets/index-Ab1.js", "br, GZIP ; q=0.5, *", true},
		{"/assets/index-Ab1.js", "", false},
		{"/assets/index-Ab1.js", "br", false},
		{"/assets/index-Ab1.js", "gzip;q=0", false},
		{"/assets/index-Ab1.js", "gzip; q=0.000, br", false},
		{"/assets/plain-Ab1.js", "gzip", false}, // has no compressed copy
	} {
		res := request(t, built(), "GET", c.target, "Accept-Encoding", c.accept)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != c.gzipped {
			t.Errorf("%s for %q: gzip %t, want %t", c.target, c.accept, got, c.gzipped)
		}
		if got := res.Header.Get("Content-Type"); got != "text/javascript; charset=utf-8" {
			t.Errorf("%s for %q: Content-Type %q", c.target, c.accept, got)
		}
		var text io.Reader = res.Body
		if c.gzipped {
			unpacked, err := gzip.NewReader(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			text = unpacked
		}
		if b, err := io.ReadAll(text); err != nil || string(b) != script {
			t.Errorf("%s for %q: %q, %v", c.target, c.accept, b, err)
		}
	}
}

func TestNotFound(t *testing.T) {
	for _, target := range []string{
		"/index.html", "/.gitkeep", "/secret.txt", "/playground", "/graphql/x",
		"/assets", "/assets/", "/assets/none.js", "/assets/index-Ab1.js/", "//assets/index-Ab1.js", "/assets//index-Ab1.js",
		"/assets/../index.html", "/assets/../secret.txt", "/assets/..%2fsecret.txt", "/../secret.txt", "/assets/./index-Ab1.js",
		"/assets/%2e%2e/secret.txt", `/assets/..%5csecret.txt`, "/assets/index-Ab1.js%00",
		"/%2e%2e/%2e%2e/etc/passwd", "/assets/../../playground.go",
	} {
		for _, files := range []fs.FS{built(), unbuiltFS()} {
			res := request(t, files, "GET", target)
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: status %d", target, res.StatusCode)
			}
			if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: %v", target, res.Header)
			}
			if got := res.Header.Get("Cache-Control"); got != "no-cache" {
				t.Errorf("%s: Cache-Control %q", target, got)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	for _, target := range []string{"/", "/assets/index-Ab1.js"} {
		res := request(t, built(), "HEAD", target)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("HEAD %s: %d %v", target, res.StatusCode, res.Header)
		}
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			res := request(t, built(), method, target)
			if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, target, res.StatusCode, res.Header.Get("Allow"))
			}
			if got := res.Header.Get("Cache-Control"); strings.Contains(got, "immutable") {
				t.Errorf("%s %s: Cache-Control %q", method, target, got)
			}
		}
	}
	if res := request(t, built(), "POST", "/graphqll"); res.StatusCode != http.StatusNotFound {
		t.Errorf("POST to nowhere: %d", res.StatusCode)
	}
}

func TestUnbuilt(t *testing.T) {
	res := request(t, unbuiltFS(), "GET", "/")
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
	if got := res.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control %q", got)
	}
	text := body(t, res)
	if !strings.Contains(text, "make playground") || strings.Count(text, "\n") != 1 {
		t.Errorf("not one line that says how: %q", text)
	}
}

// Holds the real build, where there is one, to what the policy allows. A browser tells the rest; see e2e/playground.
func TestEmbedded(t *testing.T) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		t.Fatal(err)
	}
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		t.Skip("not built: ", err)
	}
	page := string(index)
	if !strings.Contains(page, noncePlaceholder) {
		t.Errorf("no %s in the page", noncePlaceholder)
	}
	if !strings.Contains(page, "<title>Gatehouse</title>") {
		t.Error("no title")
	}
	if inline := regexp.MustCompile(`(?i)<style|<script[^>]*>[^<]|\son\w+=|\sstyle=`).FindString(page); inline != "" {
		t.Errorf("inline: %s", inline)
	}
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) == 0 {
		t.Error("the page loads nothing")
	}
	server := Handler()
	for _, link := range links {
		if !strings.HasPrefix(link[1], "/assets/") {
			t.Errorf("%s is not an asset", link[1])
			continue
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", link[1], nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", link[1], w.Code)
		}
	}
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		t.Fatal(err)
	}
	hashed := regexp.MustCompile(`-[\w-]{8}\.[a-z]+(\.gz)?$`)
	for _, entry := range entries {
		if name := entry.Name(); !hashed.MatchString(name) || strings.HasSuffix(name, ".map") {
			t.Errorf("%s: a source map, or no hash in its name", name)
		}
		if contentType(strings.TrimSuffix(entry.Name(), ".gz")) == "application/octet-stream" {
			t.Errorf("%s: content type unknown", entry.Name())
		}
	}
}
