package transport_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/transport"
)

// coded is an executor whose errors keep their codes, as those of the real one do.
type coded struct{ executor }

func (c *coded) DispatchError(_ context.Context, list gqlerror.List) *graphql.Response {
	return &graphql.Response{Errors: list}
}

func refusing(code string) *coded {
	return &coded{executor{refusal: gqlerror.List{{Message: "x", Extensions: map[string]any{"code": code}}}}}
}

func spec(s *transport.Settings) { s.SpecStatus = true }

// TestStatuses holds each kind of answer against docs/http.md, for each media type and in both profiles.
func TestStatuses(t *testing.T) {
	partial := func(data string) *coded {
		return &coded{executor{run: func(context.Context) *graphql.Response {
			return &graphql.Response{Data: json.RawMessage(data), Errors: gqlerror.List{{Message: "x"}}}
		}}}
	}
	const query = `{"query":"{ok}"}`
	post := func(body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", plain)
		return r
	}
	get := func(parameters string) *http.Request {
		return httptest.NewRequest(http.MethodGet, "/graphql?"+parameters, nil)
	}
	with := func(r *http.Request, f func(*http.Request)) *http.Request {
		f(r)
		return r
	}
	type statuses struct{ legacyPlain, legacyModern, specPlain, specModern int }
	always := func(status int) statuses { return statuses{status, status, status, status} }
	for _, tt := range []struct {
		name    string
		e       *coded
		request func() *http.Request
		want    statuses
	}{
		{"data", &coded{}, func() *http.Request { return post(query) }, always(200)},
		{"data by GET", &coded{}, func() *http.Request { return get("query={ok}") }, always(200)},
		{"data and errors", partial(`{"a":null}`), func() *http.Request { return post(query) }, statuses{200, 200, 200, 294}},
		{"data null and errors", partial(`null`), func() *http.Request { return post(query) }, statuses{200, 200, 200, 294}},
		{"a document that does not parse", refusing("GRAPHQL_PARSE_FAILED"), func() *http.Request { return post(query) }, statuses{200, 400, 400, 400}},
		{"one that is not valid", refusing("GRAPHQL_VALIDATION_FAILED"), func() *http.Request { return post(query) }, statuses{200, 400, 422, 422}},
		{"one that asks for too much", refusing("OPERATION_LIMIT_EXCEEDED"), func() *http.Request { return post(query) }, statuses{200, 400, 422, 422}},
		{"variables that do not fit", refusing("BAD_USER_INPUT"), func() *http.Request { return post(query) }, statuses{200, 400, 422, 422}},
		{"an error of ours before it ran", refusing("INTERNAL_SERVER_ERROR"), func() *http.Request { return post(query) }, statuses{200, 400, 500, 500}},
		{"no JSON", &coded{}, func() *http.Request { return post(`{"query":`) }, always(400)},
		{"no body", &coded{}, func() *http.Request { return post("") }, always(400)},
		{"JSON that is no object", &coded{}, func() *http.Request { return post(`[` + query + `]`) }, statuses{400, 400, 422, 422}},
		{"JSON null", &coded{}, func() *http.Request { return post(`null`) }, statuses{400, 400, 422, 422}},
		{"no query", &coded{}, func() *http.Request { return post(`{"qeury":"{ok}"}`) }, statuses{400, 400, 422, 422}},
		{"variables that are no object", &coded{}, func() *http.Request { return post(`{"query":"{ok}","variables":[7]}`) }, statuses{400, 400, 422, 422}},
		{"parameters that cannot be read", &coded{}, func() *http.Request { return get("query=%zz") }, always(400)},
		{"no query by GET", &coded{}, func() *http.Request { return get("") }, statuses{400, 400, 422, 422}},
		{"variables that are no JSON by GET", &coded{}, func() *http.Request { return get("query={ok}&variables={") }, statuses{400, 400, 422, 422}},
		{"a mutation by GET", &coded{executor{kind: ast.Mutation}}, func() *http.Request { return get("query=" + url.QueryEscape("mutation {ok}")) }, always(405)},
		{"a subscription", &coded{executor{kind: ast.Subscription}}, func() *http.Request { return post(query) }, always(406)},
		{"another method", &coded{}, func() *http.Request { return with(post(query), func(r *http.Request) { r.Method = http.MethodPut }) }, always(405)},
		{"another type", &coded{}, func() *http.Request {
			return with(post(query), func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
		}, always(415)},
		{"too large", &coded{}, func() *http.Request { return post(query + strings.Repeat(" ", 1000)) }, always(413)},
		{"a panic", &coded{executor{run: func(context.Context) *graphql.Response { panic("x") }}}, func() *http.Request { return post(query) }, always(500)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			legacy, spec := serving(tt.e), serving(tt.e, spec)
			for _, c := range []struct {
				profile string
				server  *transport.GraphQL
				accept  string
				status  int
				media   string
			}{
				{"legacy", legacy, "", tt.want.legacyPlain, plain},
				{"legacy", legacy, plain, tt.want.legacyPlain, plain},
				{"legacy", legacy, modern, tt.want.legacyModern, modern},
				{"spec", spec, "", tt.want.specPlain, mediaBySpec(tt.want.specPlain)},
				{"spec", spec, plain, tt.want.specPlain, mediaBySpec(tt.want.specPlain)},
				{"spec", spec, modern, tt.want.specModern, modern},
			} {
				r := tt.request()
				if c.accept != "" {
					r.Header.Set("Accept", c.accept)
				}
				w := httptest.NewRecorder()
				c.server.ServeHTTP(w, r)
				answered(t, w)
				if got := w.Header().Get("Content-Type"); w.Code != c.status || got != c.media+"; charset=utf-8" {
					t.Errorf("%s, accepting %q: %d %s, want %d %s", c.profile, c.accept, w.Code, got, c.status, c.media)
				}
			}
		})
	}
}

// mediaBySpec is what an answer to a client of plain JSON is by the specification: what is no success says that it is
// GraphQL's all the same.
func mediaBySpec(status int) string {
	if status < 300 {
		return plain
	}
	return modern
}

// A request whose time is up before it ran is the server's fault, by the specification.
func TestStatusOfWhatIsLate(t *testing.T) {
	for accept, statuses := range map[string][2]int{plain: {200, 503}, modern: {400, 503}} {
		for i, change := range []func(*transport.Settings){func(*transport.Settings) {}, spec} {
			e := &executor{run: func(ctx context.Context) *graphql.Response {
				<-ctx.Done()
				return nil
			}}
			r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ok}"}`))
			r.Header.Set("Content-Type", plain)
			r.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			serving(e, change, func(s *transport.Settings) { s.Timeout = time.Millisecond }).ServeHTTP(w, r)
			if answered(t, w); w.Code != statuses[i] {
				t.Errorf("accepting %s: status %d, want %d", accept, w.Code, statuses[i])
			}
		}
	}
}

// Who accepts nothing that there is is told so in either profile.
func TestStatusOfWhatIsNotAcceptable(t *testing.T) {
	for _, change := range []func(*transport.Settings){func(*transport.Settings) {}, spec} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ok}"}`))
		r.Header.Set("Content-Type", plain)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		serving(&executor{}, change).ServeHTTP(w, r)
		if answered(t, w); w.Code != http.StatusNotAcceptable {
			t.Errorf("status %d", w.Code)
		}
	}
}
