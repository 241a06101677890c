package catalog_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

// holdsForCategory is the model of a filter of categories.
func (m *model) holdsForCategory(f *catalog.CategoryWhere, c *ent.Category) bool {
	return f == nil ||
		(f.IDs == nil || slices.Contains(f.IDs, c.ID)) &&
			m.holdsForText(f.Name, c.Name) &&
			m.holdsForText(f.Slug, c.Slug) &&
			(f.IsRoot == nil || *f.IsRoot == (c.ParentID == nil)) &&
			(f.Parent == nil || c.ParentID != nil && *c.ParentID == *f.Parent) &&
			!slices.ContainsFunc(f.And, func(f *catalog.CategoryWhere) bool { return !m.holdsForCategory(f, c) }) &&
			(f.Or == nil || slices.ContainsFunc(f.Or, func(f *catalog.CategoryWhere) bool { return m.holdsForCategory(f, c) })) &&
			(f.Not == nil || !m.holdsForCategory(f.Not, c))
}

// published counts the published products right in a category, whoever asks.
func published(rows []*ent.Product, in *ent.Category) (n int) {
	for _, p := range rows {
		if p.CategoryID == in.ID && p.IsPublished {
			n++
		}
	}
	return n
}

// categoryLevels are the levels of an order, each field once.
type categoryLevels []catalog.CategoryOrder

// categoryLevelsOf are the levels of an order that say anything; by name when there are none.
func categoryLevelsOf(order []*catalog.CategoryOrder) (levels categoryLevels) {
	for _, level := range order {
		if !slices.ContainsFunc(levels, func(l catalog.CategoryOrder) bool { return l.Field == level.Field }) {
			levels = append(levels, *level)
		}
	}
	if len(levels) == 0 {
		levels = categoryLevels{{Field: catalog.CategoryByName, Direction: page.Ascending}}
	}
	return levels
}

// shelved is a category with how many published products it has.
type shelved struct {
	*ent.Category
	published int
}

// compare says which of two categories comes first: below 0 for a. Those that are alike go by id, in the direction of the
// last level.
func (l categoryLevels) compare(a, b shelved) int {
	for _, level := range l {
		var c int
		switch level.Field {
		case catalog.CategoryByName:
			c = strings.Compare(fold.Text(a.Name), fold.Text(b.Name))
		case catalog.CategoryByCreatedAt:
			c = a.CreatedAt.Compare(b.CreatedAt)
		case catalog.CategoryByProductCount:
			c = cmp.Compare(a.published, b.published)
		}
		if c != 0 {
			return c * sign(level.Direction)
		}
	}
	return cmp.Compare(a.ID, b.ID) * sign(l[len(l)-1].Direction)
}

// compareCategories is how categories are sorted that have so many published products.
func compareCategories(order []*catalog.CategoryOrder, published map[int64]int) func(a, b *ent.Category) int {
	levels := categoryLevelsOf(order)
	return func(a, b *ent.Category) int {
		return levels.compare(shelved{a, published[a.ID]}, shelved{b, published[b.ID]})
	}
}

// TestCategoriesGoByTheModel asks for pages of categories as TestProductsGoByTheModel does for those of products.
func TestCategoriesGoByTheModel(t *testing.T) {
	e := openEmporium(t, 300)
	counts := make(map[int64]int)
	for _, shelf := range e.tree {
		counts[shelf.ID] = published(e.rows, shelf)
	}
	var n tally
	for range max(1, rounds/5) {
		rapid.Check(t, func(rt *rapid.T) { askerOf(rt, e).compareCategories(t, counts, &n) })
	}
	n.report(t)
}

// compareCategories asks a question and some more after it, with the cursors of the answers.
func (a asker) compareCategories(t *testing.T, counts map[int64]int, n *tally) {
	n.questions++
	where, order := a.categoryFilter(one(a, "depth", 1, 0, 2)), a.categoryOrder()
	var known []*pagetest.Spot[*ent.Category]
	for range one(a, "pages", 3, 2, 4, 1) {
		switch one(a, "follow up", "same", "where", "same", "same", "order", "same", "same") {
		case "where":
			where = a.categoryFilter(1)
		case "order":
			order = a.categoryOrder()
		}
		ask := pagetest.Draw(a.T, known)
		list := fmt.Sprint(categoryLevelsOf(order))
		a.Logf("where %s by %s: %+v", describe(where), list, ask)
		n.answers++
		got, err := a.Categories(as(t, a.viewer()), ask.Args(), where, order, fields("nodes edges pageInfo totalCount"))
		if ask.Refused(list) {
			n.refused++
			if fault.CodeOf(err) != fault.BadUserInput {
				a.Logf("error %v, want BAD_USER_INPUT", err)
				a.Fatal("the question is not refused as it should be")
			}
			continue
		}
		if err != nil {
			a.Logf("error %v", err)
			a.Fatal("the question fails")
		}
		compare := compareCategories(order, counts)
		all := slices.DeleteFunc(slices.Clone(a.tree), func(c *ent.Category) bool { return !a.holdsForCategory(where, c) })
		slices.SortFunc(all, compare)
		want := ask.Answer(all, compare)
		if differ := want.Differs(got, categoryID); differ != "" {
			a.Log(differ)
			a.Fatal("the answer is not the model's")
		}
		n.count(ask.After != nil || ask.Before != nil, len(want.Rows), want.Total, len(a.tree))
		known = append(known, pagetest.Spots(got, list)...)
	}
}

func (a asker) categoryOrder() []*catalog.CategoryOrder {
	var order []catalog.CategoryOrderField
	for range one(a, "levels", 1, 2, 0, 3, 4) {
		order = append(order, one[catalog.CategoryOrderField](a, "field", "PRODUCT_COUNT", "NAME", "CREATED_AT")+one[catalog.CategoryOrderField](a, "direction", "", "-"))
	}
	return byCategory(order...)
}

// categoryFilter is a filter with others within it down to the depth, which mostly holds for the category in question.
func (a asker) categoryFilter(depth int) *catalog.CategoryWhere {
	f := a.categoryConditions(depth)
	if !a.holdsForCategory(f, a.shelves[a.about.CategoryID]) && !a.chance("holds for others", 4) {
		return &catalog.CategoryWhere{Not: f}
	}
	return f
}

func (a asker) categoryConditions(depth int) *catalog.CategoryWhere {
	f := &catalog.CategoryWhere{}
	for range one(a, "conditions", 1, 2, 0) {
		switch one(a, "condition", "parent", "root", "name", "slug", "ids") {
		case "parent":
			f.Parent = new(a.shelf().ID)
		case "root":
			f.IsRoot = new(rapid.Bool().Draw(a.T, "root"))
		case "name":
			f.Name = a.text(a.shelf().Name)
		case "slug":
			f.Slug = a.text(a.shelf().Slug)
		case "ids":
			f.IDs = []int64{}
			for range one(a, "ids", 3, 20, 1, 0) {
				f.IDs = append(f.IDs, a.shelf().ID)
			}
		}
	}
	if depth == 0 {
		return f
	}
	members := func(name string) []*catalog.CategoryWhere {
		list := make([]*catalog.CategoryWhere, one(a, name, 2, 1, 3, 0))
		for i := range list {
			list[i] = a.categoryFilter(depth - 1)
		}
		return list
	}
	switch one(a, "combined", "or", "not", "and", "none") {
	case "and":
		f.And = members("and")
	case "or":
		f.Or = members("or")
	case "not":
		f.Not = a.categoryFilter(depth - 1)
	}
	return f
}
