package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/patch"
)

func TestCreateProduct(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	got, err := w.CreateProduct(as(t, w.ada), catalog.NewProduct{
		Name:        "  Cafe\u0301 \u00a0",
		Slug:        new(" cafe_1-b "),
		SKU:         new("\tA\u030a-1 "),
		Description: new(" Line one\r\n\tLine two: e\u0301 \n"),
		Price:       decimal(t, "18.1"),
		Stock:       new(7),
		Category:    shelf.ID,
		IsPublished: new(false),
	}, fields("category{parent} owner"))
	if err != nil {
		t.Fatal(err)
	}
	p := w.stored(t, got.ID)
	if p.Name != "Café" || p.NameKey != "café" || p.Slug != "cafe_1-b" || *p.Sku != "Å-1" || *p.SkuKey != "å-1" ||
		p.Description != " Line one\r\n\tLine two: é \n" || p.DescriptionKey != fold.Text(p.Description) {
		t.Errorf("texts stored as %v", p)
	}
	if p.Price != 1810 || p.Stock != 7 || p.CategoryID != shelf.ID || p.IsPublished || p.Version != 1 || *p.OwnerID != w.ada.UserID {
		t.Errorf("stored %v", p)
	}
	if want := noon.Truncate(time.Millisecond); !p.CreatedAt.Equal(want) || !p.UpdatedAt.Equal(want) {
		t.Errorf("created %v, updated %v; want %v, in whole milliseconds", p.CreatedAt, p.UpdatedAt, want)
	}
	if got.Edges.Category == nil || got.Edges.Category.ID != shelf.ID || got.Edges.Owner == nil || got.Edges.Owner.ID != w.ada.UserID {
		t.Errorf("answered without what was selected: %v", got.Edges)
	}
}

func TestCreateProductWithTheLeast(t *testing.T) {
	w := build(t)
	p := w.offer(t, "Tea", w.shelf(t, "Shelf", 0).ID)
	if p.Slug != "tea" || p.Sku != nil || p.SkuKey != nil || p.Description != "" || p.Price != 100 || p.Stock != 0 || !p.IsPublished {
		t.Errorf("made %v", p)
	}
}

// Who may change a product is decided beside the row, not by the directives, which do not know its owner.
func TestProductsAreNotChangedByStrangers(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	public, secret := w.offer(t, "Public", shelf.ID), w.offer(t, "Secret", shelf.ID, unpublished)
	var shops *ent.Product
	w.write(t, func(tx *ent.Tx) (err error) {
		shops, err = tx.Product.Create().SetName("Shop's").SetNameKey("shop's").SetSlug("shops").SetPrice(1).SetCategoryID(shelf.ID).
			SetCreatedAt(noon).SetUpdatedAt(noon).Save(t.Context())
		return err
	})
	changes := catalog.ProductChanges{Name: patch.Set("Mine now")}
	for _, tt := range []struct {
		name   string
		viewer auth.Viewer
		id     int64
		want   fault.Code
	}{
		{"anonymous, public", auth.Viewer{}, public.ID, fault.Unauthenticated},
		{"anonymous, secret", auth.Viewer{}, secret.ID, fault.Unauthenticated},
		{"anonymous, none", auth.Viewer{}, 5, fault.Unauthenticated},
		{"stranger, public", w.bob, public.ID, fault.Forbidden},
		{"stranger, secret", w.bob, secret.ID, fault.NotFound},
		{"stranger, the shop's", w.bob, shops.ID, fault.Forbidden},
		{"owner, the shop's", w.ada, shops.ID, fault.Forbidden},
		{"owner, none", w.ada, 5, fault.NotFound},
		{"owner, nobody's id", w.ada, 0, fault.NotFound},
		{"staff, none", w.root, shelf.ID, fault.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.UpdateProduct(as(t, tt.viewer), tt.id, changes, nil)
			wantCode(t, err, tt.want)
			_, err = w.DeleteProduct(as(t, tt.viewer), tt.id)
			wantCode(t, err, tt.want)
			if tt.want == fault.Unauthenticated {
				_, err = w.CreateProduct(as(t, tt.viewer), catalog.NewProduct{Name: "x", Category: shelf.ID}, nil)
				wantCode(t, err, tt.want)
			}
		})
	}
	for _, id := range []int64{public.ID, secret.ID, shops.ID} {
		if p := w.stored(t, id); p.Version != 1 {
			t.Errorf("%s was changed", p.Slug)
		}
	}
	for _, viewer := range []auth.Viewer{w.ada, w.root} {
		if _, err := w.UpdateProduct(as(t, viewer), secret.ID, changes, nil); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.DeleteProduct(as(t, w.root), shops.ID); err != nil {
		t.Error(err)
	}
	if id, err := w.DeleteProduct(as(t, w.ada), public.ID); err != nil || id != public.ID {
		t.Errorf("DeleteProduct = %d, %v", id, err)
	}
	if n := w.db.Read.Product.Query().CountX(t.Context()); n != 1 {
		t.Errorf("%d products left", n)
	}
}

// mistakesOfProducts are inputs that are wrong in both a new product and a change of one.
func mistakesOfProducts(t *testing.T) []struct {
	name    string
	changes catalog.ProductChanges
	want    []string
} {
	set := patch.Set[string]
	return []struct {
		name    string
		changes catalog.ProductChanges
		want    []string
	}{
		{"name empty", catalog.ProductChanges{Name: set("")}, []string{"name REQUIRED"}},
		{"name blank", catalog.ProductChanges{Name: set(" \t\u00a0\u3000\n")}, []string{"name REQUIRED"}},
		{"name of two lines", catalog.ProductChanges{Name: set("a\nb")}, []string{"name INVALID"}},
		{"name of two lines, by a line separator", catalog.ProductChanges{Name: set("a\u2028b")}, []string{"name INVALID"}},
		{"name of two paragraphs", catalog.ProductChanges{Name: set("a\u2029b")}, []string{"name INVALID"}},
		{"name with NUL", catalog.ProductChanges{Name: set("a\x00")}, []string{"name INVALID"}},
		{"name with a C1 control", catalog.ProductChanges{Name: set("a\u0085b")}, []string{"name INVALID"}},
		{"name not UTF-8", catalog.ProductChanges{Name: set("a\xff")}, []string{"name INVALID"}},
		{"name too long", catalog.ProductChanges{Name: set(strings.Repeat("é", 201))}, []string{"name TOO_LONG"}},

		{"slug empty", catalog.ProductChanges{Slug: set("")}, []string{"slug REQUIRED"}},
		{"slug in capitals", catalog.ProductChanges{Slug: set("Tea")}, []string{"slug INVALID"}},
		{"slug with a blank", catalog.ProductChanges{Slug: set("a b")}, []string{"slug INVALID"}},
		{"slug beyond ASCII", catalog.ProductChanges{Slug: set("thé")}, []string{"slug INVALID"}},
		{"slug of other digits", catalog.ProductChanges{Slug: set("tea-٣")}, []string{"slug INVALID"}},
		{"slug that begins with a hyphen", catalog.ProductChanges{Slug: set("-tea")}, []string{"slug INVALID"}},
		{"slug that ends in an underscore", catalog.ProductChanges{Slug: set("tea_")}, []string{"slug INVALID"}},
		{"slug of a hyphen", catalog.ProductChanges{Slug: set("-")}, []string{"slug INVALID"}},
		{"slug with a slash", catalog.ProductChanges{Slug: set("a/b")}, []string{"slug INVALID"}},
		{"slug of two lines", catalog.ProductChanges{Slug: set("a\nb")}, []string{"slug INVALID"}},
		{"slug too long", catalog.ProductChanges{Slug: set(strings.Repeat("a", 201))}, []string{"slug TOO_LONG"}},
		{"slug taken", catalog.ProductChanges{Slug: set("taken")}, []string{"slug NOT_UNIQUE"}},
		{"slug taken by one that nobody sees", catalog.ProductChanges{Slug: set("secret")}, []string{"slug NOT_UNIQUE"}},

		{"sku empty", catalog.ProductChanges{SKU: set("")}, []string{"sku REQUIRED"}},
		{"sku blank", catalog.ProductChanges{SKU: set("  ")}, []string{"sku REQUIRED"}},
		{"sku of two lines", catalog.ProductChanges{SKU: set("a\u2028b")}, []string{"sku INVALID"}},
		{"sku with a tab", catalog.ProductChanges{SKU: set("a\tb")}, []string{"sku INVALID"}},
		{"sku too long", catalog.ProductChanges{SKU: set(strings.Repeat("ß", 65))}, []string{"sku TOO_LONG"}},
		{"sku taken", catalog.ProductChanges{SKU: set("STRASSE-Å")}, []string{"sku NOT_UNIQUE"}},
		{"sku taken in another case", catalog.ProductChanges{SKU: set("straße-å")}, []string{"sku NOT_UNIQUE"}},
		{"sku taken in another coding", catalog.ProductChanges{SKU: set(" strasse-a\u030a ")}, []string{"sku NOT_UNIQUE"}},

		{"description too long", catalog.ProductChanges{Description: set(strings.Repeat("é", 10_001))}, []string{"description TOO_LONG"}},
		{"description with NUL", catalog.ProductChanges{Description: set("a\x00")}, []string{"description INVALID"}},
		{"description with an escape", catalog.ProductChanges{Description: set("a\x1b[31m")}, []string{"description INVALID"}},
		{"description not UTF-8", catalog.ProductChanges{Description: set("\xc3")}, []string{"description INVALID"}},

		{"price negative", catalog.ProductChanges{Price: patch.Set(decimal(t, "-0.01"))}, []string{"price INVALID"}},
		{"price of three places", catalog.ProductChanges{Price: patch.Set(decimal(t, "1.001"))}, []string{"price INVALID"}},
		{"price too high", catalog.ProductChanges{Price: patch.Set(decimal(t, "100000000"))}, []string{"price INVALID"}},
		{"price far too high", catalog.ProductChanges{Price: patch.Set(decimal(t, "99999999999999999999"))}, []string{"price INVALID"}},
		{"stock negative", catalog.ProductChanges{Stock: patch.Set(-1)}, []string{"stock INVALID"}},
		{"category that is none", catalog.ProductChanges{Category: patch.Set(int64(0))}, []string{"category NOT_FOUND"}},
		{"category that is a product", catalog.ProductChanges{Category: patch.Set(int64(3)<<32 + 1)}, []string{"category NOT_FOUND"}},

		{"everything at once", catalog.ProductChanges{
			Name: set(" "), Slug: set("secret"), SKU: set("straße-å"), Description: set("\x00"), Price: patch.Set(decimal(t, "-1")),
			Stock: patch.Set(-1), Category: patch.Set(int64(1)),
		}, []string{"name REQUIRED", "slug NOT_UNIQUE", "sku NOT_UNIQUE", "description INVALID", "price INVALID", "stock INVALID", "category NOT_FOUND"}},
	}
}

func TestProductMistakes(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	w.offer(t, "Taken", shelf.ID, func(in *catalog.NewProduct) { in.SKU = new("Strasse-Å") })
	w.offer(t, "Secret", shelf.ID, unpublished)
	mine := w.offer(t, "Mine", shelf.ID, func(in *catalog.NewProduct) { in.SKU = new("mine") })
	before := w.stored(t, mine.ID)
	rows := w.db.Read.Product.Query().CountX(t.Context())
	for _, tt := range mistakesOfProducts(t) {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.UpdateProduct(as(t, w.ada), mine.ID, tt.changes, nil)
			wantMistakes(t, err, tt.want...)

			in := catalog.NewProduct{
				Name: "New", Slug: tt.changes.Slug.Value(), SKU: tt.changes.SKU.Value(), Description: tt.changes.Description.Value(),
				Stock: tt.changes.Stock.Value(), Category: shelf.ID,
			}
			if name := tt.changes.Name.Value(); name != nil {
				in.Name = *name
			}
			if price := tt.changes.Price.Value(); price != nil {
				in.Price = *price
			}
			if category := tt.changes.Category.Value(); category != nil {
				in.Category = *category
			}
			_, err = w.CreateProduct(as(t, w.ada), in, nil)
			wantMistakes(t, err, tt.want...)
		})
	}
	if after := w.stored(t, mine.ID); after.String() != before.String() {
		t.Errorf("changed in spite of the mistakes: %v", after)
	}
	if n := w.db.Read.Product.Query().CountX(t.Context()); n != rows {
		t.Errorf("%d products, want %d: some were made in spite of the mistakes", n, rows)
	}
}

// Null clears what may be empty, and is a mistake elsewhere; an absent field stays as it is.
func TestUpdateProductFields(t *testing.T) {
	w := build(t)
	shelf, other := w.shelf(t, "Shelf", 0), w.shelf(t, "Other", 0)
	p := w.offer(t, "Tea", shelf.ID, func(in *catalog.NewProduct) {
		in.SKU, in.Description, in.Stock = new("T-1"), new("Hot"), new(3)
	})
	update := func(changes catalog.ProductChanges) *ent.Product {
		t.Helper()
		w.clock.pass(time.Minute)
		if _, err := w.UpdateProduct(as(t, w.ada), p.ID, changes, nil); err != nil {
			t.Fatal(err)
		}
		return w.stored(t, p.ID)
	}

	got := update(catalog.ProductChanges{})
	if got.Version != 2 || !got.UpdatedAt.Equal(noon.Add(time.Minute).Truncate(time.Millisecond)) || !got.CreatedAt.Equal(p.CreatedAt) {
		t.Errorf("an empty update made %v", got)
	}
	got.Version, got.UpdatedAt = 1, p.UpdatedAt
	if got.String() != p.String() {
		t.Errorf("an empty update changed %v to %v", p, got)
	}

	got = update(catalog.ProductChanges{
		Name: patch.Set("Green tea"), Slug: patch.Set("green"), SKU: patch.Set("G-1"), Description: patch.Set("Hotter"),
		Price: patch.Set(decimal(t, "99999999.99")), Stock: patch.Set(0), Category: patch.Set(other.ID), IsPublished: patch.Set(false),
	})
	if got.Name != "Green tea" || got.NameKey != "green tea" || got.Slug != "green" || *got.Sku != "G-1" || *got.SkuKey != "g-1" ||
		got.Description != "Hotter" || got.DescriptionKey != "hotter" || got.Price != money.Max || got.Stock != 0 ||
		got.CategoryID != other.ID || got.IsPublished || got.Version != 3 || *got.OwnerID != w.ada.UserID {
		t.Errorf("updated to %v", got)
	}

	// What is its own already is not taken, in whatever case.
	if got = update(catalog.ProductChanges{Slug: patch.Set("green"), SKU: patch.Set("g-1")}); *got.Sku != "g-1" {
		t.Errorf("updated to %v", got)
	}

	got = update(catalog.ProductChanges{SKU: patch.Null[string](), Description: patch.Null[string]()})
	if got.Sku != nil || got.SkuKey != nil || got.Description != "" || got.DescriptionKey != "" || got.Name != "Green tea" {
		t.Errorf("cleared to %v", got)
	}
	if got = update(catalog.ProductChanges{Description: patch.Set("")}); got.Description != "" {
		t.Errorf("description %q", got.Description)
	}

	_, err := w.UpdateProduct(as(t, w.ada), p.ID, catalog.ProductChanges{
		Name: patch.Null[string](), Slug: patch.Null[string](), Price: patch.Null[money.Decimal](),
		Stock: patch.Null[int](), Category: patch.Null[int64](), IsPublished: patch.Null[bool](),
	}, nil)
	wantMistakes(t, err, "name REQUIRED", "slug REQUIRED", "price REQUIRED", "stock REQUIRED", "category REQUIRED", "isPublished REQUIRED")
	if got := w.stored(t, p.ID); got.Version != 6 {
		t.Errorf("version %d after six updates, one of them refused", got.Version)
	}
}

func TestTextsUpToTheirLimits(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	for i, in := range []catalog.NewProduct{
		{Name: strings.Repeat("𝒳", 200), SKU: new(strings.Repeat("𝒴", 64)), Description: new(strings.Repeat("𝒵", 10_000))},
		{Name: strings.Repeat("ΐ", 200), SKU: new(strings.Repeat("ΐ", 64)), Description: new(strings.Repeat("ΐ", 10_000))}, // longer when folded
		{Name: strings.Repeat("e\u0301", 200)}, // 400 characters as sent, 200 composed
		{Name: strings.Repeat(" ", 500) + "x" + strings.Repeat(" ", 500)},
		{Name: "y", Slug: new(strings.Repeat("a", 200))},
		{Name: "z", Slug: new("a--b__c-_d")},
	} {
		in.Category = shelf.ID
		if _, err := w.CreateProduct(as(t, w.ada), in, nil); err != nil {
			t.Errorf("product %d: %v", i, err)
		}
	}
}

func TestSlugsFromNames(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	for _, tt := range []struct{ name, want string }{
		{"Gustaf's Knäckebröd", "gustafs-knackebrod"},
		{"Tom & Jerry", "tom-and-jerry"},
		{"Straße", "strasse"},
		{"水", "shui"},
		{"Ζεύς", "zeus"},
		{"100 % _x_", "100-_x"},
		{"snake__case", "snake__case"},
		{"a _ b", "a-_-b"},
		{"🙂", "product"}, // there is nothing to make a slug of
		{"🙃", "product-2"},
		{"---", "product-3"},
		{"_", "product-4"},
		{"Tea", "tea"},
		{"tea", "tea-2"},
		{"TEA", "tea-3"},
		{"tea 2", "tea-2-2"}, // what it suggests was made for another
		{"Tea time", "tea-time"},
		{strings.Repeat("a", 200), strings.Repeat("a", 188)},
		{strings.Repeat("a", 199), strings.Repeat("a", 188) + "-2"},
		{strings.Repeat("ab ", 66), strings.Repeat("ab-", 62) + "ab"}, // not cut behind a hyphen
		{strings.Repeat("水", 200), ""},
		{strings.Repeat("水", 200), ""},
		{strings.Repeat(" ", 5000) + "far out" + strings.Repeat(" ", 5000), "far-out"},
	} {
		got := w.offer(t, tt.name, shelf.ID).Slug
		if len(got) > catalog.MaxSlug || tt.want != "" && got != tt.want {
			t.Errorf("%q has the slug %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSlugsOfEqualNames(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	// A hand has been there before: these are passed over, and what only looks alike is not.
	for _, slug := range []string{"x-2", "x-7", "x-07", "x-y", "x_3", "x2", "xx"} {
		w.offer(t, "By hand", shelf.ID, func(in *catalog.NewProduct) { in.Slug = &slug })
	}
	for i := range 50 {
		want := "x"
		if i > 0 {
			n := i + 2 // 2 is taken
			if n >= 7 {
				n++
			}
			want = fmt.Sprintf("x-%d", n)
		}
		if got := w.offer(t, "X", shelf.ID).Slug; got != want {
			t.Errorf("product %d has the slug %q, want %q", i, got, want)
		}
	}
	// The lowest number that is free, though it was not always.
	id := w.db.Read.Product.Query().Where(product.Slug("x-5")).OnlyIDX(t.Context())
	if _, err := w.DeleteProduct(as(t, w.root), id); err != nil {
		t.Fatal(err)
	}
	if got := w.offer(t, "x!", shelf.ID).Slug; got != "x-5" {
		t.Errorf("slug %q, want x-5", got)
	}
}

// Everybody who makes the same product at once gets it, each under a slug of its own.
func TestConcurrentCreations(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	const callers = 20
	var group sync.WaitGroup
	var made, refused int
	var mu sync.Mutex
	for i := range callers {
		group.Go(func() {
			in := catalog.NewProduct{Name: "Same", Category: shelf.ID}
			if i%2 == 0 {
				in.SKU = new([]string{"one", "ONE", "One"}[i%3])
			}
			_, err := w.CreateProduct(as(t, w.ada), in, nil)
			mu.Lock()
			defer mu.Unlock()
			var mistakes fault.Mistakes
			switch {
			case err == nil:
				made++
			case errors.As(err, &mistakes):
				refused++
				wantMistakes(t, err, "sku NOT_UNIQUE")
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made != callers/2+1 || refused != callers/2-1 {
		t.Errorf("%d made, %d refused; want %d and %d", made, refused, callers/2+1, callers/2-1)
	}
}

func TestStaleVersions(t *testing.T) {
	w := build(t)
	p := w.offer(t, "Tea", w.shelf(t, "Shelf", 0).ID)
	update := func(ctx context.Context, expected *int, name string) (*ent.Product, error) {
		return w.UpdateProduct(ctx, p.ID, catalog.ProductChanges{Name: patch.Set(name), ExpectedVersion: expected}, fields("category"))
	}
	if got, err := update(as(t, w.ada), new(1), "Green tea"); err != nil || got.Version != 2 {
		t.Fatalf("update of the version there is: %v, %v", got, err)
	}
	for _, expected := range []int{1, 0, -1, 3, 1 << 31} {
		got, err := update(as(t, w.root), &expected, "Black tea")
		wantMistakes(t, err, "expectedVersion STALE_VERSION")
		if got == nil || got.Version != 2 || got.Name != "Green tea" || got.Edges.Category == nil {
			t.Errorf("expected version %d: the current row is %v, with its category; not %v", expected, w.stored(t, p.ID), got)
		}
	}
	// Which version it was is told before what else is wrong: the rest was checked against another one.
	_, err := w.UpdateProduct(as(t, w.ada), p.ID, catalog.ProductChanges{Name: patch.Set(""), ExpectedVersion: new(1)}, nil)
	wantMistakes(t, err, "expectedVersion STALE_VERSION")
	// And to those only who may change it.
	_, err = update(as(t, w.bob), new(1), "Bob's tea")
	wantCode(t, err, fault.Forbidden)
	if got, err := update(as(t, w.ada), nil, "Any tea"); err != nil || got.Version != 3 {
		t.Errorf("update of whatever version: %v, %v", got, err)
	}
}

// Of many who change the same version, one does.
func TestConcurrentUpdates(t *testing.T) {
	w := build(t)
	p := w.offer(t, "Tea", w.shelf(t, "Shelf", 0).ID)
	const callers = 10
	winners := make(chan string, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			name := fmt.Sprintf("Tea %d", i)
			got, err := w.UpdateProduct(as(t, w.ada), p.ID, catalog.ProductChanges{Name: patch.Set(name), ExpectedVersion: new(1)}, nil)
			if err == nil {
				winners <- name
				return
			}
			wantMistakes(t, err, "expectedVersion STALE_VERSION")
			if got == nil || got.Version != 2 {
				t.Errorf("the current row is answered as %v", got)
			}
		})
	}
	group.Wait()
	close(winners)
	if len(winners) != 1 {
		t.Fatalf("%d updates of the same version", len(winners))
	}
	if got := w.stored(t, p.ID); got.Version != 2 || got.Name != <-winners {
		t.Errorf("stored %v", got)
	}
}

// A row's times never go back, whatever the clock does.
func TestTimesNeverGoBack(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	p := w.offer(t, "Tea", shelf.ID)
	w.clock.pass(-time.Hour)
	got, err := w.UpdateProduct(as(t, w.ada), p.ID, catalog.ProductChanges{Stock: patch.Set(1)}, nil)
	if err != nil || !got.UpdatedAt.Equal(p.UpdatedAt) || got.Stock != 1 {
		t.Errorf("updated at %v, %v; want %v still", got.UpdatedAt, err, p.UpdatedAt)
	}
	category, err := w.UpdateCategory(as(t, w.root), shelf.ID, catalog.CategoryChanges{Name: patch.Set("Shelves")}, nil)
	if err != nil || !category.UpdatedAt.Equal(shelf.UpdatedAt) {
		t.Errorf("updated at %v, %v; want %v still", category.UpdatedAt, err, shelf.UpdatedAt)
	}
	w.clock.pass(2 * time.Hour)
	got, err = w.UpdateProduct(as(t, w.ada), p.ID, catalog.ProductChanges{}, nil)
	if err != nil || !got.UpdatedAt.Equal(p.UpdatedAt.Add(time.Hour)) || !got.CreatedAt.Equal(p.CreatedAt) {
		t.Errorf("created %v, updated %v, %v", got.CreatedAt, got.UpdatedAt, err)
	}
}

func TestPricesAreExact(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	for _, tt := range []struct{ in, want string }{
		{"0", "0.00"},
		{"-0", "0.00"},
		{"0.1", "0.10"},
		{"0.29", "0.29"},
		{"1.10", "1.10"},
		{"4.35", "4.35"},
		{"8.20", "8.20"},
		{"1.005000", ""},
		{"1.0050", ""},
		{"1.0500", "1.05"},
		{"19.99", "19.99"},
		{"70368744177664", ""},
		{"9007199.25", "9007199.25"},
		{"99999999.99", "99999999.99"},
		{"00018.00", "18.00"},
	} {
		p, err := w.CreateProduct(as(t, w.ada), catalog.NewProduct{Name: "x", Price: decimal(t, tt.in), Category: shelf.ID}, nil)
		if tt.want == "" {
			wantMistakes(t, err, "price INVALID")
			continue
		}
		if err != nil || w.stored(t, p.ID).Price.String() != tt.want {
			t.Errorf("%s is stored as %v, %v", tt.in, p, err)
		}
	}
}

// Times are stored in UTC, wherever the clock stands: SQLite sorts them as texts.
func TestClocksOfOtherZones(t *testing.T) {
	w := build(t)
	shelf := w.shelf(t, "Shelf", 0)
	var want []int64
	for _, hours := range []int{9, -9, 0, 5} {
		w.clock.time = w.clock.time.Add(time.Minute).In(time.FixedZone("", hours*3600))
		want = append(want, w.offer(t, "Tea", shelf.ID).ID)
	}
	got, err := w.Products(anonymous(t), page.Args{}, nil, nil, byProduct("CREATED_AT"), fields("nodes"))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got.Nodes {
		if p.ID != want[i] {
			t.Errorf("place %d holds product %d, want %d", i, p.ID, want[i])
		}
	}
}
