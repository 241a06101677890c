package catalog_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/page"
)

func TestLoadDemo(t *testing.T) {
	w := build(t)
	got, err := w.LoadDemo(t.Context())
	if want := (catalog.Demo{Categories: 8, Products: 77, Unpublished: 8}); err != nil || got != want {
		t.Fatalf("LoadDemo = %+v, %v; want %+v", got, err, want)
	}
	if _, err := w.LoadDemo(t.Context()); !errors.Is(err, catalog.ErrNotEmpty) {
		t.Errorf("a second time: %v, want ErrNotEmpty", err)
	}
	public, err := w.Products(anonymous(t), page.Args{First: new(3)}, nil, nil, nil, fields("totalCount nodes{category}"))
	if err != nil || public.TotalCount != 69 || len(public.Nodes) != 3 {
		t.Errorf("anonymously there are %d products, %v; want 69", public.TotalCount, err)
	}
	for _, tt := range []struct {
		slug, name, price, description, category string
		stock                                    int
		published                                bool
	}{
		{"chai", "Chai", "18.00", "10 boxes x 20 bags", "Beverages", 39, true},
		{"cote-de-blaye", "Côte de Blaye", "263.50", "12 - 75 cl bottles", "Beverages", 17, true},
		{"gustafs-knackebrod", "Gustaf's Knäckebröd", "21.00", "24 - 500 g pkgs.", "Grains/Cereals", 104, true},
		{"geitost", "Geitost", "2.50", "500 g", "Dairy Products", 112, true},
		{"chef-antons-gumbo-mix", "Chef Anton's Gumbo Mix", "21.35", "36 boxes", "Condiments", 0, false},
		{"gnocchi-di-nonna-alice", "Gnocchi di nonna Alice", "38.00", "24 - 250 g pkgs.", "Grains/Cereals", 21, true},
		{"thuringer-rostbratwurst", "Thüringer Rostbratwurst", "123.79", "50 bags x 30 sausgs.", "Meat/Poultry", 0, false},
	} {
		p, err := w.Product(as(t, w.root), catalog.ProductBy{Slug: &tt.slug}, fields("category owner"))
		if err != nil || p == nil {
			t.Errorf("%s: %v, %v", tt.slug, p, err)
			continue
		}
		if p.Name != tt.name || p.Price.String() != tt.price || p.Description != tt.description || p.Edges.Category.Name != tt.category ||
			p.Stock != tt.stock || p.IsPublished != tt.published || p.OwnerID != nil || p.Sku != nil {
			t.Errorf("%s is %v on %s", tt.slug, p, p.Edges.Category.Name)
		}
	}
}

// The catalogue is loaded whole or not at all, and never into somebody's own.
func TestLoadDemoAllOrNothing(t *testing.T) {
	t.Run("a category is there", func(t *testing.T) {
		w := build(t)
		w.shelf(t, "Mine", 0)
		if got, err := w.LoadDemo(t.Context()); !errors.Is(err, catalog.ErrNotEmpty) || got != (catalog.Demo{}) {
			t.Errorf("LoadDemo = %v, %v; want ErrNotEmpty", got, err)
		}
		if n := w.db.Read.Product.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d products were loaded", n)
		}
	})
	t.Run("it fails in the middle", func(t *testing.T) {
		db, raw := open(t)
		if _, err := raw.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON products
			WHEN (SELECT COUNT(*) FROM products) = 50 BEGIN SELECT RAISE(ABORT, 'no more products'); END`); err != nil {
			t.Fatal(err)
		}
		got, err := catalog.New(db, catalog.NewLocalFeed(), time.Now).LoadDemo(t.Context())
		if err == nil || errors.Is(err, catalog.ErrNotEmpty) || got != (catalog.Demo{}) {
			t.Errorf("LoadDemo = %v, %v; want the failure", got, err)
		}
		if n := db.Read.Category.Query().CountX(t.Context()) + db.Read.Product.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
	t.Run("several at once", func(t *testing.T) {
		w := build(t)
		var group sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			group.Go(func() { _, errs[i] = w.LoadDemo(t.Context()) })
		}
		group.Wait()
		loaded := 0
		for _, err := range errs {
			if err == nil {
				loaded++
			} else if !errors.Is(err, catalog.ErrNotEmpty) {
				t.Error(err)
			}
		}
		if n := w.db.Read.Product.Query().CountX(t.Context()); loaded != 1 || n != 77 {
			t.Errorf("loaded %d times, %d products", loaded, n)
		}
	})
}
