//go:build sqlite_fts5 || fts5

package catalog_test

import (
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/page"
)

// Words of three characters and more are found by the index, and so is any search that has one. Only for shorter
// ones all products are looked at.
func TestSearchPlans(t *testing.T) {
	c, ran, raw := warehouse(t, 20_000)
	const byIndex, byKey = "SCAN product_search VIRTUAL TABLE", "SEARCH products USING INTEGER PRIMARY KEY (rowid=?)"
	after := func(order string, key string) *string {
		return cursorOf(`["product [\"zuki\"] ` + order + `",` + key + `,5]`)
	}
	whetherAnalyzed(t, raw, func(t *testing.T, _ bool) {
		for _, tt := range []struct {
			name, search string
			viewer       auth.Viewer
			args         page.Args
			where        *where
			order        []catalog.ProductOrderField
			selection    string
			scan         bool
		}{
			{name: "four characters", search: "zuki"},
			{name: "for a viewer", search: "zuki", viewer: auth.Viewer{UserID: 1}},
			{name: "for staff", search: "zuki", viewer: auth.Viewer{UserID: 1, IsStaff: true}},
			{name: "counted", search: "zuki", selection: "totalCount"},
			{name: "three characters", search: "zuk"},
			{name: "three characters of several bytes", search: "日本茶"},
			{name: "three characters once folded", search: "ﬃ"},
			{name: "many", search: strings.Repeat("zuki", 50)},
			{name: "several words", search: "zuki fano"},
			{name: "a short word beside a long one", search: "zu fano"},
			{name: "by name", search: "zuki", order: byField("NAME")},
			{name: "by price", search: "zuki", order: byField("PRICE-")},
			{name: "with a filter", search: "zuki", where: &where{InStock: new(true), Price: &decimals{Gt: new(decimal(t, "1"))}}},
			{name: "after", search: "zuki", args: page.Args{After: after("RELEVANCE NAME", `1,"x"`)}},
			{name: "after, by name", search: "zuki", args: page.Args{After: after("NAME", `"x"`)}, order: byField("NAME")},
			{name: "before", search: "zuki", args: page.Args{Last: new(5), Before: after("RELEVANCE NAME", `1,"x"`)}},
			{name: "two characters", search: "zu", scan: true},
			{name: "two words of two", search: "zu 日本", scan: true},
			{name: "two characters that fold to two", search: "ß", scan: true},
		} {
			t.Run(tt.name, func(t *testing.T) {
				if tt.selection == "" {
					tt.selection = "nodes"
				}
				ran.take()
				if _, err := c.Products(as(t, tt.viewer), tt.args, &tt.search, tt.where, byProduct(tt.order...), fields(tt.selection)); err != nil {
					t.Fatal(err)
				}
				queries := ran.selects()
				plan := explain(t, raw, queries[len(queries)-1])
				if indexed := strings.Contains(plan, byIndex) && strings.Contains(plan, byKey); indexed == tt.scan {
					t.Errorf("the plan is\n%s", plan)
				}
				if scanned := strings.Contains(plan, "SCAN products"); scanned != tt.scan {
					t.Errorf("the plan is\n%s", plan)
				}
			})
		}
	})
}
