package transport

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

var requests = []string{
	`{"query":"{ a }"}`, ` { "query" : "{ a }" , "variables" : { "a" : [ 1 , {"b":"}"} ] } } `, `{}`, `[]`, `null`, `"{}"`, `1`, ``, `{`, `{"query":"a"} x`,
	`{"query":"a","query":"b"}`, `{"query":"a","query":null}`, `{"query":1}`, `{"query":null}`, `{"Query":"a"}`, `{"\u0071uery":"a"}`,
	`{"query":"a\"b\\","operationName":"A\u0042"}`, `{"query":"a","variables":[]}`, `{"query":"a","variables":{"price":12.50,"id":12345678901234567890}}`,
	`{"query":"a","extensions":{"persistedQuery":{"version":1}}}`, `{"documentId":"a"}`, `{"doc_id":"a"}`, `{"doc_id":"a","documentId":"b"}`, `{"query":"a","doc_id":""}`,
	`{"query":"\ud83d"}`, `{"query":"\ud83d\ude42"}`, "{\"query\":\"\xff\"}", "{\"query\":\"a\nb\"}", `{"query":"","variables":null}`, `{"a":{"b":[]},"c":-1.5e3,"d":true,"query":"a"}`,
}

// bySlowWay reads a request with encoding/json alone, one member after another.
func bySlowWay(text []byte) (map[string]json.RawMessage, bool) {
	var members map[string]json.RawMessage
	return members, json.Unmarshal(text, &members) == nil && members != nil
}

func FuzzDecode(f *testing.F) {
	for _, text := range requests {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		params, refused := decode(bytes.Clone(text))
		all, isObject := bySlowWay(text)
		switch {
		case !isObject && (refused != notJSON && refused != notRequest):
			t.Fatalf("%q is no object, and was taken for %+v, %v", text, params, refused)
		case !isObject:
			return
		}
		found := map[string]json.RawMessage{}
		if !members(text, func(name, value []byte) {
			var meant string
			if err := json.Unmarshal(name, &meant); err != nil {
				t.Fatalf("%q is the name of a member: %v", name, err)
			}
			found[meant] = bytes.Clone(value)
		}) {
			t.Fatalf("%q was not taken for an object", text)
		}
		if !reflect.DeepEqual(found, all) {
			t.Fatalf("%q has %q, and by encoding/json %q", text, found, all)
		}
		if refused != nil {
			return
		}
		want := &graphql.RawParams{}
		for name, into := range map[string]any{partQuery: &want.Query, partOperationName: &want.OperationName, partVariables: &want.Variables} {
			if err := readMember(all[name], into); err != nil {
				t.Fatalf("%q was taken, but its %s is wrong: %v", text, name, err)
			}
		}
		if params.OperationName != want.OperationName || !reflect.DeepEqual(params.Variables, want.Variables) ||
			params.Query != want.Query && params.Query != "" { // one of blanks is none
			t.Errorf("%q was taken for %+v, want %+v", text, params, want)
		}
	})
}
