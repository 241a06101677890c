package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/graph"
)

func TestInternalErrorsAreLoggedAndNotShown(t *testing.T) {
	a := newAPI(t)
	if err := a.db.Read.Close(); err != nil { // any query fails from here on
		t.Fatal(err)
	}
	reply := a.ask(`{ a: products { totalCount } categories { totalCount } }`, nil, "")
	var answer struct {
		Errors []struct {
			Message    string
			Path       []any
			Extensions map[string]string
		}
		Data map[string]any
	}
	if err := json.Unmarshal([]byte(reply), &answer); err != nil || len(answer.Errors) != 2 {
		t.Fatalf("%v: %s", err, reply)
	}
	if strings.Contains(reply, "sql") || strings.Contains(reply, "closed") {
		t.Errorf("the reply tells what is inside: %s", reply)
	}
	logged := a.log.String()
	for _, e := range answer.Errors {
		if e.Message != "Internal server error" || e.Extensions["code"] != "INTERNAL_SERVER_ERROR" || len(e.Path) == 0 {
			t.Errorf("%+v", e)
		}
		id := e.Extensions["requestId"]
		if id == "" || strings.Count(logged, id) != 2 { // one line for each of the two fields
			t.Errorf("request id %q, log:\n%s", id, logged)
		}
	}
}

func TestOneOf(t *testing.T) {
	a := newAPI(t)
	const byVariable = `query($by: ProductBy!) { product(by: $by) { name } }`
	for _, tt := range []struct {
		name, query string
		variables   map[string]any
		want        string
	}{
		{"one, literal", `{ product(by: {slug: "chai"}) { name } }`, nil, `"name":"Chai"`},
		{"none, literal", `{ product(by: {}) { name } }`, nil, "BAD_USER_INPUT"},
		{"two, literal", `{ product(by: {id: 1, slug: "chai"}) { name } }`, nil, "BAD_USER_INPUT"},
		{"null, literal", `{ product(by: {slug: null}) { name } }`, nil, "BAD_USER_INPUT"},
		{"one", byVariable, map[string]any{"by": map[string]any{"slug": "chai"}}, `"name":"Chai"`},
		{"none", byVariable, map[string]any{"by": map[string]any{}}, "BAD_USER_INPUT"},
		{"two", byVariable, map[string]any{"by": map[string]any{"id": "1", "slug": "chai"}}, "BAD_USER_INPUT"},
		{"one and a null", byVariable, map[string]any{"by": map[string]any{"id": nil, "slug": "chai"}}, "BAD_USER_INPUT"},
		{"a null", byVariable, map[string]any{"by": map[string]any{"slug": nil}}, "BAD_USER_INPUT"},
		{"a null within", `query($s: String) { product(by: {slug: $s}) { name } }`, map[string]any{"s": nil}, "GRAPHQL_VALIDATION_FAILED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if reply := a.ask(tt.query, tt.variables, ""); !strings.Contains(reply, tt.want) {
				t.Errorf("%s\nwant %s", cut(reply), tt.want)
			}
		})
	}
}

// TestEnumsInVariables sends enum values in the wrong case, which gqlparser takes for right and which would
// then quietly sort by something else.
func TestEnumsInVariables(t *testing.T) {
	a := newAPI(t)
	const query = `query($o: [ProductOrder!]) { products(first: 1, orderBy: $o) { nodes { name } } }`
	for _, tt := range []struct {
		order any
		want  string
	}{
		{map[string]any{"field": "PRICE", "direction": "DESC"}, `"Côte de Blaye"`},
		{[]any{map[string]any{"field": "PRICE", "direction": "DESC"}}, `"Côte de Blaye"`},
		{map[string]any{"field": "price", "direction": "DESC"}, "BAD_USER_INPUT"},
		{[]any{map[string]any{"field": "price"}}, "BAD_USER_INPUT"},
		{[]any{map[string]any{"field": "PRICE", "direction": "desc"}}, "BAD_USER_INPUT"},
	} {
		if reply := a.ask(query, map[string]any{"o": tt.order}, ""); !strings.Contains(reply, tt.want) {
			t.Errorf("%v: %s\nwant %s", tt.order, cut(reply), tt.want)
		}
	}
}

// TestMistakesQuoteNothing sends a password without its quotes, and a word of a hundred kilobytes.
func TestMistakesQuoteNothing(t *testing.T) {
	a := newAPI(t)
	for _, query := range []string{
		`mutation { tokenObtain(username: "a", password: hunter2secret) { access } }`,
		`mutation { tokenObtain(username: "a", password: 22222secret22222) { access } }`,
		`mutation { register(input: hunter2secret) { errors { code } } }`,
		strings.Repeat("secret", 20_000),
	} {
		if reply := a.ask(query, nil, ""); len(reply) > 600 || strings.Contains(reply, "hunter2secret") {
			t.Error(cut(reply))
		}
	}
}

// TestNumbersAreExact sends numbers in every way they can be sent: none may pass through a float.
func TestNumbersAreExact(t *testing.T) {
	a := newAPI(t)
	const count = `query($d: Decimal) { products(where: {price: {eq: $d}}) { totalCount } }`
	for _, tt := range []struct {
		name, query string
		variables   map[string]any
		want        string
	}{
		{"literal", `{ products(where: {price: {eq: 31.23}}) { totalCount } }`, nil, `"totalCount":1`},
		{"literal in a list of conditions", `{ products(where: {or: [{price: {eq: 31.23}}, {price: {eq: "4.500"}}]}) { totalCount } }`, nil, `"totalCount":1`},
		{"default of a variable", strings.Replace(count, "Decimal)", "Decimal = 31.23)", 1), nil, `"totalCount":1`},
		{"number", count, map[string]any{"d": json.Number("31.23")}, `"totalCount":1`},
		{"a hair more than the price", count, map[string]any{"d": json.Number("31.23000000000000001")}, `"totalCount":0`},
		{"literal, a hair more", `{ products(where: {price: {eq: 31.23000000000000001}}) { totalCount } }`, nil, `"totalCount":0`},
		{"exponent", count, map[string]any{"d": json.Number("3123e-2")}, "BAD_USER_INPUT"},
		{"literal exponent", `{ products(where: {price: {eq: 3123e-2}}) { totalCount } }`, nil, "BAD_USER_INPUT"},
		{"id as a number", `{ product(by: {id: 12884901889}) { name } }`, nil, `"name":"Chai"`},
		{"id as a number in a variable", `query($id: ID!) { product(by: {id: $id}) { name } }`, map[string]any{"id": 12884901889}, `"name":"Chai"`},
		{"a number beyond 64 bits", `{ products(first: 99999999999999999999) { totalCount } }`, nil, "GRAPHQL_VALIDATION_FAILED"},
		{"a number beyond 32 bits", `{ products(first: 4294967297) { totalCount } }`, nil, "BAD_USER_INPUT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the second time the document comes from the cache
				if reply := a.ask(tt.query, tt.variables, ""); !strings.Contains(reply, tt.want) {
					t.Errorf("%s\nwant %s", cut(reply), tt.want)
				}
			}
		})
	}
}

func TestIntrospectionCanBeTurnedOff(t *testing.T) {
	a := newAPI(t, func(s *graph.Settings) { s.Introspection = false })
	for _, query := range []string{
		`{ __schema { types { name } } }`,
		`{ ...F } fragment F on Query { x: __type(name: "Product") { name } }`,
	} {
		if reply := a.ask(query, nil, ""); !strings.Contains(reply, "GRAPHQL_VALIDATION_FAILED") || strings.Contains(reply, `"Product"`) {
			t.Error(cut(reply))
		}
	}
	if reply := a.ask(`{ produkts { totalCount } }`, nil, ""); strings.Contains(reply, "products") {
		t.Errorf("a suggestion tells of the schema: %s", reply)
	}
	if reply := a.ask(`{ __typename }`, nil, ""); !strings.Contains(reply, `"Query"`) {
		t.Error(reply)
	}
}
