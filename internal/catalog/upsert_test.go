package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// row is a plain row to upsert, with changes to it.
func row(t testing.TB, sku string, shelf int64, change ...func(*catalog.ProductUpsert)) *catalog.ProductUpsert {
	t.Helper()
	in := catalog.ProductUpsert{SKU: sku, Name: "Product " + sku, Price: decimal(t, "1.00"), Category: shelf}
	for _, f := range change {
		f(&in)
	}
	return &in
}

// upsert upserts as staff, and expects so many to be made and changed.
func (w *world) upsert(t testing.TB, created, updated int, rows ...*catalog.ProductUpsert) []*ent.Product {
	t.Helper()
	did, err := w.UpsertProducts(as(t, w.root), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	if did.Created != created || did.Updated != updated {
		t.Errorf("%d made and %d changed; want %d and %d", did.Created, did.Updated, created, updated)
	}
	if len(did.Products) != len(rows) {
		t.Fatalf("%d products for %d rows", len(did.Products), len(rows))
	}
	return did.Products
}

func TestUpsertMakesAndChanges(t *testing.T) {
	w := build(t)
	drinks, food := w.shelf(t, "Drinks", 0).ID, w.shelf(t, "Food", 0).ID
	first := w.upsert(t, 2, 0,
		row(t, "T-1", drinks, func(in *catalog.ProductUpsert) {
			in.Name, in.Price, in.Stock = "Tea", decimal(t, "2.5"), patch.Set(7)
			in.Description, in.IsPublished = patch.Set("Green."), patch.Set(false)
		}),
		row(t, "C-1", drinks, func(in *catalog.ProductUpsert) { in.Name = "Cocoa" }))
	tea, cocoa := first[0], first[1]
	if tea.Slug != "tea" || *tea.Sku != "T-1" || tea.Price != 250 || tea.Stock != 7 || tea.Description != "Green." || tea.IsPublished || tea.Version != 1 ||
		tea.OwnerID == nil || *tea.OwnerID != w.root.UserID {
		t.Errorf("made as %+v", tea)
	}
	if cocoa.Stock != 0 || !cocoa.IsPublished || cocoa.Description != "" {
		t.Errorf("made as %+v", cocoa)
	}

	// The rows come in another order; one changes, one is new and one is as it was. What is absent stays.
	w.clock.pass(time.Minute)
	second := w.upsert(t, 1, 1,
		row(t, "N-1", food),
		row(t, "c-1", drinks, func(in *catalog.ProductUpsert) { in.SKU, in.Name = "C-1", "Cocoa" }),
		row(t, "t-1", food, func(in *catalog.ProductUpsert) { in.Name = "Tea" }))
	if second[1].Version != 1 || !second[1].UpdatedAt.Equal(cocoa.UpdatedAt) {
		t.Errorf("an unchanged row was changed: %+v", second[1])
	}
	if now := second[2]; now.ID != tea.ID || *now.Sku != "t-1" || now.Slug != "tea" || now.Price != 100 || now.Stock != 7 || now.Description != "Green." ||
		now.IsPublished || now.Version != 2 || now.CategoryID != food || !now.UpdatedAt.After(tea.UpdatedAt) || !now.CreatedAt.Equal(tea.CreatedAt) {
		t.Errorf("changed to %+v", now)
	}

	// null clears what can be cleared.
	cleared := w.upsert(t, 0, 1, row(t, "t-1", food, func(in *catalog.ProductUpsert) { in.Name, in.Description = "Tea", patch.Null[string]() }))
	if stored := w.stored(t, cleared[0].ID); stored.Description != "" || stored.DescriptionKey != "" {
		t.Errorf("cleared to %q, %q", stored.Description, stored.DescriptionKey)
	}
}

// TestUpsertIsProductUpdate: a row that changes a product leaves it as productUpdate would.
func TestUpsertIsProductUpdate(t *testing.T) {
	w := build(t)
	drinks, food := w.shelf(t, "Drinks", 0).ID, w.shelf(t, "Food", 0).ID
	made := w.upsert(t, 2, 0, row(t, "A", drinks), row(t, "B", drinks))
	in := row(t, "A", food, func(in *catalog.ProductUpsert) {
		in.Name, in.Slug, in.Price = " ÉCLAIR ", patch.Set("eclair"), decimal(t, "0.5")
		in.Description, in.Stock, in.IsPublished = patch.Set("Süß\n"), patch.Set(3), patch.Set(false)
	})
	w.upsert(t, 0, 1, in)
	if _, err := w.UpdateProduct(as(t, w.root), made[1].ID, catalog.ProductChanges{
		Name: patch.Set(in.Name), Slug: patch.Set("eclair-b"), Price: patch.Set(in.Price), Description: in.Description,
		Stock: in.Stock, Category: patch.Set(food), IsPublished: in.IsPublished,
	}, nil); err != nil {
		t.Fatal(err)
	}
	a, b := w.stored(t, made[0].ID), w.stored(t, made[1].ID)
	b.ID, b.Slug, b.Sku, b.SkuKey = a.ID, a.Slug, a.Sku, a.SkuKey
	if fmt.Sprintf("%v", a) != fmt.Sprintf("%v", b) {
		t.Errorf("upserted: %v\nupdated:  %v", a, b)
	}
}

func TestUpsertTellsEveryMistake(t *testing.T) {
	w := build(t)
	drinks := w.shelf(t, "Drinks", 0).ID
	tea := w.offer(t, "Tea", drinks, func(in *catalog.NewProduct) { in.SKU = new("T-1") })
	ctx := as(t, w.root)
	_, err := w.UpsertProducts(ctx, []*catalog.ProductUpsert{
		row(t, "fine", drinks),
		row(t, " ", drinks+100, func(in *catalog.ProductUpsert) { in.Name, in.Price = "", decimal(t, "-1") }),
		row(t, "x", drinks, func(in *catalog.ProductUpsert) {
			in.Slug, in.Stock, in.IsPublished = patch.Null[string](), patch.Set(-1), patch.Null[bool]()
			in.Description = patch.Set(strings.Repeat("x", catalog.MaxDescription+1))
		}),
		row(t, "ﬁne", drinks, func(in *catalog.ProductUpsert) { in.SKU = "FINE" }),
		row(t, "y", drinks, func(in *catalog.ProductUpsert) { in.Slug = patch.Set("tea") }),
		row(t, "z", drinks, func(in *catalog.ProductUpsert) { in.Slug = patch.Set("mine") }),
		row(t, "t-1", drinks, func(in *catalog.ProductUpsert) { in.Slug = patch.Set("mine") }),
	}, nil)
	wantMistakes(t, err, "1.name REQUIRED", "1.sku REQUIRED", "1.price INVALID", "1.category NOT_FOUND",
		"2.slug REQUIRED", "2.description TOO_LONG", "2.stock INVALID", "2.isPublished REQUIRED",
		"3.sku NOT_UNIQUE", "4.slug NOT_UNIQUE", "6.slug NOT_UNIQUE")
	if n, err := w.db.Read.Product.Query().Count(t.Context()); err != nil || n != 1 {
		t.Errorf("%d products, %v; want nothing to be made", n, err)
	}
	if now := w.stored(t, tea.ID); now.Version != 1 {
		t.Errorf("%v was changed", now)
	}

	_, err = w.UpsertProducts(ctx, nil, nil)
	wantCode(t, err, fault.BadUserInput)
	_, err = w.UpsertProducts(ctx, make([]*catalog.ProductUpsert, catalog.MaxUpserts+1), nil)
	wantCode(t, err, fault.BadUserInput)
	_, err = w.UpsertProducts(anonymous(t), []*catalog.ProductUpsert{row(t, "a", drinks)}, nil)
	wantCode(t, err, fault.Unauthenticated)
}

// TestUpsertsOfOneSKU: however a sku is written, two rows cannot have it, and it names the product that is there.
func TestUpsertsOfOneSKU(t *testing.T) {
	w := build(t)
	drinks := w.shelf(t, "Drinks", 0).ID
	spellings := []string{"Straße-Å", "STRASSE-å", " straße-Å\u2003", "strasse-A\u030a", "STRAẞE-a\u030a"}
	var rows []*catalog.ProductUpsert
	var want []string
	for i, sku := range spellings {
		rows = append(rows, row(t, sku, drinks))
		if i > 0 {
			want = append(want, fmt.Sprint(i, ".sku NOT_UNIQUE"))
		}
	}
	_, err := w.UpsertProducts(as(t, w.root), rows, nil)
	wantMistakes(t, err, want...)
	first := w.upsert(t, 1, 0, rows[0])[0]
	for i, sku := range spellings[1:] {
		now := w.upsert(t, 0, 1, row(t, sku, drinks, func(in *catalog.ProductUpsert) { in.Name = fmt.Sprint("Name ", i) }))[0]
		if now.ID != first.ID || now.Version != i+2 {
			t.Errorf("%q names %v", sku, now)
		}
	}
}

// Of several who upsert the same at once, one makes it all, and the others find it there.
func TestConcurrentUpserts(t *testing.T) {
	w := build(t)
	drinks := w.shelf(t, "Drinks", 0).ID
	var group sync.WaitGroup
	var made [8]catalog.Upserted
	for i := range made {
		group.Go(func() {
			var err error
			made[i], err = w.UpsertProducts(as(t, w.root), []*catalog.ProductUpsert{row(t, "a", drinks), row(t, "b", drinks), row(t, "c", drinks)}, nil)
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	makers := 0
	for _, did := range made {
		if did.Created == 3 {
			makers++
		}
		if did.Created != 3 && did.Created != 0 || did.Updated != 0 || len(did.Products) != 3 {
			t.Errorf("%d made, %d changed, of %d", did.Created, did.Updated, len(did.Products))
		}
	}
	if n := w.db.Read.Product.Query().CountX(t.Context()); n != 3 || makers != 1 {
		t.Errorf("%d products, made by %d", n, makers)
	}
}

// TestUpsertedSlugs: slugs made from names are unique among themselves, beside those that are there and those
// that other rows ask for. A slug that somebody has is not free, also not when they are given another.
func TestUpsertedSlugs(t *testing.T) {
	w := build(t)
	drinks := w.shelf(t, "Drinks", 0).ID
	w.offer(t, "Tea", drinks)
	named := func(name string) func(*catalog.ProductUpsert) {
		return func(in *catalog.ProductUpsert) { in.Name = name }
	}
	slugged := func(slug string) func(*catalog.ProductUpsert) {
		return func(in *catalog.ProductUpsert) { in.Slug = patch.Set(slug) }
	}
	rows := w.upsert(t, 7, 0,
		row(t, "1", drinks, named("Tea")),
		row(t, "2", drinks, named("tea!")),
		row(t, "3", drinks, slugged("tea-3")),
		row(t, "4", drinks, named("Cocoa")),
		row(t, "5", drinks, named("Cocoa")),
		row(t, "6", drinks, slugged("cocoa")),
		row(t, "7", drinks, named("!")))
	var got []string
	for _, p := range rows {
		got = append(got, p.Slug)
	}
	if want := []string{"tea-2", "tea-4", "tea-3", "cocoa-2", "cocoa-3", "cocoa", "product"}; !slices.Equal(got, want) {
		t.Errorf("slugs %q, want %q", got, want)
	}
	_, err := w.UpsertProducts(as(t, w.root), []*catalog.ProductUpsert{row(t, "1", drinks, slugged("tea-4")), row(t, "2", drinks, slugged("tea-2"))}, nil)
	wantMistakes(t, err, "0.slug NOT_UNIQUE", "1.slug NOT_UNIQUE")

	// A hundred of one name.
	var many []*catalog.ProductUpsert
	for i := range catalog.MaxUpserts {
		many = append(many, row(t, fmt.Sprint("many", i), drinks, named("Tea")))
	}
	made := w.upsert(t, len(many), 0, many...)
	if first, last := made[0].Slug, made[len(made)-1].Slug; first != "tea-5" || last != "tea-104" {
		t.Errorf("slugs from %s to %s", first, last)
	}
}

// TestUpsertTakesFewStatements, however many rows there are.
func TestUpsertTakesFewStatements(t *testing.T) {
	w := build(t)
	drinks := w.shelf(t, "Drinks", 0).ID
	shelves := []int64{drinks}
	for i := range 9 {
		shelves = append(shelves, w.shelf(t, fmt.Sprint("Shelf ", i), drinks).ID)
	}
	count := func(rows []*catalog.ProductUpsert) (n int) {
		t.Helper()
		w.ran.take()
		if _, err := w.UpsertProducts(as(t, w.root), rows, fields("category owner")); err != nil {
			t.Fatal(err)
		}
		for _, text := range w.ran.take() {
			// A program without FTS5 takes the search index's triggers away before it writes.
			if strings.Contains(text, "query=") && !strings.Contains(text, "TRIGGER") {
				n++
			}
		}
		return n
	}
	build := func(name string, n int) (rows []*catalog.ProductUpsert) {
		for i := range n {
			rows = append(rows, row(t, fmt.Sprint("sku", i), shelves[i%len(shelves)], func(in *catalog.ProductUpsert) {
				in.Name = fmt.Sprint(name, i/2) // half of the slugs are taken by the other half
				in.Price = decimal(t, fmt.Sprint(i))
				if i%3 == 0 {
					in.Slug, in.Stock = patch.Set(fmt.Sprint(strings.ToLower(name), "-slug-", i)), patch.Set(i)
				}
			}))
		}
		return rows
	}
	for _, tt := range []struct {
		name      string
		rows      []*catalog.ProductUpsert
		statement int
	}{
		// What is there, slugs, categories, free slugs twice, the INSERT; then the products, categories and owners.
		{"a hundred new ones", build("A", 100), 9},
		{"the same again", build("A", 100), 4},
		{"a hundred changes", build("B", 100), 6}, // and slugs, and the UPDATE
	} {
		if got := count(tt.rows); got != tt.statement {
			t.Errorf("%s: %d statements, want %d", tt.name, got, tt.statement)
		}
	}
}

// TestUpsertsAreAllOrNothing breaks off at each statement in turn: what is then there is all of the input or nothing of it.
func TestUpsertsAreAllOrNothing(t *testing.T) {
	left, stop := 0, context.CancelFunc(func() {})
	w := build(t, database.WithTrace(func(context.Context, ...any) {
		if left--; left == 0 {
			stop()
		}
	}))
	drinks := w.shelf(t, "Drinks", 0).ID
	tea := w.offer(t, "Tea", drinks, func(in *catalog.NewProduct) { in.SKU = new("tea") })
	for n, whole := 1, false; !whole; n++ {
		var ctx context.Context
		ctx, stop = context.WithCancel(as(t, w.root))
		left = n
		_, err := w.UpsertProducts(ctx, []*catalog.ProductUpsert{
			row(t, "a", drinks),
			row(t, "tea", drinks, func(in *catalog.ProductUpsert) { in.Name = "Green tea" }),
			row(t, "b", drinks),
		}, fields("category"))
		stop()
		if whole = err == nil; !whole && !errors.Is(err, context.Canceled) {
			t.Fatalf("broken off at statement %d: %v", n, err)
		}
		made, changed := w.db.Read.Product.Query().CountX(t.Context())-1, w.stored(t, tea.ID).Name != tea.Name
		if made != 0 && made != 2 || changed != (made == 2) || whole && made != 2 {
			t.Errorf("broken off at statement %d: %d products made; one changed: %v", n, made, changed)
		}
		if whole && n < 6 {
			t.Errorf("there was nothing to break off after statement %d", n)
		}
	}
}
