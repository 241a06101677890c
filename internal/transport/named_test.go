package transport_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/persisted"
)

// A request without a query must name its document in some way, and names it in one way only.
func TestDocumentsThatAreNamed(t *testing.T) {
	type object = map[string]any
	named := func(id string) object { return object{"documentId": persisted.DocumentID(id)} }
	for _, tt := range []struct {
		name, body string
		want       *graphql.RawParams // nil: refused
	}{
		{"by an id", `{"documentId":"a"}`, &graphql.RawParams{Extensions: named("a")}},
		{"by an id, as Relay does", `{"doc_id":"a"}`, &graphql.RawParams{Extensions: named("a")}},
		{"by an id, with everything", `{"documentId":"a","query":null,"operationName":"A","variables":{"v":"1"},"extensions":{"e":true}}`, &graphql.RawParams{
			OperationName: "A", Variables: object{"v": "1"}, Extensions: object{"e": true, "documentId": persisted.DocumentID("a")},
		}},
		{"by an id, and a blank query", `{"documentId":"a","query":" \n"}`, &graphql.RawParams{Extensions: named("a")}},
		{"by a hash", `{"extensions":{"persistedQuery":"x"}}`, &graphql.RawParams{Extensions: object{"persistedQuery": "x"}}},
		{"by a hash, with its query", `{"query":"{ok}","extensions":{"persistedQuery":"x"}}`, &graphql.RawParams{Query: "{ok}", Extensions: object{"persistedQuery": "x"}}},
		{"by what looks like an id and is none", `{"query":"{ok}","extensions":{"documentId":"a"}}`, &graphql.RawParams{Query: "{ok}", Extensions: object{}}},
		{"by nulls", `{"documentId":null,"doc_id":null,"extensions":{"persistedQuery":null}}`, nil},
		{"by empty ids", `{"documentId":"","doc_id":""}`, nil},
		{"by a forged id", `{"extensions":{"documentId":"a"}}`, nil},
		{"by a number", `{"documentId":5}`, nil},
		{"by a list", `{"doc_id":["a"]}`, nil},
		{"twice", `{"documentId":"a","doc_id":"a"}`, nil},
		{"beside a query", `{"documentId":"a","query":"{ok}"}`, nil},
		{"beside a query, as Relay does", `{"doc_id":"a","query":"{ok}"}`, nil},
		{"by `id`, which could be anything", `{"id":"a"}`, nil},
		{"in capitals", `{"DOCUMENTID":"a"}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &executor{}
			w := post(e, tt.body)
			if tt.want == nil {
				wantRefusal(t, e, w, http.StatusBadRequest)
				return
			}
			if e.params == nil {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			got := *e.params
			got.Headers = nil
			if !reflect.DeepEqual(&got, tt.want) {
				t.Errorf("read as %#v, want %#v", got, *tt.want)
			}
		})
	}
	for _, tt := range []struct {
		parameters url.Values
		want       *graphql.RawParams
	}{
		{url.Values{"documentId": {"sha256:a b"}, "operationName": {"A"}}, &graphql.RawParams{OperationName: "A", Extensions: named("sha256:a b")}},
		{url.Values{"doc_id": {"a"}, "query": {" "}}, &graphql.RawParams{Extensions: named("a")}},
		{url.Values{"extensions": {`{"persistedQuery":"x"}`}}, &graphql.RawParams{Extensions: object{"persistedQuery": "x"}}},
		{url.Values{"documentId": {"a", "a"}}, nil},
		{url.Values{"documentId": {"a"}, "doc_id": {"a"}}, nil},
		{url.Values{"documentId": {"a"}, "query": {"{ok}"}}, nil},
		{url.Values{"documentId": {"\xff"}}, nil},
		{url.Values{"documentId": {""}}, nil},
		{url.Values{"id": {"a"}}, nil},
	} {
		e := &executor{}
		w := httptest.NewRecorder()
		serving(e).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/graphql?"+tt.parameters.Encode(), nil))
		if tt.want == nil {
			wantRefusal(t, e, w, http.StatusBadRequest)
			continue
		}
		if e.params == nil {
			t.Errorf("%v: status %d: %s", tt.parameters, w.Code, w.Body)
			continue
		}
		got := *e.params
		got.Headers = nil
		if !reflect.DeepEqual(&got, tt.want) {
			t.Errorf("%v: read as %#v, want %#v", tt.parameters, got, *tt.want)
		}
	}
}
