package transport_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/transport"
)

// executor is a GraphExecutor that executes nothing and notes what it was given.
type executor struct {
	params  *graphql.RawParams
	kind    ast.Operation                               // of the operation; empty: a query
	refusal gqlerror.List                               // of the operation as a whole
	run     func(ctx context.Context) *graphql.Response // nil: answers {"ok":true}
	errs    []error                                     // that it was given to present
}

func (e *executor) CreateOperationContext(_ context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	e.params = params
	return &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: cmp.Or(e.kind, ast.Query)}}, e.refusal
}

func (e *executor) DispatchOperation(ctx context.Context, _ *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if e.run != nil {
		return e.run, ctx
	}
	return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{"ok":true}`)}), ctx
}

func (e *executor) DispatchError(_ context.Context, list gqlerror.List) *graphql.Response {
	shown := make(gqlerror.List, len(list))
	for i, err := range list {
		e.errs = append(e.errs, err)
		shown[i] = &gqlerror.Error{Message: "presented", Extensions: map[string]any{"code": "PRESENTED"}}
	}
	return &graphql.Response{Errors: shown, Extensions: map[string]any{"auth": "told"}}
}

const (
	plain  = "application/json"
	modern = "application/graphql-response+json"
)

// post sends a body of JSON.
func post(e *executor, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", plain)
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	serving(e).ServeHTTP(w, r)
	return w
}

// serving is the server under test, over an executor, with hardly any patience.
func serving(e graphql.GraphExecutor, change ...func(*transport.Settings)) *transport.GraphQL {
	s := transport.Settings{
		Executor: e, MaxBody: 1000, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Pace: transport.Pace{Init: time.Minute, Write: time.Minute, KeepAlive: time.Minute, Renew: time.Minute},
	}
	for _, c := range change {
		c(&s)
	}
	return transport.New(s)
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// answered is the body of an answer, which must be one JSON object with the headers that all answers have.
func answered(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var body map[string]any
	decoder := json.NewDecoder(w.Body)
	if err := decoder.Decode(&body); err != nil {
		t.Fatalf("the answer is no JSON object: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		t.Error("something follows the answer")
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", w.Header())
	}
	return body
}

// wantRefusal expects one error with a code and no data, and an executor that saw nothing of the request.
func wantRefusal(t *testing.T, e *executor, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	sent := w.Body.String()
	body := answered(t, w)
	errs, _ := body["errors"].([]any)
	if len(errs) != 1 || len(body) != 1 {
		t.Fatalf("answer %s; want one error and nothing else", sent)
	}
	first := errs[0].(map[string]any)
	extensions := first["extensions"].(map[string]any)
	code, limit := "BAD_USER_INPUT", any(nil)
	switch status {
	case http.StatusRequestEntityTooLarge:
		code, limit = "OPERATION_LIMIT_EXCEEDED", map[string]any{"name": "body", "max": 1000.0}
	case http.StatusRequestTimeout:
		code, limit = "OPERATION_LIMIT_EXCEEDED", map[string]any{"name": "timeout", "max": 60_000.0}
	}
	if extensions["code"] != code || !reflect.DeepEqual(extensions["limit"], limit) || first["message"] == "" {
		t.Errorf("error %v", first)
	}
	if strings.Contains(sent, "secret") {
		t.Errorf("the answer has part of the request in it: %s", sent)
	}
	if e.params != nil {
		t.Error("the request was executed")
	}
}

func TestMethods(t *testing.T) {
	for _, method := range []string{"HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "get", "secret"} {
		e := &executor{}
		w := post(e, `{"query":"{secret}"}`, func(r *http.Request) { r.Method = method })
		if allow := w.Header().Get("Allow"); allow != "GET, POST" {
			t.Errorf("%s: Allow %q", method, allow)
		}
		wantRefusal(t, e, w, http.StatusMethodNotAllowed)
	}
}

func TestContentTypes(t *testing.T) {
	for contentType, ok := range map[string]bool{
		"application/json":                                   true,
		"application/json;charset=utf-8":                     true,
		"application/json; charset=UTF-8":                    true,
		`application/json; charset="utf-8"`:                  true,
		"Application/JSON":                                   true,
		"application/json; profile=secret":                   true,
		"application/json ":                                  true,
		"":                                                   false,
		"json":                                               false,
		"application/json; charset=iso-8859-1":               false,
		"application/json; charset=utf-16":                   false,
		"application/json; charset":                          false,
		"application/json; charset=utf-8; charset=utf-16":    false,
		"application/jsonp":                                  false,
		"application/json, text/plain":                       false,
		"application/graphql":                                false,
		"application/graphql+json":                           false,
		"text/plain":                                         false, // what a form of another site may send unasked
		"text/plain; secret=application/json":                false,
		"application/x-www-form-urlencoded":                  false,
		"multipart/form-data; boundary=secret":               false,
		"application/graphql-response+json":                  false,
		"application/json\x00":                               false,
		strings.Repeat("application/json;", 1000) + "secret": false,
	} {
		t.Run(contentType[:min(len(contentType), 60)], func(t *testing.T) {
			e := &executor{}
			w := post(e, `{"query":"{ok}"}`, header("Content-Type", contentType))
			if !ok {
				wantRefusal(t, e, w, http.StatusUnsupportedMediaType)
			} else if w.Code != http.StatusOK || e.params == nil {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	e := &executor{}
	wantRefusal(t, e, post(e, `{"query":"{ok}"}`, func(r *http.Request) { r.Header.Del("Content-Type") }), http.StatusUnsupportedMediaType)
}

func TestBodies(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"empty", "", 400},
		{"blank", " \n", 400},
		{"no JSON", "{secret}", 400},
		{"a query bare", `query { secret }`, 400},
		{"cut off", `{"query":"{secret`, 400},
		{"cut off behind the query", `{"query":"{secret}"`, 400},
		{"trailing garbage", `{"query":"{ok}"}secret`, 400},
		{"two requests", `{"query":"{ok}"}{"query":"{secret}"}`, 400},
		{"a trailing comma", `{"query":"{ok}",}`, 400},
		{"a trailing bracket", `{"query":"{ok}"}]`, 400},
		{"a byte order mark", "\ufeff" + `{"query":"{ok}"}`, 400},
		{"UTF-16", "\xfe\xff\x00{\x00}", 400},
		{"an array", `[{"query":"{secret}"}]`, 400},
		{"an empty array", `[]`, 400},
		{"a string", `"{secret}"`, 400},
		{"a number", `5`, 400},
		{"null", `null`, 400},
		{"an empty object", `{}`, 400},
		{"no query", `{"variables":{"password":"secret"}}`, 400},
		{"query null", `{"query":null}`, 400},
		{"query empty", `{"query":""}`, 400},
		{"query blank", `{"query":" \n\t"}`, 400},
		{"query a number", `{"query":5}`, 400},
		{"query an array", `{"query":["{secret}"]}`, 400},
		{"query in capitals", `{"QUERY":"{secret}"}`, 400},
		{"ill-formed UTF-8", "{\"query\":\"{ok}\",\"variables\":{\"password\":\"secret\xff\"}}", 400},
		{"half a character", `{"query":"{ok}","variables":{"password":"secret\ud83d"}}`, 400},
		{"the other half", `{"query":"{ok}","variables":{"password":"secret\ude42"}}`, 400},
		{"half a character in the query", `{"query":"{ok(a: \"secret\ud83d\")}"}`, 400},
		{"half a character in a name", `{"query":"{ok}","variables":{"secret\ud83d":1}}`, 400},
		{"operation name a number", `{"query":"{ok}","operationName":5}`, 400},
		{"variables an array", `{"query":"{ok}","variables":["secret"]}`, 400},
		{"variables a string", `{"query":"{ok}","variables":"{\"a\":\"secret\"}"}`, 400},
		{"variables a number", `{"query":"{ok}","variables":1}`, 400},
		{"extensions an array", `{"query":"{ok}","extensions":[]}`, 400},
		{"nested and never closed", `{"query":"{ok}","variables":{"a":` + strings.Repeat("[", 480) + `}}`, 400},
		{"too large", `{"query":"{secret}","variables":{"a":"` + strings.Repeat("x", 1000) + `"}}`, 413},
		{"too large and no JSON", strings.Repeat("x", 1001), 413},
		{"too large by blanks behind it", `{"query":"{ok}"}` + strings.Repeat(" ", 1000), 413},
		{"too large by blanks before it", strings.Repeat(" ", 1000) + `{"query":"{ok}"}`, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &executor{}
			wantRefusal(t, e, post(e, tt.body), tt.status)
			e = &executor{}
			w := post(e, tt.body, header("Accept", modern))
			if got := w.Header().Get("Content-Type"); got != modern+"; charset=utf-8" {
				t.Errorf("answered as %s", got)
			}
			wantRefusal(t, e, w, tt.status)
			// The length need not be told in advance.
			e = &executor{}
			wantRefusal(t, e, post(e, tt.body, func(r *http.Request) { r.ContentLength = -1 }), tt.status)
		})
	}
}

// A body that is given up half-way, by the client or because it took too long, is refused like the rest.
func TestBodiesThatEndInAnError(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
	}{
		{io.ErrUnexpectedEOF, http.StatusBadRequest},
		{errors.New("secret"), http.StatusBadRequest},
		{os.ErrDeadlineExceeded, http.StatusRequestTimeout},
	} {
		for _, arrived := range []string{"", `{"query":"{sec`, `{"query":"{ok}"}`} {
			e := &executor{}
			wantRefusal(t, e, post(e, "", func(r *http.Request) {
				r.Body = io.NopCloser(io.MultiReader(strings.NewReader(arrived), iotest.ErrReader(tt.err)))
			}), tt.status)
		}
	}
}

// Nesting that the JSON decoder itself gives up on is refused as all that is no JSON.
func TestVeryDeepBodies(t *testing.T) {
	e := &executor{}
	h := serving(e, func(s *transport.Settings) { s.MaxBody = 1 << 20 })
	body := `{"query":"{ok}","variables":{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", plain)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantRefusal(t, e, w, http.StatusBadRequest)
}

func TestRequestsAreReadExactly(t *testing.T) {
	type object = map[string]any
	number := func(s string) json.Number { return json.Number(s) }
	for _, tt := range []struct {
		name, body string
		want       graphql.RawParams
	}{
		{"the least", `{"query":"{ok}"}`, graphql.RawParams{Query: "{ok}"}},
		{"everything", ` {"operationName":"A","variables":{"a":{"b":[1,null,"x",true]}},"extensions":{"e":1},"query":"query A{ok}"} `, graphql.RawParams{
			Query: "query A{ok}", OperationName: "A", Variables: object{"a": object{"b": []any{number("1"), nil, "x", true}}}, Extensions: object{"e": number("1")},
		}},
		{"nulls", `{"query":"{ok}","operationName":null,"variables":null,"extensions":null}`, graphql.RawParams{Query: "{ok}"}},
		{"no variables", `{"query":"{ok}","variables":{}}`, graphql.RawParams{Query: "{ok}", Variables: object{}}},
		{"numbers as they were written", `{"query":"{ok}","variables":{"a":18.10,"b":9007199254740993,"c":1e400,"d":-0,"e":0.1000000000000000055}}`, graphql.RawParams{
			Query: "{ok}", Variables: object{"a": number("18.10"), "b": number("9007199254740993"), "c": number("1e400"), "d": number("-0"), "e": number("0.1000000000000000055")},
		}},
		{"what nobody asked for", `{"query":"{ok}","id":"x","":1}`, graphql.RawParams{Query: "{ok}"}},
		{"the last of two", `{"query":"{a}","query":"{ok}","variables":{"a":1,"a":2}}`, graphql.RawParams{Query: "{ok}", Variables: object{"a": number("2")}}},
		{"escapes", `{"query":"{ok}","variables":{"a":"\u0041\ud83d\ude42\u0000"}}`, graphql.RawParams{Query: "{ok}", Variables: object{"a": "A🙂\x00"}}},
		{"what only looks like half a character", `{"query":"{ok}","variables":{"a":"\\ud83d"}}`, graphql.RawParams{Query: "{ok}", Variables: object{"a": `\ud83d`}}},
		{"as long as may be", `{"query":"{ok}"}` + strings.Repeat(" ", 1000-16), graphql.RawParams{Query: "{ok}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &executor{}
			w := post(e, tt.body, header("X-Test", "told"))
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			got := *e.params
			if got.Headers.Get("X-Test") != "told" {
				t.Error("the executor is not told the headers")
			}
			got.Headers = nil
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("read as %#v, want %#v", got, tt.want)
			}
			if body := answered(t, w); !reflect.DeepEqual(body, object{"data": object{"ok": true}}) {
				t.Errorf("answered %v", body)
			}
		})
	}
}

// The media type is the one asked for; in the newer one, a request that was not executed is 400.
func TestMediaTypes(t *testing.T) {
	for _, tt := range []struct {
		accept, media string
	}{
		{"", plain},
		{"*/*", plain},
		{"application/json", plain},
		{modern, modern},
		{modern + "; charset=utf-8, application/json; q=0.9", modern},
		{"application/json; q=0.5, " + modern, modern},
	} {
		t.Run(tt.accept, func(t *testing.T) {
			for _, outcome := range []struct {
				name   string
				e      *executor
				status map[string]int
				data   bool
			}{
				{"data", &executor{}, map[string]int{plain: 200, modern: 200}, true},
				{"data and errors", &executor{run: graphql.OneShot(&graphql.Response{
					Data: json.RawMessage(`null`), Errors: gqlerror.List{{Message: "x"}},
				})}, map[string]int{plain: 200, modern: 200}, true},
				{"a request error", &executor{refusal: gqlerror.List{{Message: "x"}}}, map[string]int{plain: 200, modern: 400}, false},
			} {
				w := post(outcome.e, `{"query":"{ok}"}`, header("Accept", tt.accept))
				if got := w.Header().Get("Content-Type"); got != tt.media+"; charset=utf-8" {
					t.Errorf("%s: answered as %s", outcome.name, got)
				}
				if want := outcome.status[tt.media]; w.Code != want {
					t.Errorf("%s: status %d, want %d", outcome.name, w.Code, want)
				}
				// No data, not even null, when nothing was executed.
				if _, hasData := answered(t, w)["data"]; hasData != outcome.data {
					t.Errorf("%s: has data: %v", outcome.name, hasData)
				}
			}
		})
	}
}

func TestAnswersAreHandedOnWhole(t *testing.T) {
	w := post(&executor{run: graphql.OneShot(&graphql.Response{
		Data:       json.RawMessage(`{"a":"</script>","n":12884901889,"d":"18.10"}`),
		Errors:     gqlerror.List{{Message: "x", Extensions: map[string]any{"code": "FORBIDDEN"}}},
		Extensions: map[string]any{"auth": map[string]any{"reason": "TOKEN_EXPIRED"}},
	})}, `{"query":"{ok}"}`)
	want := map[string]any{
		"data":       map[string]any{"a": "</script>", "n": 12884901889.0, "d": "18.10"},
		"errors":     []any{map[string]any{"message": "x", "extensions": map[string]any{"code": "FORBIDDEN"}}},
		"extensions": map[string]any{"auth": map[string]any{"reason": "TOKEN_EXPIRED"}},
	}
	if got := answered(t, w); !reflect.DeepEqual(got, want) {
		t.Errorf("answered %v, want %v", got, want)
	}
	w = post(&executor{refusal: gqlerror.List{{Message: "x"}, {Message: "y"}}}, `{"query":"{ok}"}`)
	if got := answered(t, w); len(got["errors"].([]any)) != 2 || got["extensions"] == nil {
		t.Errorf("answered %v", got)
	}
}

// What panics outside of resolvers is an internal error like any other, and told by the executor.
func TestPanics(t *testing.T) {
	e := &executor{run: func(context.Context) *graphql.Response { panic("secret") }}
	w := post(e, `{"query":"{ok}"}`)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if body := answered(t, w); body["data"] != nil || len(body["errors"].([]any)) != 1 {
		t.Errorf("answered %v", body)
	}
	if len(e.errs) != 1 || !strings.Contains(e.errs[0].Error(), "panic: secret") || !strings.Contains(e.errs[0].Error(), "http_test.go") {
		t.Errorf("for the log: %v; want the panic with its stack", e.errs)
	}
}

// A request whose time is up before it runs is told so; the executor then answers nothing at all.
func TestTimeUpBeforeItRan(t *testing.T) {
	for accept, status := range map[string]int{plain: 200, modern: 400} {
		e := &executor{run: func(ctx context.Context) *graphql.Response {
			<-ctx.Done()
			return nil
		}}
		h := serving(e, func(s *transport.Settings) { s.Timeout = time.Millisecond })
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ok}"}`))
		r.Header.Set("Content-Type", plain)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if body := answered(t, w); w.Code != status || len(body["errors"].([]any)) != 1 {
			t.Errorf("status %d: %v", w.Code, body)
		}
		if len(e.errs) != 1 || !errors.Is(e.errs[0], context.DeadlineExceeded) {
			t.Errorf("presented %v, want the deadline", e.errs)
		}
	}
}
