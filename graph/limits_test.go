package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	a := newAPI(t)
	exceeded := []string{`"code":"OPERATION_LIMIT_EXCEEDED"`}
	answered := []string{`"data":{`}
	for _, tt := range []struct {
		name, query string
		variables   map[string]any
		want        []string
	}{
		{"the largest page with its relations", `{ products(first: 100) { edges { node { category { name parent { name } } } } } }`, nil, answered},
		{"a tree that is searched up and down", `{ categories { nodes { children { parent { children { parent { name } } } } } } }`, nil, exceeded},
		{"the page size in a variable", `query($n: Int) { categories(first: $n) { nodes { children { name } } } }`, map[string]any{"n": 100}, exceeded},
		{"a small page in a variable", `query($n: Int) { categories(first: $n) { nodes { children { name } } } }`, map[string]any{"n": 2}, answered},
		{"the page size by default", `query($n: Int = 100) { categories(first: $n) { nodes { children { name } } } }`, nil, exceeded},
		{"many pages under aliases", "{" + times(6, func(i int) string {
			return fmt.Sprintf(" p%d: products(first: 100) { nodes { category { name } } }", i)
		}) + "}", nil, exceeded},
		{"twelve deep", `{ category(by: {slug: "x"}) ` + strings.Repeat("{ parent ", 10) + "{ name }" + strings.Repeat("}", 10) + "}", nil, answered},
		{"thirteen deep", `{ category(by: {slug: "x"}) ` + strings.Repeat("{ parent ", 11) + "{ name }" + strings.Repeat("}", 11) + "}", nil, exceeded},
		{"deep through fragments", `{ category(by: {slug: "x"}) { ...A } } fragment A on Category { parent { parent { parent { parent { parent { ...B } } } } } } ` +
			`fragment B on Category { parent { parent { parent { parent { parent { parent { name } } } } } } }`, nil, exceeded},
		{"two credentials under aliases", `mutation { a: tokenVerify(token: "x") { isValid } b: tokenVerify(token: "y") { isValid } }`, nil, exceeded},
		{"two credentials through a fragment", `mutation { tokenVerify(token: "x") { isValid } ...F } fragment F on Mutation { tokenRevoke(refresh: "y") { revoked } }`, nil, exceeded},
		{"a credential and something else", `mutation { tokenVerify(token: "x") { isValid } productDelete(id: 1) { deletedId } }`, nil, answered},
		{"more tokens than are read", "{" + strings.Repeat(" __typename", 2100) + "}", nil, exceeded},
		{"introspection", `{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name ofType { name } } } } } } } } }`, nil, answered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reply := a.ask(tt.query, tt.variables, "")
			for _, want := range tt.want {
				if !strings.Contains(reply, want) {
					t.Errorf("%s\nwant %s", cut(reply), want)
				}
			}
		})
	}
}

// TestFragmentsAreMeasuredOnce would not end were each spread measured anew: there are 2^30 of them, and
// as many objects by the estimate.
func TestFragmentsAreMeasuredOnce(t *testing.T) {
	a := newAPI(t)
	var query strings.Builder
	query.WriteString(`{ category(by: {slug: "x"}) { ...F0 } }`)
	for i := range 30 {
		_, _ = fmt.Fprintf(&query, " fragment F%d on Category { a%d: parent { name } ...F%d ...F%d }", i, i, i+1, i+1)
	}
	query.WriteString(" fragment F30 on Category { name }")
	if reply := a.ask(query.String(), nil, ""); !strings.Contains(reply, "OPERATION_LIMIT_EXCEEDED") {
		t.Error(cut(reply))
	}
}

func times(n int, f func(int) string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(f(i))
	}
	return all.String()
}

func cut(reply string) string {
	if len(reply) > 600 {
		return reply[:600] + "…"
	}
	return reply
}
