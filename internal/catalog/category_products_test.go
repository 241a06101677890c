package catalog_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

// forest fills a world with n products on the shelves of stock, which it arranges in a tree: 0 above 1 and 2, 2 above 3;
// 4 stands alone, and a sixth is empty. It answers the products, and which shelves are at or below which.
func (w *world) forest(t testing.TB, n int) (all []*ent.Product, below map[int64][]int64) {
	t.Helper()
	all = w.stock(t, n)
	shelves, err := w.db.Read.Category.Query().Order(category.ByID()).IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, func(tx *ent.Tx) error {
		for child, parent := range map[int]int{1: 0, 2: 0, 3: 2} {
			if err := tx.Category.UpdateOneID(shelves[child]).SetParentID(shelves[parent]).Exec(t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
	shelves = append(shelves, w.shelf(t, "Empty", shelves[1]).ID)
	below = make(map[int64][]int64)
	for i, at := range map[int][]int{0: {0, 1, 2, 3, 5}, 1: {1, 5}, 2: {2, 3}, 3: {3}, 4: {4}, 5: {5}} {
		for _, j := range at {
			below[shelves[i]] = append(below[shelves[i]], shelves[j])
		}
	}
	w.ran.take()
	return all, below
}

// inEach are the products of each of the categories, which are loaded together.
func (w *world) inEach(ctx context.Context, t testing.TB, ids []int64, in catalog.ProductsBelow) (map[int64]*catalog.ProductConnection, error) {
	t.Helper()
	rows, err := w.CategoriesByID(ctx, ids, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[int64]*catalog.ProductConnection, len(rows))
	for id, row := range rows {
		if found[id], err = w.ProductsIn(ctx, row, in); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// productsIn is the list of one category's products, found beside those of all the others.
func (w *world) productsIn(ctx context.Context, t testing.TB, of int64, beside []int64, in catalog.ProductsBelow) pagetest.List[*ent.Product] {
	return func(args page.Args, selected page.Fields) (*catalog.ProductConnection, error) {
		in.Args, in.Selected = args, selected
		found, err := w.inEach(ctx, t, beside, in)
		return found[of], err
	}
}

// The page-walk law holds for the products of each category, however many are asked for theirs at once.
func TestNestedWalks(t *testing.T) {
	w := build(t)
	all, below := w.forest(t, 160)
	shelves := slices.Sorted(maps.Keys(below))
	for i, list := range walks() {
		viewer := []auth.Viewer{{}, w.ada, w.root}[i%3]
		for _, deep := range []bool{false, true} {
			for _, backward := range []bool{false, true} {
				for _, size := range []int{7, 100} {
					t.Run(fmt.Sprintf("%s/deep %v/by %d/%s", list, deep, size, pagetest.Direction(backward)), func(t *testing.T) {
						t.Parallel()
						for _, shelf := range shelves {
							want := modelOf(all).listed(wordsOf(list.search), func(p *ent.Product) bool {
								return maySee(viewer, p) && (p.CategoryID == shelf || deep && slices.Contains(below[shelf], p.CategoryID))
							}, byProduct(list.order...))
							in := catalog.ProductsBelow{Search: list.search, IncludeDescendants: deep, OrderBy: byProduct(list.order...)}
							pagetest.Walk(t, w.productsIn(as(t, viewer), t, shelf, shelves, in), productID, products(want), size, backward)
						}
					})
				}
			}
		}
	}
}

// While products come, go, change and move from shelf to shelf, a walk through each category meets every one that
// stays in it and keeps its sort key, once, in order.
func TestNestedWalksWhileTheListChanges(t *testing.T) {
	for _, deep := range []bool{false, true} {
		for i, list := range walks() {
			backward := (i%2 == 0) == deep
			t.Run(fmt.Sprintf("%s/deep %v/%s", list, deep, pagetest.Direction(backward)), func(t *testing.T) {
				t.Parallel()
				w := build(t)
				all, below := w.forest(t, 200)
				shelves := slices.Sorted(maps.Keys(below))
				moved := make(map[int64]bool)
				step, settled := 0, 0 // of all walks together, as they disturb one catalogue
				for _, shelf := range shelves {
					in := catalog.ProductsBelow{Search: list.search, IncludeDescendants: deep, OrderBy: byProduct(list.order...)}
					before := w.snapshot(t)
					pagetest.WalkDisturbed(t, w.productsIn(as(t, w.root), t, shelf, shelves, in), productID, 9, backward,
						func(_ int, seen []int64) {
							w.disturb(t, step, all, seen)
							w.reshelve(t, all[(step*17+3)%len(all)].ID, shelves[step%len(shelves)], moved)
							w.reshelve(t, all[(step*19+8)%len(all)].ID, shelf, moved)
							step++
						},
						func() []*ent.Product {
							there := w.settled(t, before, list, func(p *ent.Product) bool {
								return p.CategoryID == shelf || deep && slices.Contains(below[shelf], p.CategoryID)
							})
							settled += len(there)
							return there
						})
				}
				if settled < 40 || step < 10 {
					t.Errorf("only %d products are settled, in %d steps", settled, step)
				}
			})
		}
	}
}

// reshelve moves a product to a shelf, if it is still there, but none twice: what is back again was away.
func (w *world) reshelve(t testing.TB, id, shelf int64, moved map[int64]bool) {
	t.Helper()
	if moved[id] {
		return
	}
	moved[id] = true
	w.write(t, func(tx *ent.Tx) error {
		return tx.Product.Update().Where(product.ID(id)).SetCategoryID(shelf).Exec(t.Context())
	})
}

// A page of categories costs one SELECT for the products of all of them, one for their counts and one for each
// relation; and what is not selected costs nothing.
func TestSelectsOfNestedLists(t *testing.T) {
	w := build(t)
	w.db.Editions.Hears(false) // or else counts were kept
	w.forest(t, 200)
	for _, tt := range []struct {
		selection string
		args      page.Args
		want      int
	}{
		{"", page.Args{}, 0},
		{"totalCount", page.Args{}, 1},
		{"nodes edges pageInfo", page.Args{}, 1},
		{"pageInfo", page.Args{First: new(0)}, 1},
		{"nodes totalCount", page.Args{First: new(0)}, 1},
		{"nodes{category} totalCount", page.Args{First: new(100)}, 3},
		{"nodes{category owner} edges{node{category{parent}}} totalCount", page.Args{Last: new(5)}, 5},
		{"nodes{category{ancestors}}", page.Args{Offset: new(2)}, 3},
	} {
		for _, deep := range []bool{false, true} {
			ctx := anonymous(t)
			categories, err := w.Categories(ctx, page.Args{}, nil, nil, fields("nodes{children parent}"))
			if err != nil {
				t.Fatal(err)
			}
			w.ran.take()
			in := catalog.ProductsBelow{Place: "x", Args: tt.args, IncludeDescendants: deep, Selected: fields(tt.selection)}
			ask := func(rows ...*ent.Category) (n int) {
				for _, row := range rows {
					if _, err := w.ProductsIn(ctx, row, in); err != nil {
						t.Fatal(err)
					}
				}
				return len(w.ran.selects())
			}
			var parents, children []*ent.Category
			for _, row := range categories.Nodes {
				if row.Edges.Parent != nil {
					parents = append(parents, row.Edges.Parent)
				}
				children = append(children, row.Edges.Children...)
			}
			for name, rows := range map[string][]*ent.Category{"nodes": categories.Nodes, "parents": parents, "children": children} {
				if n := ask(rows...); n != tt.want || len(rows) < 3 {
					t.Errorf("%s{products{%s}}, deep %v: %d SELECTs for %d categories, want %d", name, tt.selection, deep, n, len(rows), tt.want)
				}
				if n := ask(rows...); n != 0 {
					t.Errorf("%s{products{%s}}, deep %v: %d SELECTs when asked again", name, tt.selection, deep, n)
				}
			}
			in.Place = "y"
			if n := ask(categories.Nodes...); n != tt.want {
				t.Errorf("{products{%s}}: %d SELECTs for another place, want %d", tt.selection, n, tt.want)
			}
		}
	}
}

// Different places ask for different things of the same categories, and each gets its own.
func TestPlacesAreKeptApart(t *testing.T) {
	w := build(t)
	_, below := w.forest(t, 60)
	shelves := slices.Sorted(maps.Keys(below))
	rows, err := w.CategoriesByID(anonymous(t), shelves, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 3, 2} {
		got, err := w.ProductsIn(anonymous(t), rows[shelves[0]], catalog.ProductsBelow{
			Place: fmt.Sprint("first", size), Args: page.Args{First: &size}, Selected: fields("nodes"),
		})
		if err != nil || len(got.Nodes) != size {
			t.Errorf("%v, %v; want %d rows", got, err, size)
		}
	}
}

// What is wrong with the arguments is told to every category that is asked, and nothing is read.
func TestNestedMistakes(t *testing.T) {
	w := build(t)
	_, below := w.forest(t, 20)
	rows, err := w.CategoriesByID(anonymous(t), slices.Sorted(maps.Keys(below)), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.ran.take()
	for place, in := range map[string]catalog.ProductsBelow{
		"a": {Args: page.Args{First: new(101)}},
		"b": {Args: page.Args{After: new("x")}},
		"c": {Args: page.Args{After: cursorOf(`["product PRICE",1,1]`)}},
		"d": {Where: &where{IDs: make([]int64, 101)}},
		"e": {Where: &where{IncludeDescendants: new(true)}, IncludeDescendants: true},
	} {
		in.Place, in.Selected = place, fields("nodes totalCount")
		for _, row := range rows {
			got, err := w.ProductsIn(anonymous(t), row, in)
			if fault.CodeOf(err) != fault.BadUserInput || got != nil {
				t.Errorf("%s: %v, %v; want BAD_USER_INPUT", place, got, err)
			}
		}
	}
	if ran := w.ran.take(); len(ran) > 0 {
		t.Errorf("ran %q", ran)
	}
	if _, err := w.ProductsIn(anonymous(t), &ent.Category{ID: 1}, catalog.ProductsBelow{}); fault.CodeOf(err) != fault.Internal {
		t.Errorf("a category that was not loaded: %v", err)
	}
}

// SQLite takes 500 SELECTs in one statement and some 32,000 values: more categories, and the largest filters, take
// several statements, and nobody notices.
func TestManyCategoriesAndLargeFilters(t *testing.T) {
	w := build(t)
	const n = 230
	var shelves []int64
	w.write(t, func(tx *ent.Tx) error {
		for i := range n {
			name := fmt.Sprintf("Shelf %03d", i)
			row, err := tx.Category.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprint("s", i)).
				SetCreatedAt(noon).SetUpdatedAt(noon).Save(t.Context())
			if err != nil {
				return err
			}
			shelves = append(shelves, row.ID)
			for j := range 3 {
				if err := tx.Product.Create().SetName("p").SetNameKey("p").SetSlug(fmt.Sprintf("p-%d-%d", i, j)).SetPrice(1).
					SetStock(j).SetCategoryID(row.ID).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(t.Context()); err != nil {
					return err
				}
			}
		}
		return nil
	})
	// As many conditions as there may be; each text is two values.
	texts := make([]string, 100)
	for i := range texts {
		texts[i] = fmt.Sprint("no such name ", i)
	}
	large := &where{Not: &where{Or: slices.Repeat([]*where{{Name: &text{In: texts}}}, 9)}, Stock: &ints{Lt: new(2)}}
	// SQLite takes so many SELECTs only without a WITH: there must be no more than some 750 of those that walk down the tree.
	walking := func(n int) *where {
		f := &where{Or: []*where{{Name: &text{Eq: new("p")}}}}
		for i := range n {
			f.Or = append(f.Or, &where{CategorySlug: new(fmt.Sprint("s", i)), IncludeDescendants: new(true)})
		}
		return f
	}
	for _, deep := range []bool{false, true} {
		for name, tt := range map[string]struct {
			where      *where
			rows, most int
			categories []int64
		}{
			"101 categories, a filter that walks once":             {walking(1), 3, 2, shelves[:101]},
			"101 categories, a filter that walks 20 times":         {walking(20), 3, 11, shelves[:101]},
			"101 categories, a filter that walks 80 times":         {walking(80), 3, 51, shelves[:101]},
			"one category, a filter that walks as often as may be": {walking(90), 3, 1, shelves[:1]},
			"100 categories":                  {nil, 3, 1, shelves[:100]},
			"230 categories":                  {nil, 3, 3, shelves},
			"230 categories, a large filter":  {large, 2, 115, shelves},
			"one category and a large filter": {large, 2, 1, shelves[:1]},
		} {
			w.ran.take()
			found, err := w.inEach(anonymous(t), t, tt.categories, catalog.ProductsBelow{
				Args: page.Args{First: new(5)}, IncludeDescendants: deep, Where: tt.where, Selected: fields("nodes totalCount pageInfo"),
			})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, got := range found {
				if len(got.Nodes) != tt.rows || got.TotalCount != tt.rows || got.PageInfo.HasNextPage {
					t.Errorf("%s: %d rows of %d", name, len(got.Nodes), got.TotalCount)
				}
			}
			if ran := len(w.ran.selects()) - 2; ran > tt.most { // but for the categories and the counts
				t.Errorf("%s, deep %v: %d SELECTs, want %d", name, deep, ran, tt.most)
			}
		}
	}
}

// Each list of a page of categories is found by an index, and left when it has its rows.
func TestNestedPlans(t *testing.T) {
	ran := new(statements)
	db, raw := open(t, databasetest.Trace(ran.trace))
	c := catalog.New(db, catalog.NewLocalFeed(), (&clock{time: noon}).now)
	var shelves []int64
	for i := range 3 {
		row, err := c.CreateCategory(anonymous(t), catalog.NewCategory{Name: fmt.Sprint("Shelf ", i)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		shelves = append(shelves, row.ID)
	}
	for _, tt := range []struct {
		name string
		in   catalog.ProductsBelow
		want string
	}{
		{"rows", catalog.ProductsBelow{Selected: fields("nodes")}, "SEARCH products USING COVERING INDEX product_category_id_name_key_id_is_published_owner_id (category_id=?)"},
		{
			"rows after",
			catalog.ProductsBelow{Selected: fields("nodes"), Args: page.Args{After: cursorOf(`["product NAME","x",5]`)}},
			"SEARCH products USING COVERING INDEX product_category_id_name_key_id_is_published_owner_id (category_id=? AND name_key>?)",
		},
		{"counts", catalog.ProductsBelow{Selected: fields("totalCount")}, "SEARCH products USING COVERING INDEX product_category_id_name_key_id_is_published_owner_id (category_id=?)"},
		{"rows below", catalog.ProductsBelow{Selected: fields("nodes"), IncludeDescendants: true}, "SEARCH c USING COVERING INDEX category_parent_id_name_key (parent_id=?)"},
		{"counts below", catalog.ProductsBelow{Selected: fields("totalCount"), IncludeDescendants: true}, "SEARCH c USING COVERING INDEX category_parent_id_name_key (parent_id=?)"},
	} {
		rows, err := c.CategoriesByID(anonymous(t), shelves, nil)
		if err != nil {
			t.Fatal(err)
		}
		ran.take()
		if _, err := c.ProductsIn(anonymous(t), rows[shelves[0]], tt.in); err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for _, query := range ran.selects() {
			if tt.in.Selected.Has("nodes") && (strings.Contains(query, "ROW_NUMBER") || strings.Count(query, "UNION ALL") != len(shelves)-1) {
				t.Errorf("%s: %s", tt.name, query)
			}
			plan.WriteString(explain(t, raw, query) + "\n")
		}
		if got := plan.String(); !strings.Contains(got, tt.want) || strings.Contains(got, "SCAN products") || strings.Contains(got, "SCAN categories") {
			t.Errorf("%s: want %q and no scan, but the plan is\n%s", tt.name, tt.want, got)
		}
	}
}

// A filter that means what is below a category finds that, too, by id and by slug.
func TestIncludeDescendants(t *testing.T) {
	w := build(t)
	ids := w.assortment(t)
	for _, tt := range []struct {
		name  string
		where *where
		want  string
	}{
		{"upper", &where{Category: new(ids["upper"]), IncludeDescendants: new(true)}, "abcdefg"},
		{"upper, but not", &where{Category: new(ids["upper"]), IncludeDescendants: new(false)}, "abc"},
		{"upper by slug", &where{CategorySlug: new("upper"), IncludeDescendants: new(true)}, "abcdefg"},
		{"lower", &where{Category: new(ids["lower"]), IncludeDescendants: new(true)}, "defg"},
		{"lower by slug", &where{CategorySlug: new("lower"), IncludeDescendants: new(true)}, "defg"},
		{"both", &where{Category: new(ids["upper"]), CategorySlug: new("lower"), IncludeDescendants: new(true)}, "defg"},
		{"neither there", &where{Category: new(int64(1)), IncludeDescendants: new(true)}, ""},
		{"no such slug", &where{CategorySlug: new("UPPER"), IncludeDescendants: new(true)}, ""},
		{"not", &where{Not: &where{CategorySlug: new("lower"), IncludeDescendants: new(true)}}, "abc"},
		{"or", &where{Or: []*where{{Category: new(ids["lower"]), IncludeDescendants: new(true)}, {Stock: &ints{Eq: new(2)}}}}, "cdefg"},
		{"false alone", &where{IncludeDescendants: new(false)}, "abcdefg"},
	} {
		if got := w.found(t, w.root, tt.where); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for name, bad := range map[string]*where{
		"alone":               {IncludeDescendants: new(true)},
		"beside the category": {Category: new(ids["upper"]), And: []*where{{IncludeDescendants: new(true)}}},
		"above it":            {IncludeDescendants: new(true), And: []*where{{Category: new(ids["upper"])}}},
	} {
		if _, err := w.Products(anonymous(t), page.Args{}, nil, bad, nil, fields("nodes")); fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("%s: %v, want BAD_USER_INPUT", name, err)
		}
	}
}

// A tree that somebody made a circle of behind the program's back is still walked to an end.
func TestACircleOfCategoriesEnds(t *testing.T) {
	w := build(t)
	ids := w.assortment(t)
	w.write(t, func(tx *ent.Tx) error {
		return tx.Category.UpdateOneID(ids["upper"]).SetParentID(ids["lower"]).Exec(t.Context())
	})
	if got := w.found(t, w.root, &where{CategorySlug: new("lower"), IncludeDescendants: new(true)}); got != "abcdefg" {
		t.Errorf("found %q", got)
	}
	found, err := w.inEach(as(t, w.root), t, []int64{ids["lower"]}, catalog.ProductsBelow{IncludeDescendants: true, Selected: fields("nodes totalCount")})
	if err != nil || found[ids["lower"]].TotalCount != 7 || len(found[ids["lower"]].Nodes) != 7 {
		t.Errorf("%v, %v", found, err)
	}
}
