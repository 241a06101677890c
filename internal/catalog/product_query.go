package catalog

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/page"
)

// ProductConnection is one page of a list of products.
type ProductConnection = page.Connection[*ent.Product]

// ProductEdge is a product within a list.
type ProductEdge = page.Edge[*ent.Product]

// ProductBy names one product: exactly one field is set.
type ProductBy struct {
	ID   *int64
	Slug *string
	SKU  *string // case ignored
}

// Products is a page of the products that the viewer may see, that have every word of the search (of at most
// filter.MaxWords) in their name, stock keeping unit or description, and for which where holds.
func (c *Catalog) Products(ctx context.Context, args page.Args, search *string, where *ProductWhere, orderBy []*ProductOrder, selected page.Fields) (*ProductConnection, error) {
	list, err := c.listed(ctx, args, search, where, orderBy)
	if err != nil {
		return nil, err
	}
	return list.plan.Run(ctx, selected,
		func(ctx context.Context, modify func(*sql.Selector)) ([]*ent.Product, error) {
			return c.products(ctx, list.page(modify, selected), selected.Rows())
		},
		func(ctx context.Context) (int, error) {
			ctx = c.counting(ctx)
			if list.whole && directly(ctx) {
				return c.countDirectly(ctx, list)
			}
			return c.db.Catalog.Product.Query().Where(list.holds...).Select(product.FieldID).Aggregate(page.CountAll).Int(ctx)
		},
	)
}

// list is a list of products, and which page of it is wanted.
type list struct {
	plan  *page.Plan[*ent.Product]
	holds []predicate.Product // for all of them
	whole bool                // they are all that the viewer may see
	eyes  eyes
	args  []any // that the eyes take
}

// listed is the list that is asked for. The error is BAD_USER_INPUT.
func (c *Catalog) listed(ctx context.Context, args page.Args, search *string, where *ProductWhere, orderBy []*ProductOrder) (*list, error) {
	viewer, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	words, err := filter.Words("search", search, fold.Text)
	if err != nil {
		return nil, err
	}
	order, err := productOrder(orderBy, words)
	if err != nil {
		return nil, err
	}
	l := &list{holds: []predicate.Product{visible(viewer)}, whole: where == nil && len(words) == 0}
	if l.plan, err = page.NewPlan(args, order); err != nil {
		return nil, err
	}
	l.eyes, l.args = eyesOf(viewer)
	if where != nil {
		holds, err := where.predicate(viewer)
		if err != nil {
			return nil, err
		}
		l.holds = append(l.holds, holds)
	}
	if len(words) > 0 {
		found, err := c.matching(ctx, words)
		if err != nil {
			return nil, err
		}
		l.holds = append(l.holds, found)
	}
	return l, nil
}

// page is the page that is wanted of the list, as a listing.
func (l *list) page(modify func(*sql.Selector), selected page.Fields) listing {
	of := listing{where: l.holds, modify: modify}
	of.columns, of.plain = l.plan.Columns(selected)
	if shaped, ok := l.plan.Shape(); ok && l.whole {
		of.shape = shape{eyes: l.eyes, page: shaped}
		of.args = append(append([]any{}, l.args...), l.plan.Arguments()...)
	}
	return of
}

// Product is one product, or nil when there is none that the viewer may see.
func (c *Catalog) Product(ctx context.Context, by ProductBy, selected page.Fields) (*ent.Product, error) {
	var (
		column string
		value  any
	)
	switch {
	case by.ID != nil:
		column, value = product.FieldID, *by.ID
	case by.Slug != nil:
		column, value = product.FieldSlug, *by.Slug
	case by.SKU != nil:
		column, value = product.FieldSkuKey, fold.Text(*by.SKU)
	default:
		return nil, fault.BadInput("one of `id`, `slug` and `sku` must be given")
	}
	viewer, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	named := func(s *sql.Selector) { s.Where(sql.EQ(s.C(column), value)) }
	eyes, args := eyesOf(viewer)
	return one(c.products(ctx, listing{
		where: []predicate.Product{named, visible(viewer)}, plain: true,
		shape: shape{eyes: eyes, by: column}, args: append([]any{value}, args...),
	}, selected))
}

// ProductsByID are those of the products that the viewer may see, by id.
func (c *Catalog) ProductsByID(ctx context.Context, ids []int64, selected page.Fields) (map[int64]*ent.Product, error) {
	viewer, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.products(ctx, listing{where: []predicate.Product{product.IDIn(ids...), visible(viewer)}, plain: true}, selected)
	return byID(rows, func(p *ent.Product) int64 { return p.ID }), err
}

// Owner is who sells the product, or nil where the viewer may not know.
func (c *Catalog) Owner(ctx context.Context, p *ent.Product) (*ent.User, error) {
	if mayEdit, err := c.MayEdit(ctx, p); err != nil || !mayEdit {
		return nil, err
	}
	return p.Edges.Owner, nil
}

// MayEdit says whether the viewer may change and delete the product.
func (c *Catalog) MayEdit(ctx context.Context, p *ent.Product) (bool, error) {
	viewer, err := auth.FromContext(ctx)
	return err == nil && viewer.MayEdit(p.OwnerID), err
}

var errMany = errors.New("several rows where a unique key allows one")

// one is the only row of several at the most, or nil for none.
func one[T any](rows []*T, err error) (*T, error) {
	switch {
	case err != nil || len(rows) == 0:
		return nil, err
	case len(rows) > 1:
		return nil, errMany
	}
	return rows[0], nil
}

func byID[T any](rows []*T, id func(*T) int64) map[int64]*T {
	found := make(map[int64]*T, len(rows))
	for _, row := range rows {
		found[id(row)] = row
	}
	return found
}
