package catalog_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/patch"
	"github.com/gatehouse/gatehouse/internal/token"
)

// An unpublished product exists for its owner and staff only, on every path that leads to a product.
func TestVisibility(t *testing.T) {
	w := build(t)
	ids := w.assortment(t)
	for _, tt := range []struct {
		name   string
		viewer auth.Viewer
		sees   string
	}{
		{"anonymous", auth.Viewer{}, "acefg"},
		{"ada", w.ada, "abcefg"},
		{"bob", w.bob, "acdefg"},
		{"staff", w.root, "abcdefg"},
		{"a stranger", auth.Viewer{UserID: 999}, "acefg"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := as(t, tt.viewer)
			found := make(map[string]string) // what each path leads to
			for _, slug := range strings.Split("abcdefg", "") {
				p := w.stored(t, ids[slug])
				ways := map[string]catalog.ProductBy{"id": {ID: &p.ID}, "slug": {Slug: &p.Slug}}
				if p.Sku != nil {
					ways["sku"] = catalog.ProductBy{SKU: new(strings.ToUpper(*p.Sku))}
				} else {
					found["sku"] += only(tt.sees, slug) // as if
				}
				for way, by := range ways {
					got, err := w.Product(ctx, by, nil)
					if err != nil {
						t.Fatal(err)
					}
					if got != nil && got.ID == p.ID {
						found[way] += slug
					}
				}
			}
			byID, err := w.ProductsByID(ctx, append(slices.Collect(maps.Values(ids)), 0, 7), nil)
			if err != nil {
				t.Fatal(err)
			}
			for id, p := range byID {
				if id != p.ID {
					t.Errorf("product %d is answered as %d", p.ID, id)
				}
				found["ids"] += p.Slug
			}
			inEach, err := w.inEach(ctx, t, []int64{ids["upper"], ids["lower"]}, catalog.ProductsBelow{Selected: fields("nodes")})
			if err != nil {
				t.Fatal(err)
			}
			for _, below := range inEach {
				for _, p := range below.Nodes {
					found["category"] += p.Slug
				}
			}
			for path, slugs := range found {
				if got := strings.Join(slices.Sorted(slices.Values(strings.Split(slugs, ""))), ""); got != tt.sees {
					t.Errorf("by %s: %q, want %q", path, got, tt.sees)
				}
			}
			if got := w.found(t, tt.viewer, nil); got != tt.sees {
				t.Errorf("in the list: %q, want %q", got, tt.sees)
			}
			counted, err := w.Products(ctx, page.Args{First: new(0)}, nil, nil, nil, fields("totalCount"))
			if err != nil || counted.TotalCount != len(tt.sees) || len(counted.Nodes) != 0 {
				t.Errorf("counted %d, %v; want %d", counted.TotalCount, err, len(tt.sees))
			}
			// What is sought in vain is not told apart from what does not exist.
			if got := w.found(t, tt.viewer, &where{IDs: []int64{ids["b"], ids["d"]}, IsPublished: new(false)}); got != only(tt.sees, "bd") {
				t.Errorf("unpublished by id: %q, want %q", got, only(tt.sees, "bd"))
			}
		})
	}
}

// only are the letters that are in both.
func only(a, b string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(b, r) {
			return r
		}
		return -1
	}, a)
}

// How many unpublished products a category holds is nobody's business: not even staff's order tells.
func TestProductCountDoesNotLeak(t *testing.T) {
	w := build(t)
	full, sparse := w.shelf(t, "full of secrets", 0), w.shelf(t, "sparse", 0)
	for range 3 {
		w.offer(t, "Secret", full.ID, unpublished)
	}
	w.offer(t, "Public", sparse.ID)
	for who, viewer := range map[string]auth.Viewer{"anonymous": {}, "ada": w.ada, "staff": w.root} {
		got, err := w.Categories(as(t, viewer), page.Args{}, nil, byCategory("PRODUCT_COUNT-"), fields("nodes edges"))
		if err != nil || got.Nodes[0].ID != sparse.ID {
			t.Errorf("%s finds %v first, %v", who, got.Nodes[0], err)
		}
	}
}

func TestOwnerAndMayEdit(t *testing.T) {
	w := build(t)
	ids := w.assortment(t) // c is bob's, e the shop's own
	for _, tt := range []struct {
		name                string
		viewer              auth.Viewer
		slug                string
		mayEdit, tellsOwner bool
	}{
		{"anonymous", auth.Viewer{}, "c", false, false},
		{"anonymous, the shop's", auth.Viewer{}, "e", false, false},
		{"stranger", w.ada, "c", false, false},
		{"stranger, the shop's", w.ada, "e", false, false},
		{"owner", w.bob, "c", true, true},
		{"owner, unpublished", w.bob, "d", true, true},
		{"staff", w.root, "c", true, true},
		{"staff, the shop's", w.root, "e", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := as(t, tt.viewer)
			p, err := w.Product(ctx, catalog.ProductBy{ID: new(ids[tt.slug])}, fields("owner"))
			if err != nil || p == nil {
				t.Fatal(p, err)
			}
			if got, err := w.MayEdit(ctx, p); err != nil || got != tt.mayEdit {
				t.Errorf("MayEdit = %v, %v; want %v", got, err, tt.mayEdit)
			}
			owner, err := w.Owner(ctx, p)
			if err != nil || (owner != nil) != tt.tellsOwner || owner != nil && owner.ID != w.bob.UserID {
				t.Errorf("Owner = %v, %v", owner, err)
			}
		})
	}
}

// A product that was published and is no more goes from everybody else's sight, and comes back.
func TestUnpublishing(t *testing.T) {
	w := build(t)
	p := w.offer(t, "Tea", w.shelf(t, "Shelf", 0).ID)
	for _, published := range []bool{true, false, true} {
		if _, err := w.UpdateProduct(as(t, w.ada), p.ID, catalog.ProductChanges{IsPublished: patch.Set(published)}, nil); err != nil {
			t.Fatal(err)
		}
		got, err := w.Product(as(t, w.bob), catalog.ProductBy{ID: &p.ID}, nil)
		if err != nil || (got != nil) != published {
			t.Errorf("published %v: another sees %v, %v", published, got, err)
		}
	}
}

func TestProductByNothing(t *testing.T) {
	w := build(t)
	w.assortment(t)
	_, err := w.Product(anonymous(t), catalog.ProductBy{}, nil)
	wantCode(t, err, fault.BadUserInput)
	for name, by := range map[string]catalog.ProductBy{
		"no sku":            {SKU: new("")},
		"wildcards for sku": {SKU: new("%")},
		"slug in capitals":  {Slug: new("A")},
		"nobody's id":       {ID: new(int64(0))},
	} {
		if got, err := w.Product(as(t, w.root), by, nil); got != nil || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := w.Product(anonymous(t), catalog.ProductBy{SKU: new("straße-1")}, nil); err != nil || got == nil || got.Slug != "f" {
		t.Errorf("sku in another case: %v, %v", got, err)
	}
}

// A viewer whose token does not serve is anonymous; one who cannot be told fails the request.
func TestViewersWhoCannotBeTold(t *testing.T) {
	w := build(t)
	ids := w.assortment(t)
	rejected := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		return auth.Viewer{}, token.NewError(token.Expired)
	})
	got, err := w.Products(rejected, page.Args{}, nil, nil, nil, fields("totalCount"))
	if err != nil || got.TotalCount != 5 {
		t.Errorf("with an expired token: %v, %v", got, err)
	}
	broken := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		return auth.Viewer{}, errors.New("the database is gone")
	})
	b := ids["b"]
	for name, read := range map[string]func(context.Context) error{
		"Product": func(ctx context.Context) error { _, err := w.Product(ctx, catalog.ProductBy{ID: &b}, nil); return err },
		"Products": func(ctx context.Context) error {
			_, err := w.Products(ctx, page.Args{}, nil, nil, nil, fields("nodes"))
			return err
		},
		"ProductsByID":  func(ctx context.Context) error { _, err := w.ProductsByID(ctx, []int64{b}, nil); return err },
		"MayEdit":       func(ctx context.Context) error { _, err := w.MayEdit(ctx, &ent.Product{}); return err },
		"Owner":         func(ctx context.Context) error { _, err := w.Owner(ctx, &ent.Product{}); return err },
		"DeleteProduct": func(ctx context.Context) error { _, err := w.DeleteProduct(ctx, b); return err },
	} {
		wantCode(t, read(broken), fault.Internal)
		if name == "DeleteProduct" {
			continue
		}
		if err := read(t.Context()); err != nil { // without the middleware: anonymous
			t.Errorf("%s without middleware: %v", name, err)
		}
	}
}
