package graph_test

import (
	"encoding/json"
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
	a.grow(root)
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
		// The three lists with what is commonly selected of them; whoever is anonymous costs nothing, anybody else one more.
		{"the list of products", `{ products(first: %d) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { name price category { name slug } } } } }`, "", 3},
		{"the list of categories", `{ categories(first: %d) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { name slug parent { name } } } } }`, "", 3},
		{"the list of users", `{ users(first: %d, search: "e", orderBy: {field: LAST_LOGIN}) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { username email isActive lastLogin } } } }`, root, 3},

		{"categories and theirs", `{ categories(first: %d) { nodes { products(first: 5) { nodes { name } } children { name } parent { name } } } }`, "", 4},
		{"categories and theirs, for a viewer", `{ categories(first: %d) { totalCount nodes { products(first: 2) { nodes { name } } children { name } parent { name } } } }`, ada, 6},
		{"products of categories, counted", `{ categories(first: %d) { nodes { products(first: 2) { totalCount nodes { name owner { username } } } } } }`, "", 4},
		{"only counted", `{ categories(first: %d) { nodes { products { totalCount } } } }`, "", 2},
		{"two lists of them", `{ categories(first: %d) { nodes { a: products(first: 1) { nodes { name } } b: products(first: 1, orderBy: {field: PRICE}) { nodes { name } } } } }`, "", 3},
		{"through nodes and edges", `{ categories(first: %d) { nodes { products(first: 1) { nodes { name } } } edges { node { products(first: 2) { nodes { name } } } } } }`, "", 3},
		{"products of parents and children", `{ categories(first: %d) { nodes { parent { products(first: 1) { nodes { id } } } children { products(first: 0) { totalCount } } } } }`, "", 5},
		{"products of ancestors", `{ categories(first: %d) { nodes { ancestors { products(first: 0) { totalCount } } } } }`, "", 3},
		{"products of products' categories", `{ products(first: %d) { nodes { category { products(first: 2) { nodes { category { name } } } } } } }`, "", 4},
		{"what is below them", `{ categories(first: %d) { nodes { products(first: 2, includeDescendants: true) { totalCount nodes { name } } } } }`, "", 3},
		{"a viewer nobody asked about", `{ categories(first: %d) { nodes { name } } }`, ada, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 20} {
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

// grow adds categories to the demo's, each below the one before it or beside it, and products in each.
func (a *api) grow(staff string) {
	a.t.Helper()
	parent := ""
	for i := range 30 {
		input := map[string]any{"name": fmt.Sprintf("A%02d", i)}
		if i%10 > 0 {
			input["parent"] = parent
		}
		var made struct {
			Data struct {
				CategoryCreate struct{ Category struct{ ID string } }
			}
		}
		reply := a.ask(`mutation ($in: CategoryCreateInput!) { categoryCreate(input: $in) { category { id } } }`, map[string]any{"in": input}, staff)
		if err := json.Unmarshal([]byte(reply), &made); err != nil || made.Data.CategoryCreate.Category.ID == "" {
			a.t.Fatal(reply)
		}
		id := made.Data.CategoryCreate.Category.ID
		if i%10 == 0 || i%3 > 0 {
			parent = id
		}
		for j := range 4 {
			product := map[string]any{"name": fmt.Sprint("P", j), "price": "1", "category": id}
			if reply := a.ask(`mutation ($in: ProductCreateInput!) { productCreate(input: $in) { product { id } } }`,
				map[string]any{"in": product}, staff); strings.Contains(reply, `"errors"`) {
				a.t.Fatal(reply)
			}
		}
	}
}
