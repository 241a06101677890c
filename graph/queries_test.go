package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestSelects holds what a request may cost: SELECTs depend on the relations asked for, never on the rows.
func TestSelects(t *testing.T) {
	a := newAPI(t)
	ada := a.signIn("ada")
	root := a.staff("root")
	for i := range 20 {
		a.signIn(fmt.Sprint("user", i))
	}
	for _, tt := range []struct {
		name, query, bearer string
		most                int
	}{
		{"products, categories and parents", `{ products(first: %d) { nodes { category { name parent { name } } } } }`, "", 3},
		{"with the count", `{ products(first: %d) { totalCount nodes { category { name parent { name } } } } }`, "", 4},
		{"through edges too", `{ products(first: %d) { edges { node { category { name } } } nodes { name } } }`, "", 2},
		{"by fragment", `{ products(first: %d) { ...P } } fragment P on ProductConnection { nodes { ... on Node { ... on Product { category { name } } } } }`, "", 2},
		{"nothing but the count", `{ products(first: %d) { totalCount } }`, "", 1},
		{"nothing at all", `{ products(first: %d) { __typename } }`, "", 0},
		{"a skipped relation", `{ products(first: %d) { nodes { name category @skip(if: true) { name } } } }`, "", 1},
		{"categories", `{ categories(first: %d) { nodes { name parent { name } children { name } } } }`, "", 3},
		{"ancestors", `{ categories(first: %d) { nodes { ancestors { name } } } }`, "", 2},
		{"owners, for a viewer", `{ products(first: %d) { nodes { owner { username } viewerCanEdit } } }`, ada, 3},
		{"the viewer, once", `{ a: me { id } b: me { id } products(first: %d) { nodes { viewerCanEdit } } }`, ada, 2},
		{"audit events and their users, for staff", `{ auditEvents(first: %d) { totalCount nodes { kind actor { username } subject { email } } } }`, root, 4},
		{"audit events through edges", `{ auditEvents(first: %d) { edges { cursor node { ... on Node { ... on AuditEvent { actor { id } } } } } } }`, root, 3},
		{"audit events by themselves", `{ auditEvents(first: %d) { nodes { kind sessionId } } }`, root, 2},
		{"a viewer nobody asked about", `{ categories(first: %d) { nodes { name } } }`, ada, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 40} {
				reply := a.ask(fmt.Sprintf(tt.query, size), nil, tt.bearer)
				if strings.Contains(reply, `"errors"`) {
					t.Fatal(reply)
				}
				if ran := a.selects(); len(ran) > tt.most {
					t.Errorf("first: %d ran %d SELECTs, want at most %d:\n%s", size, len(ran), tt.most, strings.Join(ran, "\n"))
				}
			}
		})
	}
}
