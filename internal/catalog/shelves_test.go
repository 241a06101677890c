package catalog_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// A category is deleted at the moment in which something is put into it. Either it is gone, and there is no such category
// to put anything into; or there is something in it, and it stays.
func TestCategoriesAreNotDeletedFromUnderThings(t *testing.T) {
	w := build(t)
	elsewhere := w.shelf(t, "Elsewhere", 0).ID
	tea := w.offer(t, "Tea", elsewhere, func(in *catalog.NewProduct) { in.SKU = new("tea") })
	leaf := w.shelf(t, "Leaf", elsewhere)
	for name, put := range map[string]struct {
		mistake string // that there is no such category
		into    func(shelf int64) error
	}{
		"a new product": {"category NOT_FOUND", func(shelf int64) error {
			return second(w.CreateProduct(as(t, w.ada), catalog.NewProduct{Name: "New", Category: shelf}, nil))
		}},
		"a product": {"category NOT_FOUND", func(shelf int64) error {
			return second(w.UpdateProduct(as(t, w.ada), tea.ID, catalog.ProductChanges{Category: patch.Set(shelf)}, nil))
		}},
		"rows": {"0.category NOT_FOUND", func(shelf int64) error {
			return second(w.UpsertProducts(as(t, w.root), []*catalog.ProductUpsert{row(t, "tea", shelf)}, nil))
		}},
		"a new category": {"parent NOT_FOUND", func(shelf int64) error {
			return second(w.CreateCategory(as(t, w.root), catalog.NewCategory{Name: "New", Parent: &shelf}, nil))
		}},
		"a category": {"parent NOT_FOUND", func(shelf int64) error {
			return second(w.UpdateCategory(as(t, w.root), leaf.ID, catalog.CategoryChanges{Parent: patch.Set(shelf)}, nil))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 10 {
				shelf := w.shelf(t, fmt.Sprint("Shelf ", i), 0).ID
				var putErr, deleteErr error
				var group sync.WaitGroup
				group.Go(func() { putErr = put.into(shelf) })
				group.Go(func() { _, deleteErr = w.DeleteCategory(as(t, w.root), shelf) })
				group.Wait()
				if deleteErr == nil {
					wantMistakes(t, putErr, put.mistake)
				} else {
					wantMistakes(t, deleteErr, "id IN_USE")
					if putErr != nil {
						t.Errorf("neither was the category deleted nor anything put into it: %v", putErr)
					}
				}
			}
		})
	}
	lost := w.db.Read.Product.Query().Where(product.Not(product.HasCategory())).CountX(t.Context()) +
		w.db.Read.Category.Query().Where(category.ParentIDNotNil(), category.Not(category.HasParent())).CountX(t.Context())
	if lost > 0 {
		t.Errorf("%d products and categories are in a category that is gone", lost)
	}
}
