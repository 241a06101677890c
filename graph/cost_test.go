package graph_test

import (
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/graph"
)

const limits = `"limits":{"tokens":2000,"depth":12,"aliases":15,"directives":10,"rootFields":20,"credentialMutations":1,"complexity":1000}`

// TestCost asks what operations cost, in every way there is.
func TestCost(t *testing.T) {
	e := newAPI(t).serve()
	asking := map[string]any{"cost": true}
	for way, ask := range e.ways() {
		for _, tt := range []struct {
			request   request
			requested string
		}{
			{request{"query": "{ __typename }"}, `"tokens":3,"depth":0,"aliases":0,"directives":0,"rootFields":1,"credentialMutations":0,"complexity":0`},
			{
				request{"query": "query ($n: Int) { a: products(first: $n) { nodes { name } } ...F @include(if: true) } fragment F on Query { products { totalCount } }", "variables": map[string]any{"n": 5}},
				`"tokens":43,"depth":3,"aliases":1,"directives":1,"rootFields":2,"credentialMutations":0,"complexity":7`,
			},
			{ // of several operations only the one that is executed
				request{"query": "query A { me { id } } query B { products(first: 0) { totalCount } }", "operationName": "A"},
				`"tokens":21,"depth":2,"aliases":0,"directives":0,"rootFields":1,"credentialMutations":0,"complexity":1`,
			},
		} {
			tt.request["extensions"] = asking
			reply := ask(tt.request)
			if want := `"extensions":{"cost":{` + limits + `,"requested":{` + tt.requested + `}}}}`; !strings.HasSuffix(reply, want) || !strings.Contains(reply, `"data":`) {
				t.Errorf("%s, %s: %s\nwant %s", way, tt.request["query"], reply, want)
			}
		}
		if reply := ask(request{"query": "{ __typename }", "extensions": map[string]any{"cost": false}}); reply != `{"data":{"__typename":"Query"}}` {
			t.Errorf("%s: %s", way, reply)
		}
		if reply := ask(request{"query": "{ __typename }", "extensions": map[string]any{"cost": "yes"}}); reply != `{"errors":[{"message":"extensions.cost is true or false.","extensions":{"code":"BAD_USER_INPUT"}}]}` {
			t.Errorf("%s: %s", way, reply)
		}
	}
	if reply := e.post(request{"query": `mutation { tokenVerify(token: "x") { isValid } }`, "extensions": asking}); !strings.Contains(reply, `"credentialMutations":1,"complexity":1}`) {
		t.Error(reply)
	}
}

// TestCostOfWhatIsRefused asks for it where it matters most. What is not known is not told.
func TestCostOfWhatIsRefused(t *testing.T) {
	e := newAPI(t, func(s *graph.Settings) {
		s.Limits = graph.DefaultLimits()
		s.Limits.Complexity = 100
	}).serve()
	for _, ask := range []func(request) string{e.post, e.get, e.events} {
		reply := ask(request{"query": "{ categories(first: 50) { nodes { children { id } } } }", "extensions": map[string]any{"cost": true}})
		if !strings.Contains(reply, `"limit":{"name":"complexity","max":100}`) || !strings.Contains(reply, `"complexity":1051}`) || !strings.Contains(reply, `"complexity":100}`) {
			t.Error(reply)
		}
	}
	reply := e.post(request{"query": "{" + strings.Repeat(" __typename", 2000) + "}", "extensions": map[string]any{"cost": true}})
	if reply != `{"errors":[{"message":"The document has more than 2000 tokens.","extensions":{"code":"OPERATION_LIMIT_EXCEEDED","limit":{"name":"tokens","max":2000}}}]}` {
		t.Error(reply)
	}
}
