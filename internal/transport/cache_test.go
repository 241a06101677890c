package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// behindAuth is the server as requests come to it, with what they say of who asks in their context.
func behindAuth(e graphql.GraphExecutor, change ...func(*transport.Settings)) http.Handler {
	return auth.Middleware(func(context.Context, string) (auth.Viewer, error) { return auth.Viewer{UserID: 1}, nil }, nil)(serving(e, change...))
}

// ask sends a query by GET.
func ask(h http.Handler, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/graphql?query={ok}", nil)
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPublicAnswers(t *testing.T) {
	for maxAge, control := range map[time.Duration]string{
		0:           "public, max-age=0, must-revalidate",
		time.Minute: "public, max-age=60",
	} {
		h := behindAuth(&executor{}, func(s *transport.Settings) { s.PublicMaxAge = maxAge })
		w := ask(h)
		tag := w.Header().Get("ETag")
		if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"data":{"ok":true}}` || w.Header().Get("Content-Type") != plain+"; charset=utf-8" {
			t.Errorf("status %d, %v: %s", w.Code, w.Header(), w.Body)
		}
		if w.Header().Get("Cache-Control") != control || len(tag) < 20 || tag[0] != '"' || w.Header().Get("Vary") != "Accept, Authorization" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("header %v", w.Header())
		}
		for sent, has := range map[string]bool{
			tag: true, "*": true, "W/" + tag: true, `"x", ` + tag: true, `"a,b",` + tag + ` , "c"`: true, tag + "," + tag: true,
			"": false, `"x"`: false, tag[1:]: false, strings.Trim(tag, `"`): false, `"*"`: false, strings.ToUpper(tag): false, "w/" + tag: false,
		} {
			w := ask(h, header("If-None-Match", sent))
			switch {
			case has && (w.Code != http.StatusNotModified || w.Body.Len() > 0 || w.Header().Get("ETag") != tag || w.Header().Get("Cache-Control") != control || w.Header().Get("Vary") == ""):
				t.Errorf("If-None-Match %s: status %d, %v, %q", sent, w.Code, w.Header(), w.Body)
			case !has && (w.Code != http.StatusOK || w.Body.Len() == 0):
				t.Errorf("If-None-Match %s: status %d", sent, w.Code)
			}
		}
		w = ask(h, func(r *http.Request) { r.Header["If-None-Match"] = []string{`"x"`, tag} })
		if w.Code != http.StatusNotModified {
			t.Errorf("in the second header: status %d", w.Code)
		}
	}
}

// A tag is of one answer in one media type.
func TestTagsDiffer(t *testing.T) {
	tag := func(data, accept string) string {
		h := behindAuth(&executor{run: graphql.OneShot(&graphql.Response{Data: json.RawMessage(data)})})
		return ask(h, header("Accept", accept)).Header().Get("ETag")
	}
	seen := map[string]bool{}
	for _, data := range []string{`{"a":1}`, `{"a":2}`, `{}`} {
		for _, accept := range []string{plain, modern} {
			seen[tag(data, accept)] = true
		}
	}
	if len(seen) != 6 || seen[""] {
		t.Errorf("tags %v", seen)
	}
	if tag(`{}`, plain) != tag(`{}`, "") {
		t.Error("the same answer has two tags")
	}
}

// TestPrivateAnswers is about what no cache may keep, and no If-None-Match can have been told.
func TestPrivateAnswers(t *testing.T) {
	get := func(change ...func(*http.Request)) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/graphql?query={ok}", nil)
		for _, f := range change {
			f(r)
		}
		return r
	}
	fails := &executor{run: graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{"a":null}`), Errors: gqlerror.List{{Message: "x"}}})}
	sets := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		behindAuth(&executor{}).ServeHTTP(w, r)
	})
	for name, tt := range map[string]struct {
		handler http.Handler
		request *http.Request
	}{
		"by POST":                     {behindAuth(&executor{}), httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ok}"}`))},
		"with a token":                {behindAuth(&executor{}), get(header("Authorization", "Bearer x"))},
		"with a token that is none":   {behindAuth(&executor{}), get(header("Authorization", "Basic x"))},
		"with two empty tokens":       {behindAuth(&executor{}), get(func(r *http.Request) { r.Header["Authorization"] = []string{"", ""} })},
		"with errors":                 {behindAuth(fails), get()},
		"refused":                     {behindAuth(&executor{refusal: gqlerror.List{{Message: "x"}}}), get()},
		"refused, as newer clients":   {behindAuth(&executor{refusal: gqlerror.List{{Message: "x"}}}), get(header("Accept", modern))},
		"a panic":                     {behindAuth(&executor{run: func(context.Context) *graphql.Response { panic("x") }}), get()},
		"a mutation":                  {behindAuth(&executor{kind: ast.Mutation}), get()},
		"a subscription":              {behindAuth(&executor{kind: ast.Subscription}), get()},
		"too late":                    {behindAuth(&executor{run: func(ctx context.Context) *graphql.Response { <-ctx.Done(); return nil }}, func(s *transport.Settings) { s.Timeout = time.Millisecond }), get()},
		"no request":                  {behindAuth(&executor{}), httptest.NewRequest(http.MethodGet, "/graphql", nil)},
		"another method":              {behindAuth(&executor{}), get(func(r *http.Request) { r.Method = http.MethodHead })},
		"accepting nothing":           {behindAuth(&executor{}), get(header("Accept", "text/html"))},
		"that sets a cookie":          {sets, get()},
		"of whom nothing can be told": {serving(&executor{}), get()},
		"that cannot be written":      {behindAuth(&executor{run: graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{`)})}), get()},
		"as events":                   {behindAuth(&executor{}), get(header("Accept", "text/event-stream"))},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.request.Method == http.MethodPost {
				tt.request.Header.Set("Content-Type", plain)
			}
			tt.request.Header.Set("If-None-Match", "*")
			w := httptest.NewRecorder()
			tt.handler.ServeHTTP(w, tt.request)
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" || w.Code == http.StatusNotModified {
				t.Errorf("status %d, %v", w.Code, w.Header())
			}
			if vary := w.Header().Get("Vary"); vary != "Accept, Authorization" {
				t.Errorf("Vary is %q", vary)
			}
		})
	}
}

// TestSharedCache puts a cache before the server, of the kind that there is in front of many: it keeps what it may, and tells
// answers apart by what Vary names. Whoever asks, and in whatever order, hears what is for them.
func TestSharedCache(t *testing.T) {
	e := &executor{run: func(ctx context.Context) *graphql.Response {
		viewer, err := auth.FromContext(ctx)
		if err != nil {
			t.Error(err)
		}
		return &graphql.Response{Data: json.RawMessage(fmt.Sprintf(`{"viewer":%d}`, viewer.UserID))}
	}}
	server := httptest.NewServer(&sharedCache{next: behindAuth(e, func(s *transport.Settings) { s.PublicMaxAge = time.Hour }), kept: map[string]*httptest.ResponseRecorder{}})
	defer server.Close()
	for i, token := range []string{"", "Bearer x", "", "Bearer x", "bearer x", "", ""} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/graphql?query={ok}", nil)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"data":{"viewer":0}}`
		if token != "" {
			r.Header.Set("Authorization", token)
			want = `{"data":{"viewer":1}}`
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if strings.TrimSpace(string(body)) != want {
			t.Errorf("request %d, %q: %s", i, token, body)
		}
		if hit := response.Header.Get("X-Cache") == "hit"; hit != (i >= 2 && token == "") {
			t.Errorf("request %d, %q: from the cache: %v", i, token, hit)
		}
	}
}

// sharedCache keeps answers to GET that say public, by their address and what their Vary names (RFC 9111, section 4.1).
type sharedCache struct {
	next http.Handler
	kept map[string]*httptest.ResponseRecorder
}

func (c *sharedCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.URL.String() + "\n" + strings.Join(r.Header["Accept"], ",") + "\n" + strings.Join(r.Header["Authorization"], ",")
	answer := c.kept[key]
	if answer != nil {
		w.Header().Set("X-Cache", "hit")
	} else {
		answer = httptest.NewRecorder()
		c.next.ServeHTTP(answer, r)
		if answer.Header().Get("Vary") == "Accept, Authorization" && strings.HasPrefix(answer.Header().Get("Cache-Control"), "public") {
			c.kept[key] = answer
		}
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}
