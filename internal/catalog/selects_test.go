package catalog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// A list costs a few SELECTs, whatever the page size and whatever is selected of its rows.
func TestSelectsOfLists(t *testing.T) {
	w := build(t)
	w.db.Editions.Hears(false) // or else counts were kept
	chain := w.chainOf(t, "shelf", 5)
	for i := range 120 {
		w.offer(t, fmt.Sprint("product ", i), chain[i%len(chain)].ID)
	}
	products := func(selection string) func(page.Args) error {
		return func(args page.Args) error {
			_, err := w.Products(as(t, w.ada), args, nil, nil, nil, fields(selection))
			return err
		}
	}
	categories := func(selection string) func(page.Args) error {
		return func(args page.Args) error {
			_, err := w.Categories(as(t, w.ada), args, nil, nil, fields(selection))
			return err
		}
	}
	for _, tt := range []struct {
		name string
		list func(page.Args) error
		want int
	}{
		{"products: nothing", products(""), 0},
		{"products: totalCount", products("totalCount"), 1},
		{"products: pageInfo", products("pageInfo"), 1},
		{"products: edges without nodes", products("edges{cursor}"), 1},
		{"products: nodes", products("nodes{name}"), 1},
		{"products: nodes, edges and pageInfo", products("nodes{name} edges{node{price}} pageInfo"), 1},
		{"products: category", products("nodes{category}"), 2},
		{"products: category and totalCount", products("nodes{category} totalCount"), 3},
		{"products: category and owner", products("nodes{category owner}"), 3},
		{"products: category by way of either", products("nodes{category} edges{node{category}}"), 2},
		{"products: category's parent and totalCount", products("totalCount nodes{category{name parent{name}}}"), 4},
		{"products: category's ancestors", products("nodes{category{ancestors}}"), 3},
		{"products: ancestors' parents", products("nodes{category{ancestors{parent}}}"), 4},
		{"categories: nodes", categories("nodes"), 1},
		{"categories: parent, children and ancestors", categories("totalCount nodes{parent children ancestors}"), 5},
		{"categories: children's children", categories("nodes{children{children}}"), 3},
		{"categories: children's ancestors", categories("nodes{children{ancestors}}"), 3},
	} {
		for _, args := range []page.Args{{First: new(1)}, {First: new(5)}, {}, {First: new(100)}, {Last: new(100)}, {Offset: new(2)}} {
			w.ran.take()
			if err := tt.list(args); err != nil {
				t.Fatal(err)
			}
			if got := w.ran.selects(); len(got) > tt.want {
				t.Errorf("%s: %d SELECTs, want %d:\n%s", tt.name, len(got), tt.want, strings.Join(got, "\n"))
			}
		}
	}
	for name, list := range map[string]func(page.Args) error{
		"products":   products("totalCount nodes{category} edges"),
		"categories": categories("totalCount nodes{parent} edges"),
	} {
		for _, args := range []page.Args{{First: new(0)}, {Last: new(0)}} {
			w.ran.take()
			if err := list(args); err != nil {
				t.Fatal(err)
			}
			if got := w.ran.selects(); len(got) != 1 || !strings.HasPrefix(got[0], "SELECT COUNT(*)") {
				t.Errorf("%s, count only: %q, want one COUNT(*)", name, got)
			}
		}
	}
}

func TestSelectsOfOne(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", w.shelf(t, "Above", 0).ID)
	p := w.offer(t, "Tea", shelf.ID)
	whole := catalog.NewProduct{
		Name: "Coffee", SKU: new("c"), Description: new("Hot"), Price: decimal(t, "1"), Stock: new(1), Category: shelf.ID,
	}
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context) error
		want int
	}{
		{"Product", func(ctx context.Context) error {
			_, err := w.Product(ctx, catalog.ProductBy{ID: &p.ID}, fields("category{parent} owner"))
			return err
		}, 4},
		{"ProductsByID", func(ctx context.Context) error {
			_, err := w.ProductsByID(ctx, []int64{p.ID, 1, 2, 3}, fields("category"))
			return err
		}, 2},
		{"CategoriesByID", func(ctx context.Context) error {
			_, err := w.CategoriesByID(ctx, []int64{shelf.ID, 1, 2, 3}, fields("parent"))
			return err
		}, 2},
		// The slugs taken, slug and sku unique, the category there; then the row and its category.
		{"CreateProduct", func(ctx context.Context) error {
			_, err := w.CreateProduct(ctx, whole, fields("category"))
			return err
		}, 6},
		// The row, slug and sku unique, the category there, the row once more (ent); then the answer.
		{"UpdateProduct", func(ctx context.Context) error {
			_, err := w.UpdateProduct(ctx, p.ID, catalog.ProductChanges{
				Slug: patch.Set("green"), SKU: patch.Set("g"), Category: patch.Set(shelf.ID),
			}, fields("category"))
			return err
		}, 7},
		{"DeleteProduct", func(ctx context.Context) error {
			_, err := w.DeleteProduct(ctx, p.ID)
			return err
		}, 1},
	} {
		w.ran.take()
		if err := tt.do(as(t, w.ada)); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := w.ran.selects(); len(got) > tt.want {
			t.Errorf("%s: %d SELECTs, want %d:\n%s", tt.name, len(got), tt.want, strings.Join(got, "\n"))
		}
	}
}

// Who asks anonymously costs no look at users or sessions.
func TestAnonymousReadsTouchNoIdentity(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	p := w.offer(t, "Tea", shelf.ID)
	ctx := anonymous(t)
	w.ran.take()
	for _, err := range []error{
		second(w.Products(ctx, page.Args{}, nil, nil, nil, fields("totalCount nodes{category{parent children ancestors}} pageInfo"))),
		second(w.Product(ctx, catalog.ProductBy{ID: &p.ID}, fields("category"))),
		second(w.ProductsByID(ctx, []int64{p.ID}, nil)),
		second(w.Categories(ctx, page.Args{}, nil, nil, fields("totalCount nodes"))),
		second(w.Category(ctx, catalog.CategoryBy{ID: &shelf.ID}, nil)),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	for _, query := range w.ran.take() {
		if strings.Contains(query, "`users`") || strings.Contains(query, "`sessions`") {
			t.Errorf("ran %s", query)
		}
	}
}

// A database that does not answer is an internal error wherever it is needed, and never a wrong answer.
func TestBrokenDatabase(t *testing.T) {
	db, _ := open(t)
	c := catalog.New(db, catalog.NewLocalFeed(), (&clock{time: noon}).now)
	ctx := as(t, auth.Viewer{UserID: 1, IsStaff: true})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	id, all := int64(1), fields("nodes{category{parent{ancestors} children}} totalCount pageInfo")
	for name, err := range map[string]error{
		"Products":       second(c.Products(ctx, page.Args{}, nil, nil, nil, all)),
		"a search":       second(c.Products(ctx, page.Args{}, new("tea"), nil, nil, all)),
		"Product":        second(c.Product(ctx, catalog.ProductBy{ID: &id}, nil)),
		"ProductsByID":   second(c.ProductsByID(ctx, []int64{id}, nil)),
		"CreateProduct":  second(c.CreateProduct(ctx, catalog.NewProduct{Name: "x", Category: id}, nil)),
		"UpdateProduct":  second(c.UpdateProduct(ctx, id, catalog.ProductChanges{}, nil)),
		"DeleteProduct":  second(c.DeleteProduct(ctx, id)),
		"Categories":     second(c.Categories(ctx, page.Args{}, nil, nil, all)),
		"Category":       second(c.Category(ctx, catalog.CategoryBy{ID: &id}, nil)),
		"CategoriesByID": second(c.CategoriesByID(ctx, []int64{id}, nil)),
		"CreateCategory": second(c.CreateCategory(ctx, catalog.NewCategory{Name: "x"}, nil)),
		"UpdateCategory": second(c.UpdateCategory(ctx, id, catalog.CategoryChanges{}, nil)),
		"DeleteCategory": second(c.DeleteCategory(ctx, id)),
		"LoadDemo":       second(c.LoadDemo(ctx)),
	} {
		if fault.CodeOf(err) != fault.Internal || errors.Is(err, catalog.ErrNotEmpty) {
			t.Errorf("%s: %v; want an internal error", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// explain is how SQLite goes about a query, a step a line.
func explain(t testing.TB, raw *sql.DB, query string) string {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, slices.Repeat([]any{1}, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "\n")
}

// Pages are found by an index and not by sorting all there is.
func TestPlans(t *testing.T) {
	ran := new(statements)
	db, raw := open(t, databasetest.Trace(ran.trace))
	c := catalog.New(db, catalog.NewLocalFeed(), (&clock{time: noon}).now)
	ada := auth.Viewer{UserID: 1}
	products := func(viewer auth.Viewer, args page.Args, where *catalog.ProductWhere, order ...catalog.ProductOrderField) func() error {
		return func() error {
			_, err := c.Products(as(t, viewer), args, nil, where, byProduct(order...), fields("nodes"))
			return err
		}
	}
	cursor := func(key string, order ...catalog.ProductOrderField) *string {
		return cursorOf(fmt.Sprintf(`["product %s",%s,5]`, strings.Trim(fmt.Sprint(order), "[]"), key))
	}
	moment := `"2026-01-31T12:00:00Z"`
	above, err := c.CreateCategory(anonymous(t), catalog.NewCategory{Name: "above"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	below, err := c.CreateCategory(anonymous(t), catalog.NewCategory{Name: "below", Parent: &above.ID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		run  func() error
		want string // a step that there is
		not  string // and what no step may be
	}{
		{"by name", products(auth.Viewer{}, page.Args{}, nil), "SCAN products USING INDEX product_name_key_id", "TEMP B-TREE"},
		{"by name, for a viewer", products(ada, page.Args{}, nil), "SCAN products USING INDEX product_name_key_id", "TEMP B-TREE"},
		{"by name backwards", products(ada, page.Args{Last: new(5)}, nil), "SCAN products USING INDEX product_name_key_id", "TEMP B-TREE"},
		{"by name, after", products(ada, page.Args{After: cursor(`"x"`, "NAME")}, nil), "SEARCH products USING INDEX product_name_key_id (name_key>?)", "TEMP B-TREE"},
		{"by name, before", products(ada, page.Args{Last: new(5), Before: cursor(`"x"`, "NAME")}, nil), "SEARCH products USING INDEX product_name_key_id (name_key<?)", "TEMP B-TREE"},
		{"by price, after", products(auth.Viewer{}, page.Args{After: cursor("7", "PRICE")}, nil, "PRICE"), "SEARCH products USING INDEX product_price_id (price>?)", "TEMP B-TREE"},
		{"by price down, after", products(ada, page.Args{After: cursor("7", "PRICE-")}, nil, "PRICE-"), "SEARCH products USING INDEX product_price_id (price<?)", "TEMP B-TREE"},
		{"by stock, after", products(ada, page.Args{After: cursor("7", "STOCK")}, nil, "STOCK"), "SEARCH products USING INDEX product_stock_id (stock>?)", "TEMP B-TREE"},
		{"by creation, after", products(ada, page.Args{After: cursor(moment, "CREATED_AT")}, nil, "CREATED_AT"), "SEARCH products USING INDEX product_created_at_id (created_at>?)", "TEMP B-TREE"},
		{"by update down, after", products(ada, page.Args{After: cursor(moment, "UPDATED_AT-")}, nil, "UPDATED_AT-"), "SEARCH products USING INDEX product_updated_at_id (updated_at<?)", "TEMP B-TREE"},
		// The first key leads to where the page begins; what follows it is sorted among equals.
		{"by price and name", products(ada, page.Args{}, nil, "PRICE", "NAME"), "SEARCH products USING INDEX product_price_id (price>?)", "FOR ORDER BY"},
		{"by price and name, from the end", products(ada, page.Args{Last: new(5)}, nil, "PRICE", "NAME-"), "SEARCH products USING INDEX product_price_id (price>?)", "FOR ORDER BY"},
		{"by price and name, after", products(ada, page.Args{After: cursor(`7,"x"`, "PRICE", "NAME")}, nil, "PRICE", "NAME"), "SEARCH products USING INDEX product_price_id (price>?)", "FOR ORDER BY"},
		{"by price, stock and name, after", products(ada, page.Args{After: cursor(`7,8,"x"`, "PRICE", "STOCK", "NAME")}, nil, "PRICE", "STOCK", "NAME"), "SEARCH products USING INDEX product_price_id (price>?)", "FOR ORDER BY"},
		{"counted", func() error {
			return second(c.Products(as(t, ada), page.Args{}, nil, nil, nil, fields("totalCount")))
		}, "SCAN products USING COVERING INDEX product_category_id_name_key_id_is_published_owner_id", "SEARCH"},
		{"on a shelf", products(ada, page.Args{}, &where{Category: new(int64(1))}), "SEARCH products USING INDEX product_category_id", "SCAN"},
		{"on a shelf by its slug", products(ada, page.Args{}, &where{CategorySlug: new("x")}), "SEARCH products USING INDEX product_category_id", "SCAN"},
		{"by its exact name", products(ada, page.Args{}, &where{Name: &text{Eq: new("x")}}), "SEARCH products USING INDEX product_name_key_id (name_key=?)", "SCAN"},
		{"by their skus", products(ada, page.Args{}, &where{SKU: &text{In: []string{"x", "y"}}}), "SEARCH products USING INDEX products_sku_key_key (sku_key=?)", "SCAN"},
		{"by ids", products(ada, page.Args{}, &where{IDs: []int64{1, 2}}), "SEARCH products USING INTEGER PRIMARY KEY", "SCAN"},
		{"mine", products(ada, page.Args{}, &where{Mine: new(true)}), "SEARCH products USING INDEX product_owner_id_id", "SCAN"},
		{"children", func() error {
			return second(c.Category(anonymous(t), catalog.CategoryBy{ID: &above.ID}, fields("children")))
		}, "SEARCH categories USING COVERING INDEX category_parent_id_name_key (parent_id=?)", "SCAN categories"},
		{"ancestors", func() error {
			return second(c.Category(anonymous(t), catalog.CategoryBy{ID: &below.ID}, fields("ancestors")))
		}, "SEARCH c USING INTEGER PRIMARY KEY", "SCAN categories"},
		{
			"one by slug", func() error { return second(c.Product(as(t, ada), catalog.ProductBy{Slug: new("x")}, nil)) },
			"SEARCH products USING INDEX products_slug_key", "SCAN",
		},
		{
			"one by sku", func() error { return second(c.Product(as(t, ada), catalog.ProductBy{SKU: new("x")}, nil)) },
			"SEARCH products USING INDEX products_sku_key_key", "SCAN",
		},
		{"categories", func() error {
			return second(c.Categories(anonymous(t), page.Args{After: cursorOf(`["category NAME","x",5]`)}, nil, nil, fields("nodes")))
		}, "SEARCH categories USING INDEX category_name_key (name_key>?)", "TEMP B-TREE"},
		{"a free slug", func() error {
			_, err := c.CreateProduct(as(t, ada), catalog.NewProduct{Name: "Tea", SKU: new("x")}, nil)
			wantMistakes(t, err, "category NOT_FOUND")
			return nil
		}, "SEARCH products USING COVERING INDEX products_slug_key (slug>? AND slug<?)", "SCAN"},
		{"a category moved", func() error {
			return second(c.UpdateCategory(anonymous(t), below.ID, catalog.CategoryChanges{Parent: patch.Set(above.ID)}, nil))
		}, "SEARCH categories USING COVERING INDEX category_parent_id", "SCAN"},
		{
			"a category in use", func() error { return second(c.DeleteCategory(anonymous(t), below.ID)) },
			"SEARCH products USING COVERING INDEX product_category_id", "SCAN",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ran.take()
			if err := tt.run(); err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, query := range ran.selects() {
				steps = append(steps, explain(t, raw, query))
			}
			if plan := strings.Join(steps, "\n"); !strings.Contains(plan, tt.want) || strings.Contains(plan, tt.not) {
				t.Errorf("want %q and no %q, but the plan is\n%s", tt.want, tt.not, plan)
			}
		})
	}
}
