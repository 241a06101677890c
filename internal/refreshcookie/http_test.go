package refreshcookie_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/refreshcookie"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// executor is a GraphExecutor that only runs.
type executor func(ctx context.Context) *graphql.Response

func (executor) CreateOperationContext(context.Context, *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	return &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: ast.Mutation}}, nil
}

func (e executor) DispatchOperation(ctx context.Context, _ *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	return graphql.ResponseHandler(e), ctx
}

func (executor) DispatchError(_ context.Context, list gqlerror.List) *graphql.Response {
	return &graphql.Response{Errors: list}
}

// Once a token is rotated its successor must reach the browser, however the operation goes on: the spent one would
// later be taken for stolen.
func TestTheCookieSurvivesWhatFollows(t *testing.T) {
	for name, then := range map[string]executor{
		"nothing": func(context.Context) *graphql.Response { return &graphql.Response{Data: json.RawMessage(`{}`)} },
		"an error": func(context.Context) *graphql.Response {
			return &graphql.Response{Errors: gqlerror.List{{Message: "no"}}}
		},
		"a panic":             func(context.Context) *graphql.Response { panic("boom") },
		"the time being up":   func(ctx context.Context) *graphql.Response { <-ctx.Done(); return nil },
		"what cannot be read": func(context.Context) *graphql.Response { return &graphql.Response{Data: json.RawMessage(`{`)} },
	} {
		t.Run(name, func(t *testing.T) {
			api := refreshcookie.Middleware(refreshcookie.Settings{Now: func() time.Time { return now }})(transport.New(transport.Settings{
				Executor: executor(func(ctx context.Context) *graphql.Response {
					refreshcookie.FromContext(ctx).Set("successor", now.Add(time.Minute))
					return then(ctx)
				}),
				MaxBody: 1000,
				Timeout: time.Second,
				Log:     slog.New(slog.DiscardHandler),
			}))
			server := httptest.NewServer(api)
			defer server.Close()
			response, err := server.Client().Post(server.URL, "application/json", strings.NewReader(`{"query": "{ x }"}`))
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.Copy(io.Discard, response.Body)
			if err != nil || response.Body.Close() != nil {
				t.Fatal(err)
			}
			cookies := response.Cookies()
			if len(cookies) != 1 || cookies[0].Value != "successor" || response.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("status %d, header %v", response.StatusCode, response.Header)
			}
		})
	}
}

// A request that never gets as far as an operation leaves the cookie alone.
func TestNoOperationNoCookie(t *testing.T) {
	api := refreshcookie.Middleware(refreshcookie.Settings{Now: func() time.Time { return now }})(transport.New(transport.Settings{
		Executor: executor(func(context.Context) *graphql.Response { panic("executed") }),
		MaxBody:  10,
		Timeout:  time.Minute,
		Log:      slog.New(slog.DiscardHandler),
	}))
	for _, tt := range []struct {
		method, contentType, body string
		status                    int
	}{
		{"PUT", "application/json", `{"query": "{ x }"}`, http.StatusMethodNotAllowed},
		{"GET", "application/json", `{}`, http.StatusBadRequest},
		{"GET", "application/json", `{"query": "{ x }"}`, http.StatusRequestEntityTooLarge},
		{"POST", "text/plain", `{"query": "{ x }"}`, http.StatusUnsupportedMediaType}, // as a form of a foreign page sends it
		{"POST", "application/x-www-form-urlencoded", `query={x}`, http.StatusUnsupportedMediaType},
		{"POST", "multipart/form-data; boundary=x", `--x--`, http.StatusUnsupportedMediaType},
		{"POST", "application/json", `{`, http.StatusBadRequest},
		{"POST", "application/json", `{"query": "{ x }"}`, http.StatusRequestEntityTooLarge},
	} {
		r := httptest.NewRequest(tt.method, "/graphql", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.contentType)
		r.Header.Set("Cookie", secure+"=x")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != tt.status || w.Header()["Set-Cookie"] != nil {
			t.Errorf("%s %s: status %d, Set-Cookie %q", tt.method, tt.contentType, w.Code, w.Header()["Set-Cookie"])
		}
	}
}
