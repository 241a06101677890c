package catalog

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

// CategoryConnection is one page of a list of categories.
type CategoryConnection = page.Connection[*ent.Category]

// CategoryEdge is a category within a list.
type CategoryEdge = page.Edge[*ent.Category]

// CategoryBy names one category: exactly one field is set.
type CategoryBy struct {
	ID   *int64
	Slug *string
}

// Categories is a page of the categories for which where holds.
func (c *Catalog) Categories(ctx context.Context, args page.Args, where *CategoryWhere, orderBy []*CategoryOrder, selected page.Fields) (*CategoryConnection, error) {
	plan, err := page.NewPlan(args, categoryOrder(orderBy))
	if err != nil {
		return nil, err
	}
	holds, err := where.predicate()
	if err != nil {
		return nil, err
	}
	columns, plain := plan.Columns(selected)
	return plan.Run(ctx, selected,
		func(ctx context.Context, modify func(*sql.Selector)) ([]*ent.Category, error) {
			return c.categories(ctx, func(s *sql.Selector) { holds(s); modify(s) }, plain, columns, selected.Rows())
		},
		func(ctx context.Context) (int, error) {
			return c.db.Catalog.Category.Query().Where(holds).Select(category.FieldID).Aggregate(page.CountAll).Int(c.counting(ctx))
		},
	)
}

// Category is one category, or nil when there is none.
func (c *Catalog) Category(ctx context.Context, by CategoryBy, selected page.Fields) (*ent.Category, error) {
	var named predicate.Category
	switch {
	case by.ID != nil:
		named = category.ID(*by.ID)
	case by.Slug != nil:
		named = category.Slug(*by.Slug)
	default:
		return nil, fault.BadInput("one of `id` and `slug` must be given")
	}
	return one(c.categories(ctx, named, true, nil, selected))
}

// CategoriesByID are the categories there are, by id.
func (c *Catalog) CategoriesByID(ctx context.Context, ids []int64, selected page.Fields) (map[int64]*ent.Category, error) {
	rows, err := c.categories(ctx, category.IDIn(ids...), true, nil, selected)
	return byID(rows, func(c *ent.Category) int64 { return c.ID }), err
}

// Parent is the category above a loaded one, or nil at the root.
func Parent(c *ent.Category) (*ent.Category, error) {
	parent, err := c.Edges.ParentOrErr()
	return parent, ent.MaskNotFound(err)
}
