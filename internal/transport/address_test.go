package transport_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// get sends a request whose parameters are these, as they are.
func get(e *executor, parameters string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/graphql", nil)
	r.URL.RawQuery = parameters
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	serving(e).ServeHTTP(w, r)
	return w
}

func TestAddressesAreReadExactly(t *testing.T) {
	type object = map[string]any
	number := func(s string) json.Number { return json.Number(s) }
	for _, tt := range []struct {
		name, parameters string
		want             graphql.RawParams
	}{
		{"the least", "query=%7Bok%7D", graphql.RawParams{Query: "{ok}"}},
		{"hardly escaped", "query={ok}", graphql.RawParams{Query: "{ok}"}},
		{"blanks in either way", "query=query+A%20{ok}&operationName=A", graphql.RawParams{Query: "query A {ok}", OperationName: "A"}},
		{"everything", "extensions=%7B%22e%22%3A1%7D&variables=" + url.QueryEscape(`{"a":{"b":[1,null,"x",true]}}`) + "&operationName=A&query={ok}", graphql.RawParams{
			Query: "{ok}", OperationName: "A", Variables: object{"a": object{"b": []any{number("1"), nil, "x", true}}}, Extensions: object{"e": number("1")},
		}},
		{"numbers as they were written", "query={ok}&variables=" + url.QueryEscape(`{"a":18.10,"b":9007199254740993,"c":1e400}`), graphql.RawParams{
			Query: "{ok}", Variables: object{"a": number("18.10"), "b": number("9007199254740993"), "c": number("1e400")},
		}},
		{"empty parameters", "query={ok}&variables=&extensions=&operationName=", graphql.RawParams{Query: "{ok}"}},
		{"parameters without a sign", "query={ok}&variables&extensions&operationName", graphql.RawParams{Query: "{ok}"}},
		{"null", "query={ok}&variables=null&extensions=null", graphql.RawParams{Query: "{ok}"}},
		{"no variables", "query={ok}&variables={}", graphql.RawParams{Query: "{ok}", Variables: object{}}},
		{"blanks around", "query={ok}&variables=+{}%0A", graphql.RawParams{Query: "{ok}", Variables: object{}}},
		{"null is but a name", "query={ok}&operationName=null", graphql.RawParams{Query: "{ok}", OperationName: "null"}},
		{"what nobody asked for", "query={ok}&id=x&Query=%7Bno%7D&VARIABLES=[]&id=y&=z", graphql.RawParams{Query: "{ok}"}},
		{"beyond ASCII", "query={ok}&operationName=%C3%A9%F0%9F%99%82", graphql.RawParams{Query: "{ok}", OperationName: "é🙂"}},
		{"very long", "query={ok}&variables=" + url.QueryEscape(`{"a":"`+strings.Repeat("x", 10_000)+`"}`), graphql.RawParams{
			Query: "{ok}", Variables: object{"a": strings.Repeat("x", 10_000)}, // the server limits the header of a request
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &executor{}
			w := get(e, tt.parameters, header("X-Test", "told"))
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

func TestAddresses(t *testing.T) {
	for name, parameters := range map[string]string{
		"nothing":                        "",
		"no query":                       "variables={}&operationName=secret",
		"an empty query":                 "query=",
		"a blank query":                  "query=+%0A%09",
		"a query in capitals":            "QUERY={secret}",
		"two queries":                    "query={ok}&query={secret}",
		"the same query twice":           "query={ok}&query={ok}",
		"two names":                      "query={ok}&operationName=A&operationName=secret",
		"two of variables":               "query={ok}&variables={}&variables={}",
		"two of variables, one empty":    "query={ok}&variables={}&variables=",
		"two of extensions":              "query={ok}&extensions={}&extensions={}",
		"a query that is not UTF-8":      "query={ok}%23%FF",
		"a name that is not UTF-8":       "query={ok}&operationName=secret%C3",
		"variables that are not UTF-8":   "query={ok}&variables=" + url.QueryEscape("{\"a\":\"secret\xff\"}"),
		"extensions that are not UTF-8":  "query={ok}&extensions=" + url.QueryEscape("{\"a\":\"\xed\xa0\x80\"}"),
		"an escape that is none":         "query={ok}&operationName=%zz",
		"half an escape":                 "query={ok}%",
		"a semicolon":                    "query={ok};operationName=secret",
		"variables that are no JSON":     "query={ok}&variables=secret",
		"variables cut off":              "query={ok}&variables={%22a%22:",
		"variables with something after": "query={ok}&variables={}{}",
		"variables with a comma after":   "query={ok}&variables={},",
		"variables an array":             "query={ok}&variables=[]",
		"variables a text":               "query={ok}&variables=%22{}%22",
		"variables a number":             "query={ok}&variables=0",
		"variables false":                "query={ok}&variables=false",
		"variables blank":                "query={ok}&variables=+",
		"extensions an array":            "query={ok}&extensions=[{}]",
		"extensions a text":              "query={ok}&extensions=%22secret%22",
		"variables never closed":         "query={ok}&variables={%22a%22:" + strings.Repeat("[", 20_000),
		"variables too deep":             "query={ok}&variables={%22a%22:" + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}",
		"an array of requests":           url.QueryEscape(`[{"query":"{secret}"}]`),
	} {
		t.Run(name, func(t *testing.T) {
			e := &executor{}
			wantRefusal(t, e, get(e, parameters), http.StatusBadRequest)
			e = &executor{}
			w := get(e, parameters, header("Accept", modern))
			if got := w.Header().Get("Content-Type"); got != modern+"; charset=utf-8" {
				t.Errorf("answered as %s", got)
			}
			wantRefusal(t, e, w, http.StatusBadRequest)
			e = &executor{}
			wantRefusal(t, e, get(e, parameters, header("Accept", "text/event-stream")), http.StatusBadRequest)
		})
	}
}

// Whatever a body or its type says, a request by GET is in the address; and one by POST is not.
func TestAddressesAndBodies(t *testing.T) {
	e := &executor{}
	w := get(e, "query={ok}", header("Content-Type", "text/plain"), func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(`{"query":"{secret}"}`))
	})
	if w.Code != http.StatusOK || e.params.Query != "{ok}" {
		t.Errorf("status %d, executed %v", w.Code, e.params)
	}
	e = &executor{}
	wantRefusal(t, e, post(e, `{}`, func(r *http.Request) { r.URL.RawQuery = "query={secret}" }), http.StatusBadRequest)
	e = &executor{}
	w = post(e, `{"query":"{ok}"}`, func(r *http.Request) { r.URL.RawQuery = "query={secret}&operationName=secret&variables=;%zz" })
	if w.Code != http.StatusOK || e.params.Query != "{ok}" || e.params.OperationName != "" {
		t.Errorf("status %d, executed %v", w.Code, e.params)
	}
}

// What changes something does not come by GET, which a link of another site's page can send and anything on the way
// repeat; and a subscription has no one answer.
func TestOperationsThatAreNoQueries(t *testing.T) {
	for _, tt := range []struct {
		name, accept string
		kind         ast.Operation
		send         func(e *executor, accept string) *httptest.ResponseRecorder
		status       int
		allow        string
	}{
		{"a mutation by GET", plain, ast.Mutation, getAs, http.StatusMethodNotAllowed, "POST"},
		{"a mutation by GET, as the newer type", modern, ast.Mutation, getAs, http.StatusMethodNotAllowed, "POST"},
		{"a mutation by GET, as events", "text/event-stream", ast.Mutation, getAs, http.StatusMethodNotAllowed, "POST"},
		{"a subscription by GET", plain, ast.Subscription, getAs, http.StatusNotAcceptable, ""},
		{"a subscription by POST", plain, ast.Subscription, postAs, http.StatusNotAcceptable, ""},
		{"a subscription by POST, as anything", "*/*", ast.Subscription, postAs, http.StatusNotAcceptable, ""},
		{"a subscription by POST, as the newer type", modern, ast.Subscription, postAs, http.StatusNotAcceptable, ""},
		{"a subscription by POST, as JSON rather than events", plain + ", text/event-stream;q=0.9", ast.Subscription, postAs, http.StatusNotAcceptable, ""},
	} {
		e := &executor{kind: tt.kind, run: func(context.Context) *graphql.Response {
			t.Errorf("%s: it was executed", tt.name)
			return nil
		}}
		w := tt.send(e, tt.accept)
		if got := w.Header().Get("Allow"); got != tt.allow {
			t.Errorf("%s: Allow %q", tt.name, got)
		}
		e.params = nil // it was read, to know what it is
		wantRefusal(t, e, w, tt.status)
	}
	// A mutation by POST is as before.
	if w := post(&executor{kind: ast.Mutation}, `{"query":"mutation{ok}"}`); w.Code != http.StatusOK {
		t.Errorf("a mutation by POST: status %d", w.Code)
	}
}

func getAs(e *executor, accept string) *httptest.ResponseRecorder {
	return get(e, "query={ok}", header("Accept", accept))
}

func postAs(e *executor, accept string) *httptest.ResponseRecorder {
	return post(e, `{"query":"{ok}"}`, header("Accept", accept))
}

// Who accepts nothing that there is hears so, before the request is read: the answer to that is JSON all the same.
func TestNothingThatIsAccepted(t *testing.T) {
	for _, accept := range []string{"text/html", "application/json;q=0", "text/*", "application/json;charset=latin1", ","} {
		for _, send := range []func(*executor, string) *httptest.ResponseRecorder{getAs, postAs} {
			e := &executor{}
			w := send(e, accept)
			if got := w.Header().Get("Content-Type"); got != plain+"; charset=utf-8" {
				t.Errorf("%s: answered as %s", accept, got)
			}
			wantRefusal(t, e, w, http.StatusNotAcceptable)
		}
	}
	// Several headers are one list.
	e := &executor{}
	w := post(e, `{"query":"{ok}"}`, func(r *http.Request) { r.Header["Accept"] = []string{"text/html", modern} })
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != modern+"; charset=utf-8" {
		t.Errorf("two headers: status %d, %s", w.Code, got)
	}
}
