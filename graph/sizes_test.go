package graph_test

import (
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// TestSelectsWhateverTheSize asks the same of a shop of a few categories and of one of hundreds, with children, products and
// users to match: it takes as many SELECTs, and no more than were promised.
func TestSelectsWhateverTheSize(t *testing.T) {
	a := newAPI(t)
	root, ada := a.staff("root"), a.signIn("ada")
	promises := []struct {
		name, query, bearer string
		most                int
	}{
		{"products with their categories", `{ products { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { name price category { name } } } } }`, "", 3},
		{"a hundred of them", `{ products(first: 100) { totalCount nodes { name category { name } } } }`, "", 3},
		{"the last of them", `{ products(last: 100, orderBy: {field: PRICE}) { totalCount nodes { name category { name } } } }`, "", 3},
		{"categories", `{ categories { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { name slug } } } }`, "", 3},
		{"a hundred of them", `{ categories(first: 100) { totalCount nodes { name parent { name } } } }`, "", 3},
		{"those with the most products", `{ categories(first: 100, orderBy: {field: PRODUCT_COUNT, direction: DESC}) { totalCount nodes { name } } }`, "", 3},
		{"users", `{ users { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { username email } } } }`, root, 3},
		{"a hundred of them", `{ users(first: 100, search: "e") { totalCount nodes { username email } } }`, root, 3},
		{"categories and what is around them", `{ categories { nodes { products(first: 5) { nodes { name } } children { name } parent { name } } } }`, "", 6},
		{"for a viewer", `{ categories { nodes { products(first: 5) { nodes { name } } children { name } parent { name } } } }`, ada, 6},
		{"as many as may be asked for", `{ categories(first: 35) { nodes { products(first: 5) { nodes { name } } children { name } parent { name } } } }`, ada, 6},
	}
	taken := make([]int, len(promises))
	for size, fill := range []int{2, 250} {
		databasetest.Fill(t, a.db, fill)
		for i, tt := range promises {
			reply := a.ask(tt.query, nil, tt.bearer)
			if strings.Contains(reply, `"errors"`) {
				t.Fatal(reply)
			}
			ran := a.selects()
			if len(ran) > tt.most || size > 0 && len(ran) != taken[i] {
				t.Errorf("%s: %d SELECTs with %d categories more, and %d before; want as many, and at most %d:\n%s",
					tt.name, len(ran), fill, taken[i], tt.most, strings.Join(ran, "\n"))
			}
			taken[i] = len(ran)
		}
	}
}
