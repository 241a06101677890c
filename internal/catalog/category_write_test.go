package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/patch"
)

func TestCreateAndUpdateCategory(t *testing.T) {
	w := build(t)
	root := w.shelf(t, "Root", 0)
	got, err := w.CreateCategory(as(t, w.root), catalog.NewCategory{
		Name: " Cafe\u0301 ", Slug: new("cafe_1"), Description: new("\tHot "), Parent: &root.ID,
	}, fields("parent children ancestors"))
	if err != nil {
		t.Fatal(err)
	}
	if now := noon.Truncate(time.Millisecond); got.Name != "Café" || got.NameKey != "café" || got.Slug != "cafe_1" || got.Description != "\tHot " ||
		*got.ParentID != root.ID || !got.CreatedAt.Equal(now) || !got.UpdatedAt.Equal(now) {
		t.Errorf("made %v", got)
	}
	if got.Edges.Parent == nil || got.Edges.Parent.ID != root.ID || len(got.Ancestors) != 1 || len(got.Edges.Children) != 0 {
		t.Errorf("answered without what was selected: %v, ancestors %v", got.Edges, got.Ancestors)
	}

	w.clock.pass(time.Second)
	got, err = w.UpdateCategory(as(t, w.root), got.ID, catalog.CategoryChanges{}, nil)
	if err != nil || got.Name != "Café" || *got.ParentID != root.ID || !got.UpdatedAt.Equal(noon.Add(time.Second).Truncate(time.Millisecond)) {
		t.Errorf("an empty update made %v, %v", got, err)
	}
	got, err = w.UpdateCategory(as(t, w.root), got.ID, catalog.CategoryChanges{
		Name: patch.Set("Tea"), Slug: patch.Set("tea"), Description: patch.Null[string](), Parent: patch.Null[int64](),
	}, nil)
	if err != nil || got.Name != "Tea" || got.NameKey != "tea" || got.Slug != "tea" || got.Description != "" || got.ParentID != nil {
		t.Errorf("updated to %v, %v", got, err)
	}
	_, err = w.UpdateCategory(as(t, w.root), got.ID, catalog.CategoryChanges{Name: patch.Null[string](), Slug: patch.Null[string]()}, nil)
	wantMistakes(t, err, "name REQUIRED", "slug REQUIRED")
	if _, err = w.UpdateCategory(as(t, w.root), got.ID, catalog.CategoryChanges{Slug: patch.Set("tea")}, nil); err != nil {
		t.Errorf("its own slug is taken: %v", err)
	}
	for _, id := range []int64{0, -1, root.ID + 1000, int64(3)<<32 + 1} {
		_, err = w.UpdateCategory(as(t, w.root), id, catalog.CategoryChanges{}, nil)
		wantCode(t, err, fault.NotFound)
		_, err = w.DeleteCategory(as(t, w.root), id)
		wantCode(t, err, fault.NotFound)
	}
}

func TestCategoryMistakes(t *testing.T) {
	w := build(t)
	w.shelf(t, "Taken", 0)
	mine := w.shelf(t, "Mine", 0)
	set := patch.Set[string]
	for _, tt := range []struct {
		name    string
		changes catalog.CategoryChanges
		want    []string
	}{
		{"name blank", catalog.CategoryChanges{Name: set(" \u3000")}, []string{"name REQUIRED"}},
		{"name with a control character", catalog.CategoryChanges{Name: set("a\x7f")}, []string{"name INVALID"}},
		{"name too long", catalog.CategoryChanges{Name: set(strings.Repeat("é", 201))}, []string{"name TOO_LONG"}},
		{"slug empty", catalog.CategoryChanges{Slug: set("")}, []string{"slug REQUIRED"}},
		{"slug wrong", catalog.CategoryChanges{Slug: set("A")}, []string{"slug INVALID"}},
		{"slug taken", catalog.CategoryChanges{Slug: set("taken")}, []string{"slug NOT_UNIQUE"}},
		{"description too long", catalog.CategoryChanges{Description: set(strings.Repeat("é", 10_001))}, []string{"description TOO_LONG"}},
		{"parent nobody's id", catalog.CategoryChanges{Parent: patch.Set(int64(0))}, []string{"parent NOT_FOUND"}},
		{"parent that is none", catalog.CategoryChanges{Parent: patch.Set(mine.ID + 1000)}, []string{"parent NOT_FOUND"}},
		{"everything at once", catalog.CategoryChanges{
			Name: set(""), Slug: set("taken"), Description: set("\x00"), Parent: patch.Set(int64(0)),
		}, []string{"name REQUIRED", "slug NOT_UNIQUE", "description INVALID", "parent NOT_FOUND"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.UpdateCategory(as(t, w.root), mine.ID, tt.changes, nil)
			wantMistakes(t, err, tt.want...)
			in := catalog.NewCategory{Name: "New", Slug: tt.changes.Slug.Value(), Description: tt.changes.Description.Value(), Parent: tt.changes.Parent.Value()}
			if name := tt.changes.Name.Value(); name != nil {
				in.Name = *name
			}
			_, err = w.CreateCategory(as(t, w.root), in, nil)
			wantMistakes(t, err, tt.want...)
		})
	}
	if n := w.db.Read.Category.Query().CountX(t.Context()); n != 2 {
		t.Errorf("%d categories: some were made in spite of the mistakes", n)
	}
}

func TestCategorySlugs(t *testing.T) {
	w := build(t)
	w.offer(t, "Tea", w.shelf(t, "🙂", 0).ID) // a product's slug is no category's
	for i, want := range []string{"tea", "tea-2", "tea-3"} {
		if got := w.shelf(t, "Tea", 0).Slug; got != want {
			t.Errorf("category %d has the slug %q, want %q", i, got, want)
		}
	}
	if got := w.shelf(t, "🙃", 0).Slug; got != "category-2" {
		t.Errorf("slug %q, want category-2", got)
	}
}

func TestCategoriesCannotLieBelowThemselves(t *testing.T) {
	w := build(t)
	a := w.shelf(t, "a", 0)
	b := w.shelf(t, "b", a.ID)
	c := w.shelf(t, "c", b.ID)
	for _, parent := range []int64{a.ID, b.ID, c.ID} {
		_, err := w.UpdateCategory(as(t, w.root), a.ID, catalog.CategoryChanges{Parent: patch.Set(parent)}, nil)
		wantMistakes(t, err, "parent INVALID")
	}
	// What is no cycle may be moved: c beside b, then b below c.
	if _, err := w.UpdateCategory(as(t, w.root), c.ID, catalog.CategoryChanges{Parent: patch.Set(a.ID)}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.UpdateCategory(as(t, w.root), b.ID, catalog.CategoryChanges{Parent: patch.Set(c.ID)}, nil); err != nil {
		t.Fatal(err)
	}
	_, err := w.UpdateCategory(as(t, w.root), c.ID, catalog.CategoryChanges{Parent: patch.Set(b.ID)}, nil)
	wantMistakes(t, err, "parent INVALID")
}

// Moves that are each harmless alone, but a cycle together, are made one after the other.
func TestConcurrentMoves(t *testing.T) {
	w := build(t)
	var ids []int64
	for i := range 6 {
		ids = append(ids, w.shelf(t, fmt.Sprint(i), 0).ID)
	}
	var group sync.WaitGroup
	for i, id := range ids {
		group.Go(func() {
			_, err := w.UpdateCategory(as(t, w.root), id, catalog.CategoryChanges{Parent: patch.Set(ids[(i+1)%len(ids)])}, nil)
			if err != nil {
				wantMistakes(t, err, "parent INVALID")
			}
		})
	}
	group.Wait()
	rows := w.db.Read.Category.Query().AllX(t.Context())
	roots := slices.DeleteFunc(rows, func(c *ent.Category) bool { return c.ParentID != nil })
	if len(roots) != 1 {
		t.Errorf("%d roots, want 1: the last move would close the circle", len(roots))
	}
}

// chainOf makes n categories, each below the one before.
func (w *world) chainOf(t testing.TB, name string, n int) []*ent.Category {
	t.Helper()
	var chain []*ent.Category
	parent := int64(0)
	for i := range n {
		chain = append(chain, w.shelf(t, fmt.Sprintf("%s %d", name, i), parent))
		parent = chain[i].ID
	}
	return chain
}

func TestTreesHaveTheirHeight(t *testing.T) {
	w := build(t)
	tall := w.chainOf(t, "tall", catalog.MaxDepth)
	_, err := w.CreateCategory(as(t, w.root), catalog.NewCategory{Name: "x", Parent: &tall[catalog.MaxDepth-1].ID}, nil)
	wantMistakes(t, err, "parent INVALID")

	// A subtree takes its height along, on its highest branch.
	crown := w.chainOf(t, "crown", 3)
	w.shelf(t, "twig", crown[0].ID)
	move := func(parent int64) error {
		_, err := w.UpdateCategory(as(t, w.root), crown[0].ID, catalog.CategoryChanges{Parent: patch.Set(parent)}, nil)
		return err
	}
	wantMistakes(t, move(tall[catalog.MaxDepth-3].ID), "parent INVALID")
	if err := move(tall[catalog.MaxDepth-4].ID); err != nil {
		t.Errorf("a subtree that just fits: %v", err)
	}
	_, err = w.CreateCategory(as(t, w.root), catalog.NewCategory{Name: "x", Parent: &crown[2].ID}, nil)
	wantMistakes(t, err, "parent INVALID")

	got, err := w.Category(anonymous(t), catalog.CategoryBy{ID: &crown[2].ID}, fields("ancestors parent{ancestors}"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range got.Ancestors {
		names = append(names, c.Name)
	}
	if len(names) != 20 || names[0] != "tall 0" || names[17] != "tall 17" || names[19] != "crown 1" {
		t.Errorf("ancestors %q; want the root first", names)
	}
	if n := len(got.Edges.Parent.Ancestors); n != 19 {
		t.Errorf("the parent has %d ancestors, want 19", n)
	}
}

// Moves that each leave the tree low enough, but not together, are made one after the other: the second is refused.
func TestConcurrentMovesKeepTheHeight(t *testing.T) {
	w := build(t)
	for i := range 5 {
		low, middle, top := w.chainOf(t, fmt.Sprint("low ", i), 8), w.chainOf(t, fmt.Sprint("middle ", i), 8), w.chainOf(t, fmt.Sprint("top ", i), 8)
		var errs [2]error
		var group sync.WaitGroup
		for j, move := range [2]struct{ what, below *ent.Category }{{top[0], middle[7]}, {middle[0], low[7]}} {
			group.Go(func() {
				_, errs[j] = w.UpdateCategory(as(t, w.root), move.what.ID, catalog.CategoryChanges{Parent: patch.Set(move.below.ID)}, nil)
			})
		}
		group.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("moved: %v, %v; want one to be refused", errs[0], errs[1])
			continue
		}
		for _, err := range errs {
			if err != nil {
				wantMistakes(t, err, "parent INVALID")
			}
		}
	}
}

// Moving a category that very many lie below is checked in the database, not by naming them all to it.
func TestMovingVeryManyCategories(t *testing.T) {
	w := build(t)
	top, other := w.shelf(t, "top", 0), w.shelf(t, "other", 0)
	w.children(t, top.ID, 33_000) // more than SQLite takes parameters
	if _, err := w.UpdateCategory(as(t, w.root), top.ID, catalog.CategoryChanges{Parent: patch.Set(other.ID)}, nil); err != nil {
		t.Fatal(err)
	}
}

// children makes n categories below one. By name they come in another order than by id, and many names are equal.
func (w *world) children(t testing.TB, parent int64, n int) {
	t.Helper()
	w.write(t, func(tx *ent.Tx) error {
		for from := 0; from < n; from += 1000 {
			rows := make([]*ent.CategoryCreate, min(1000, n-from))
			for i := range rows {
				name := fmt.Sprintf("Child %d", (from+i)*7919%n/3)
				rows[i] = tx.Category.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprintf("child-%d-%d", parent, from+i)).
					SetParentID(parent).SetCreatedAt(noon).SetUpdatedAt(noon)
			}
			if err := tx.Category.CreateBulk(rows...).Exec(t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestDeleteCategory(t *testing.T) {
	w := build(t)
	a := w.shelf(t, "a", 0)
	b := w.shelf(t, "b", a.ID)
	p := w.offer(t, "p", b.ID, unpublished)
	q := w.offer(t, "q", a.ID)

	_, err := w.DeleteCategory(as(t, w.root), b.ID)
	wantMistakes(t, err, "id IN_USE") // by what few can see
	_, err = w.DeleteCategory(as(t, w.root), a.ID)
	wantMistakes(t, err, "id IN_USE", "id IN_USE") // by a product and by a category
	for _, id := range []int64{p.ID, q.ID} {
		if _, err := w.DeleteProduct(as(t, w.root), id); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.DeleteCategory(as(t, w.root), a.ID)
	wantMistakes(t, err, "id IN_USE")
	for _, id := range []int64{b.ID, a.ID} {
		if deleted, err := w.DeleteCategory(as(t, w.root), id); err != nil || deleted != id {
			t.Errorf("DeleteCategory = %d, %v", deleted, err)
		}
	}
	_, err = w.DeleteCategory(as(t, w.root), a.ID)
	wantCode(t, err, fault.NotFound)
}

// Of the children of a category the first by name are told, of each category its own.
func TestChildren(t *testing.T) {
	w := build(t)
	big, small, none := w.shelf(t, "big", 0), w.shelf(t, "small", 0), w.shelf(t, "none", 0)
	w.children(t, big.ID, 450)
	w.children(t, small.ID, catalog.MaxChildren)
	got, err := w.CategoriesByID(anonymous(t), []int64{big.ID, small.ID, none.ID, 7}, fields("children{children parent}"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("%d categories by id, want 3", len(got))
	}
	all, err := w.db.Read.Category.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int64]int{big.ID: catalog.MaxChildren, small.ID: catalog.MaxChildren, none.ID: 0} {
		expected := slices.DeleteFunc(slices.Clone(all), func(c *ent.Category) bool { return c.ParentID == nil || *c.ParentID != id })
		slices.SortFunc(expected, func(a, b *ent.Category) int {
			if c := strings.Compare(fold.Text(a.Name), fold.Text(b.Name)); c != 0 {
				return c
			}
			return int(a.ID - b.ID)
		})
		children := got[id].Edges.Children
		if len(children) != want || !slices.EqualFunc(children, expected[:want], func(a, b *ent.Category) bool { return a.ID == b.ID }) {
			t.Errorf("%d children of %s, want the first %d by name", len(children), got[id].Name, want)
		}
		for _, child := range children {
			if len(child.Edges.Children) != 0 || child.Edges.Parent == nil || child.Edges.Parent.ID != id {
				t.Fatalf("%s was loaded as %v", child.Name, child.Edges)
			}
		}
	}
}

func TestParent(t *testing.T) {
	w := build(t)
	chain := w.chainOf(t, "c", 2)
	for i, want := range []*ent.Category{nil, chain[0]} {
		row, err := w.Category(anonymous(t), catalog.CategoryBy{Slug: &chain[i].Slug}, fields("parent"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := catalog.Parent(row)
		if err != nil || (got == nil) != (want == nil) || got != nil && got.ID != want.ID {
			t.Errorf("Parent = %v, %v; want %v", got, err, want)
		}
	}
	if row, err := w.Category(anonymous(t), catalog.CategoryBy{Slug: new("nowhere")}, nil); row != nil || err != nil {
		t.Errorf("a category that is none: %v, %v", row, err)
	}
	_, err := w.Category(anonymous(t), catalog.CategoryBy{}, nil)
	wantCode(t, err, fault.BadUserInput)
}
