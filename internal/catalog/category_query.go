package catalog

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
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
	query := c.db.Catalog.Category.Query().Where(holds)
	return plan.Run(ctx, selected,
		func(ctx context.Context, modify func(*sql.Selector)) ([]*ent.Category, error) {
			return c.loadCategories(ctx, query.Clone().Modify(modify).CategoryQuery, selected.Rows())
		},
		func(ctx context.Context) (int, error) {
			return query.Clone().Aggregate(page.CountAll).Int(ctx)
		},
	)
}

// Category is one category, or nil when there is none.
func (c *Catalog) Category(ctx context.Context, by CategoryBy, selected page.Fields) (*ent.Category, error) {
	query := c.db.Catalog.Category.Query()
	switch {
	case by.ID != nil:
		query.Where(category.ID(*by.ID))
	case by.Slug != nil:
		query.Where(category.Slug(*by.Slug))
	default:
		return nil, fault.BadInput("one of `id` and `slug` must be given")
	}
	return one(c.loadCategories(ctx, query, selected))
}

// CategoriesByID are the categories there are, by id.
func (c *Catalog) CategoriesByID(ctx context.Context, ids []int64, selected page.Fields) (map[int64]*ent.Category, error) {
	rows, err := c.loadCategories(ctx, c.db.Catalog.Category.Query().Where(category.IDIn(ids...)), selected)
	return byID(rows, func(c *ent.Category) int64 { return c.ID }), err
}

// Parent is the category above a loaded one, or nil at the root.
func Parent(c *ent.Category) (*ent.Category, error) {
	parent, err := c.Edges.ParentOrErr()
	return parent, ent.MaskNotFound(err)
}
