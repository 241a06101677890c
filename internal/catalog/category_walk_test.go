package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

func byCategory(fields ...catalog.CategoryOrderField) (levels []*catalog.CategoryOrder) {
	for _, f := range fields {
		level := &catalog.CategoryOrder{Field: f, Direction: page.Ascending}
		if field, descends := strings.CutSuffix(string(f), "-"); descends {
			level = &catalog.CategoryOrder{Field: catalog.CategoryOrderField(field), Direction: page.Descending}
		}
		levels = append(levels, level)
	}
	return levels
}

// categoryOrders are the orders that walks are tried with.
var categoryOrders = [][]catalog.CategoryOrderField{
	nil,
	{"NAME"},
	{"NAME-"},
	{"CREATED_AT"},
	{"CREATED_AT-"},
	{"PRODUCT_COUNT"},
	{"PRODUCT_COUNT-"},
	{"PRODUCT_COUNT-", "NAME"},
	{"CREATED_AT", "PRODUCT_COUNT-"},
	{"NAME", "PRODUCT_COUNT", "CREATED_AT-"},
}

func (w *world) categories(ctx context.Context, where *catalog.CategoryWhere, orderBy []*catalog.CategoryOrder) pagetest.List[*ent.Category] {
	return func(args page.Args, selected page.Fields) (*catalog.CategoryConnection, error) {
		return w.Categories(ctx, args, where, orderBy, selected)
	}
}

func categoryID(c *ent.Category) int64 { return c.ID }

// rack fills a world with n categories, of which many share their name, time of creation or number of published
// products, and answers them all.
func (w *world) rack(t testing.TB, n int) []*ent.Category {
	t.Helper()
	w.write(t, func(tx *ent.Tx) error {
		for i := range n {
			name := fold.Canonical(strings.TrimSpace(hardNames[i*7%len(hardNames)]))
			row, err := tx.Category.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprintf("c%d", i)).
				SetCreatedAt(noon.Truncate(time.Second).Add(hardTimes[i%len(hardTimes)])).SetUpdatedAt(noon).Save(t.Context())
			if err != nil {
				return err
			}
			for j := range i * 3 % 5 {
				if err := putOn(t.Context(), tx, row.ID, fmt.Sprintf("p-%d-%d", i, j), (i+j)%3 != 0); err != nil {
					return err
				}
			}
		}
		return nil
	})
	all, _ := w.counted(t)
	return all
}

// putOn puts a product on a shelf.
func putOn(ctx context.Context, tx *ent.Tx, shelf int64, slug string, published bool) error {
	return tx.Product.Create().SetName("p").SetNameKey("p").SetSlug(slug).SetPrice(1).
		SetCategoryID(shelf).SetIsPublished(published).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
}

// counted are all categories as they are now, with how many published products each has.
func (w *world) counted(t testing.TB) ([]*ent.Category, map[int64]int) {
	t.Helper()
	rows, err := w.db.Read.Category.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	products, counts := w.snapshot(t), make(map[int64]int)
	for _, row := range rows {
		counts[row.ID] = published(products, row)
	}
	return rows, counts
}

func TestCategoryWalks(t *testing.T) {
	w := build(t)
	w.rack(t, 60)
	all, counts := w.counted(t)
	filters := map[string]*catalog.CategoryWhere{"all": nil, "some": {Name: &text{Contains: new("A")}}}
	for _, order := range categoryOrders {
		for which, where := range filters {
			want := slices.DeleteFunc(slices.Clone(all), func(c *ent.Category) bool { return !modelOf(nil).holdsForCategory(where, c) })
			if len(want) < 10 {
				t.Fatalf("%s are %d: that is no good walk", which, len(want))
			}
			slices.SortFunc(want, compareCategories(byCategory(order...), counts))
			for who, viewer := range map[string]auth.Viewer{"anonymous": {}, "staff": w.root} { // the order tells both the same
				for _, size := range pagetest.Sizes() {
					for _, backward := range []bool{false, true} {
						t.Run(fmt.Sprintf("%s/%s/%s/by %d/%s", who, which, order, size, pagetest.Direction(backward)), func(t *testing.T) {
							t.Parallel()
							pagetest.Walk(t, w.categories(as(t, viewer), where, byCategory(order...)), categoryID, want, size, backward)
						})
					}
				}
			}
		}
	}
}

// While categories come, go and are renamed, and products come and go on them, a walk meets every category that stays and
// keeps its sort key, once, in order.
func TestCategoryWalksWhileTheListChanges(t *testing.T) {
	for _, order := range categoryOrders {
		for _, backward := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%s", order, pagetest.Direction(backward)), func(t *testing.T) {
				t.Parallel()
				w := build(t)
				w.rack(t, 90)
				all, counts := w.counted(t)
				levels := categoryLevelsOf(byCategory(order...))
				pagetest.WalkDisturbed(t, w.categories(anonymous(t), nil, byCategory(order...)), categoryID, 6, backward,
					func(step int, seen []int64) { w.disturbShelves(t, step, all, seen) },
					func() []*ent.Category {
						after, now := w.counted(t)
						settled := slices.DeleteFunc(slices.Clone(all), func(c *ent.Category) bool {
							return !slices.ContainsFunc(after, func(a *ent.Category) bool {
								return a.ID == c.ID && levels.compare(shelved{a, now[a.ID]}, shelved{c, counts[c.ID]}) == 0
							})
						})
						slices.SortFunc(settled, compareCategories(byCategory(order...), counts))
						if len(settled) < 30 {
							t.Errorf("only %d categories are settled", len(settled))
						}
						return settled
					})
			})
		}
	}
}

// disturbShelves makes a category and deletes one or two: the last one of the page just seen, and one wherever it stands. It
// renames another, has products come to or vanish from a third, and changes of a fourth what nothing is sorted by.
func (w *world) disturbShelves(t testing.TB, step int, all []*ent.Category, seen []int64) {
	t.Helper()
	at := func(n int) int64 { return all[n%len(all)].ID }
	w.write(t, func(tx *ent.Tx) error {
		row, err := tx.Category.Create().SetName("M").SetNameKey([]string{"m", "!", "zz"}[step%3]).SetSlug(fmt.Sprint("new", step)).
			SetCreatedAt(all[step].CreatedAt).SetUpdatedAt(noon).Save(t.Context())
		if err != nil {
			return err
		}
		if err := putOn(t.Context(), tx, row.ID, fmt.Sprint("new-", step), true); err != nil {
			return err
		}
		if err := tx.Category.Update().Where(category.ID(at(step*31 + 5))).SetName("Apple M").SetNameKey("apple m").Exec(t.Context()); err != nil {
			return err
		}
		if err := tx.Category.Update().Where(category.ID(at(step*17 + 9))).SetDescription("changed").SetUpdatedAt(noon.Add(time.Hour)).Exec(t.Context()); err != nil {
			return err
		}
		return restock(t.Context(), tx, step, at(step*11+4))
	})
	leaving := seen[len(seen)-1:]
	if step%2 == 0 {
		leaving = append(leaving, at(step*13+11))
	}
	w.write(t, func(tx *ent.Tx) error {
		if _, err := tx.Product.Delete().Where(product.CategoryIDIn(leaving...)).Exec(t.Context()); err != nil {
			return err
		}
		_, err := tx.Category.Delete().Where(category.IDIn(leaving...)).Exec(t.Context())
		return err
	})
}

// restock has the products of a category vanish, if it is still there, or one come, which is published or not.
func restock(ctx context.Context, tx *ent.Tx, step int, shelf int64) error {
	there, err := tx.Category.Query().Where(category.ID(shelf)).Exist(ctx)
	switch {
	case err != nil || !there:
		return err
	case step%3 == 0:
		_, err = tx.Product.Delete().Where(product.CategoryID(shelf)).Exec(ctx)
		return err
	}
	return putOn(ctx, tx, shelf, fmt.Sprint("more-", step), step%3 == 1)
}
