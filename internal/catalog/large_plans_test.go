package catalog_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/page"
)

// wholeTable is a step of a plan that reads every product there is, and not by an index that has them in the wanted order
// or has all that is wanted of them.
var wholeTable = regexp.MustCompile(`(?m)^SCAN products( AS \w+)?$`)

// whetherAnalyzed runs a test of plans without statistics, as programs leave the database, and with those of ANALYZE, which
// an operator may have had made.
func whetherAnalyzed(t *testing.T, raw *sql.DB, test func(t *testing.T, analyzed bool)) {
	t.Helper()
	t.Run("without statistics", func(t *testing.T) { test(t, false) })
	if _, err := raw.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	t.Run("with statistics", func(t *testing.T) { test(t, true) })
}

// lastPlan is how SQLite goes about the last of the SELECTs that ran: that of the rows, or the counting one.
func lastPlan(t *testing.T, ran *statements, raw *sql.DB) string {
	t.Helper()
	queries := ran.selects()
	if len(queries) == 0 {
		t.Fatal("nothing was read")
	}
	return explain(t, raw, queries[len(queries)-1])
}

// behind is the cursor at the end of so many pages of a hundred.
func behind(t testing.TB, c *catalog.Catalog, viewer auth.Viewer, pages int, order ...catalog.ProductOrderField) *string {
	t.Helper()
	args := page.Args{First: new(100)}
	for range pages {
		got, err := c.Products(as(t, viewer), args, nil, nil, byProduct(order...), fields("pageInfo"))
		if err != nil {
			t.Fatal(err)
		}
		args.After = got.PageInfo.EndCursor
	}
	return args.After
}

// Deep down in a list of many, in any order and for any viewer, a page is found by the index of the order's first key, which
// also has the rows sorted; by more keys only those are sorted that are alike in the first. So are the first and last page.
func TestPlansOfEachOrder(t *testing.T) {
	c, ran, raw := warehouse(t, 10_000)
	whetherAnalyzed(t, raw, func(t *testing.T, _ bool) {
		for _, tt := range []struct {
			order []catalog.ProductOrderField
			index string
			key   string
		}{
			{nil, "product_name_key_id", "name_key"},
			{byField("NAME-"), "product_name_key_id", "name_key"},
			{byField("PRICE"), "product_price_id", "price"},
			{byField("PRICE-"), "product_price_id", "price"},
			{byField("STOCK"), "product_stock_id", "stock"},
			{byField("STOCK-"), "product_stock_id", "stock"},
			{byField("CREATED_AT"), "product_created_at_id", "created_at"},
			{byField("CREATED_AT-"), "product_created_at_id", "created_at"},
			{byField("UPDATED_AT"), "product_updated_at_id", "updated_at"},
			{byField("UPDATED_AT-"), "product_updated_at_id", "updated_at"},
			{byField("PRICE", "NAME"), "product_price_id", "price"},
			{byField("PRICE-", "NAME"), "product_price_id", "price"},
			{byField("STOCK-", "PRICE"), "product_stock_id", "stock"},
			{byField("CREATED_AT-", "PRICE", "NAME"), "product_created_at_id", "created_at"},
			{byField("NAME-", "UPDATED_AT", "STOCK-", "PRICE"), "product_name_key_id", "name_key"},
		} {
			for who, viewer := range map[string]auth.Viewer{"anonymous": {}, "a viewer": {UserID: 1}, "staff": {UserID: 2, IsStaff: true}} {
				middle := behind(t, c, viewer, 60, tt.order...)
				for which, args := range map[string]page.Args{
					"first": {}, "last": {Last: new(20)}, "after": {After: middle}, "before": {Last: new(20), Before: middle},
				} {
					t.Run(fmt.Sprintf("%s/%s/%s", tt.order, who, which), func(t *testing.T) {
						ran.take()
						if _, err := c.Products(as(t, viewer), args, nil, nil, byProduct(tt.order...), fields("nodes pageInfo")); err != nil {
							t.Fatal(err)
						}
						plan := lastPlan(t, ran, raw)
						want := fmt.Sprintf("SEARCH products USING INDEX %s (%s", tt.index, tt.key)
						if len(tt.order) <= 1 && args.After == nil && args.Before == nil {
							want = "SCAN products USING INDEX " + tt.index // from one of its ends
						}
						sorts := strings.Contains(plan, "USE TEMP B-TREE FOR ORDER BY") || len(tt.order) <= 1 && strings.Contains(plan, "TEMP B-TREE")
						if !strings.HasPrefix(plan, want) || sorts {
							t.Errorf("want %q and nothing sorted that an index sorts, but the plan is\n%s", want, plan)
						}
					})
				}
			}
		}
	})
}

// A filter for what there is little of is found by the index of that; one for what there is much of leaves the index of the
// order to find the page, which meets enough of it soon. Counts of a whole list or shelf look at an index only.
func TestPlansOfFilteredLists(t *testing.T) {
	c, ran, raw := warehouse(t, 10_000)
	ada := auth.Viewer{UserID: 1}
	some := &where{InStock: new(true), Price: &decimals{Gte: new(decimal(t, "100"))}}
	few := &where{InStock: new(true), Price: &decimals{Gte: new(decimal(t, "100")), Lt: new(decimal(t, "101"))}}
	shelf := &where{Category: new(int64(50)), InStock: new(true), Price: &decimals{Gte: new(decimal(t, "100"))}}
	branch := &where{CategorySlug: new("x3"), IncludeDescendants: new(true), InStock: new(true)}
	const byShelf = "product_category_id_name_key_id_is_published_owner_id (category_id=?"
	whetherAnalyzed(t, raw, func(t *testing.T, analyzed bool) {
		for _, tt := range []struct {
			name      string
			where     *where
			order     []catalog.ProductOrderField
			deep      bool // after a cursor in the middle
			selection string
			want      string
		}{
			{"some by name", some, nil, false, "nodes", "SCAN products USING INDEX product_name_key_id"},
			{"some by name, deep", some, nil, true, "nodes", "SEARCH products USING INDEX product_name_key_id (name_key>?)"},
			{"some by price", some, byField("PRICE"), false, "nodes", "SEARCH products USING INDEX product_price_id (price>?"},
			{"some by price, deep", some, byField("PRICE"), true, "nodes", "SEARCH products USING INDEX product_price_id (price>?"},
			{"some by price down, deep", some, byField("PRICE-"), true, "nodes", "SEARCH products USING INDEX product_price_id (price>? AND price<?)"},
			{"some by age, deep", some, byField("CREATED_AT-"), true, "nodes", "SEARCH products USING INDEX product_created_at_id (created_at<?)"},
			{"few by name", few, nil, false, "nodes", "SEARCH products USING INDEX product_price_id (price>? AND price<?)"},
			{"few, counted", few, nil, false, "totalCount", "SEARCH products USING INDEX product_price_id (price>? AND price<?)"},
			{"a shelf by name", shelf, nil, false, "nodes", "SEARCH products USING INDEX " + byShelf},
			{"a shelf by name, deep", shelf, nil, true, "nodes", "SEARCH products USING INDEX " + byShelf + " AND name_key>?"},
			{"a shelf by price", shelf, byField("PRICE"), false, "nodes", "SEARCH products USING INDEX " + byShelf},
			{"a branch by name", branch, nil, false, "nodes", "SEARCH products USING INDEX " + byShelf},
			{"a branch by price", branch, byField("PRICE", "NAME"), false, "nodes", "SEARCH products USING INDEX " + byShelf},
			{"mine by price", &where{Mine: new(true)}, byField("PRICE"), false, "nodes", "SEARCH products USING INDEX product_owner_id_id (owner_id=?)"},
			{"everything, counted", nil, nil, false, "totalCount", "SCAN products USING COVERING INDEX product_category_id_name_key_id_is_published_owner_id"},
			{"a shelf, counted", &where{Category: new(int64(50))}, nil, false, "totalCount", "SEARCH products USING COVERING INDEX " + byShelf},
			{"a branch, counted", &where{Category: new(int64(3)), IncludeDescendants: new(true)}, nil, false, "totalCount", "SEARCH products USING COVERING INDEX " + byShelf},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var args page.Args
				if tt.deep {
					args.After = behind(t, c, ada, 60, tt.order...)
				}
				ran.take()
				if _, err := c.Products(as(t, ada), args, nil, tt.where, byProduct(tt.order...), fields(tt.selection)); err != nil {
					t.Fatal(err)
				}
				plan := lastPlan(t, ran, raw)
				if wholeTable.MatchString(plan) {
					t.Errorf("every product is read:\n%s", plan)
				}
				// With statistics there may be a better way still.
				if !analyzed && !strings.HasPrefix(plan, tt.want) {
					t.Errorf("want %q, but the plan is\n%s", tt.want, plan)
				}
			})
		}
	})
}
