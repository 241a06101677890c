package catalog_test

import (
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/page"
)

// BenchmarkCatalog lists and searches 100,000 products, as `make bench-catalog` does: pages of twenty for somebody who is
// signed in. It tells how many times as long as the first page of all products each takes, and how SQLite goes about it.
func BenchmarkCatalog(b *testing.B) {
	const rows, pages = 100_000, 4_000
	ada := auth.Viewer{UserID: 1}
	c, ran, raw := warehouse(b, rows)
	some := &where{InStock: new(true), Price: &decimals{Gte: new(decimal(b, "100")), Lt: new(decimal(b, "300"))}}
	branch := &where{CategorySlug: new("x3"), IncludeDescendants: new(true), InStock: new(true)}
	deep := func(order ...catalog.ProductOrderField) page.Args {
		return page.Args{After: behind(b, c, ada, (pages-1)*page.DefaultSize/page.MaxSize, order...)}
	}
	first := 0.0 // of a page of all products
	for _, tt := range []struct {
		name      string
		args      page.Args
		search    *string
		where     *where
		order     []catalog.ProductOrderField
		selection string
	}{
		{name: "first-page"},
		{name: "page-4000", args: deep()},
		{name: "page-4000-by-price", args: deep("PRICE"), order: byField("PRICE")},
		{name: "page-4000-by-stock-down", args: deep("STOCK-"), order: byField("STOCK-")},
		{name: "page-4000-by-age-price-name", args: deep("CREATED_AT-", "PRICE", "NAME"), order: byField("CREATED_AT-", "PRICE", "NAME")},
		{name: "page-500-by-offset", args: page.Args{Offset: new(9_980)}},
		{name: "count", selection: "totalCount"},
		{name: "filtered-by-price", where: some, order: byField("PRICE")},
		{name: "filtered-by-price-name", where: some, order: byField("PRICE-", "NAME")},
		{name: "filtered-by-age", where: some, order: byField("CREATED_AT-")},
		{name: "filtered-count", where: some, selection: "totalCount"},
		{name: "branch-by-name", where: branch},
		{name: "branch-by-price", where: branch, order: byField("PRICE")},
		{name: "branch-count", where: branch, selection: "totalCount"},
		{name: "search-4-letters", search: new("zuki")},
		{name: "search-4-letters-by-price", search: new("zuki"), order: byField("PRICE")},
		{name: "search-4-letters-count", search: new("zuki"), selection: "totalCount"},
		{name: "search-2-words", search: new("zuki fano")},
		{name: "search-2-letters", search: new("zu")},
	} {
		b.Run(tt.name, func(b *testing.B) {
			if tt.selection == "" {
				tt.selection = "nodes pageInfo"
			}
			ran.take()
			for b.Loop() {
				if _, err := c.Products(as(b, ada), tt.args, tt.search, tt.where, byProduct(tt.order...), fields(tt.selection)); err != nil {
					b.Fatal(err)
				}
			}
			each := b.Elapsed().Seconds() / float64(b.N)
			if tt.name == "first-page" {
				first = each
			}
			b.ReportMetric(each*1000, "ms")
			if first > 0 {
				b.ReportMetric(each/first, "x-first-page")
			}
			queries := ran.selects()
			b.Logf("\n%s", explain(b, raw, queries[len(queries)-1]))
		})
	}
}
