package graph_test

import (
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/graph"
)

// TestNothingIsSuggestedWithoutIntrospection misspells a name of each kind. With introspection the right one is suggested;
// without it that would tell the schema, name by name.
func TestNothingIsSuggestedWithoutIntrospection(t *testing.T) {
	open := newAPI(t)
	closed := newAPI(t, func(s *graph.Settings) { s.Introspection = false })
	for kind, tt := range map[string]struct {
		query     string
		variables map[string]any
		hint      string // what is said with introspection, and not without
	}{
		"a field":                              {query: `{ productz { totalCount } }`, hint: `"product" or "products"`},
		"a field of another type":              {query: `{ node(id: 1) { stock } }`, hint: `"Product"`},
		"a field without a selection":          {query: `{ me }`, hint: `"me { ... }"`},
		"a field within":                       {query: `{ me { usernam } }`, hint: `"username"`},
		"an argument":                          {query: `{ products(fist: 1) { totalCount } }`, hint: `"first"`},
		"an argument of a directive":           {query: `{ __typename @include(iff: true) }`, hint: `"if"`},
		"a type of a fragment":                 {query: `{ node(id: 1) { ... on Produkt { id } } }`},
		"a type of a fragment definition":      {query: `{ node(id: 1) { ...F } } fragment F on Produkt { id }`},
		"a type of a variable":                 {query: `query ($b: ProductBye!) { product(by: $b) { id } }`},
		"an enum's value":                      {query: `{ products(orderBy: [{field: NAMES}]) { totalCount } }`, hint: `"NAME"`},
		"an enum's value as a string":          {query: `{ products(orderBy: [{field: "NAME"}]) { totalCount } }`},
		"an enum's value for something else":   {query: `{ products(search: NAME) { totalCount } }`},
		"an input field":                       {query: `{ product(by: {slag: "x"}) { id } }`, hint: `"slug"`},
		"an input field within":                {query: `{ products(where: {and: [{stok: {eq: 1}}]}) { totalCount } }`, hint: `"stock"`},
		"a field of a mutation":                {query: `mutation { tokenObtane(username: "a", password: "b") { access } }`, hint: `"tokenObtain"`},
		"a field of a subscription":            {query: `subscription { productChange { kind } }`, hint: `"productChanged"`},
		"a directive":                          {query: `{ __typename @inklude(if: true) }`},
		"an enum's value in a variable":        {query: `query ($o: [ProductOrder!]) { products(orderBy: $o) { totalCount } }`, variables: map[string]any{"o": map[string]any{"field": "NAMES"}}},
		"an input field in a variable":         {query: `query ($w: ProductWhere) { products(where: $w) { totalCount } }`, variables: map[string]any{"w": map[string]any{"stok": 1}}},
		"an enum's value in a default":         {query: `query ($f: ProductOrderField! = NAMES) { products(orderBy: [{field: $f}]) { totalCount } }`, hint: `"NAME"`},
		"an input field in a default":          {query: `query ($b: ProductBy! = {slag: "x"}) { product(by: $b) { id } }`, hint: `"slug"`},
		"an argument of a field of a fragment": {query: `{ ...F } fragment F on Query { products(fist: 1) { totalCount } }`, hint: `"first"`},
	} {
		said := open.ask(tt.query, tt.variables, "")
		if hint := strings.ReplaceAll(tt.hint, `"`, `\"`); !strings.Contains(said, "GRAPHQL_VALIDATION_FAILED") || !strings.Contains(said, hint) {
			t.Errorf("%s, with introspection: %s", kind, cut(said))
		} else if tt.hint != "" && !strings.Contains(said, "Did you mean") {
			t.Errorf("%s, with introspection: nothing is suggested: %s", kind, cut(said))
		}
		said = closed.ask(tt.query, tt.variables, "")
		if !strings.Contains(said, "GRAPHQL_VALIDATION_FAILED") || strings.Contains(said, "Did you mean") {
			t.Errorf("%s, without introspection: %s", kind, cut(said))
		}
	}
}

// TestLongNamesAreNotCompared misspells names at a length that would take a while to compare with all others.
func TestLongNamesAreNotCompared(t *testing.T) {
	a := newAPI(t)
	long := strings.Repeat("name", 51)
	for _, query := range []string{
		`{ ` + long + ` }`,
		`{ products(` + long + `: 1) { totalCount } }`,
		`{ ... on ` + long + ` { id } }`,
		`{ products(orderBy: [{field: "` + long + `"}]) { totalCount } }`,
		`{ productz ` + long + ` }`,
	} {
		if said := a.ask(query, nil, ""); !strings.Contains(said, "GRAPHQL_VALIDATION_FAILED") || strings.Contains(said, "Did you mean") {
			t.Error(cut(said))
		}
	}
	// A comment is not compared with anything.
	if said := a.ask("# "+strings.Repeat("x", 1000)+"\n{ productz { totalCount } }", nil, ""); !strings.Contains(said, "Did you mean") {
		t.Error(cut(said))
	}
}
