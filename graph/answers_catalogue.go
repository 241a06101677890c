package graph

import (
	"context"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/graph/compiled"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
)

func catalogueAnswers(r *Resolver) compiled.Types {
	return compiled.Types{
		"Product": {
			"id":          compiled.ID(func(p *ent.Product) int64 { return p.ID }),
			"name":        compiled.Text(func(p *ent.Product) string { return p.Name }),
			"slug":        compiled.Text(func(p *ent.Product) string { return p.Slug }),
			"sku":         compiled.TextIfAny(func(p *ent.Product) *string { return p.Sku }),
			"description": compiled.Text(func(p *ent.Product) string { return p.Description }),
			"price":       compiled.Price(func(p *ent.Product) money.Amount { return p.Price }),
			"stock":       compiled.Int(func(p *ent.Product) int { return p.Stock }),
			"inStock":     compiled.BoolFor(func(ctx context.Context, p *ent.Product) (bool, error) { return r.Product().InStock(ctx, p) }),
			"isPublished": compiled.Bool(func(p *ent.Product) bool { return p.IsPublished }),
			"category": compiled.ObjectFor(func(ctx context.Context, p *ent.Product) (*ent.Category, error) {
				return r.Product().Category(ctx, p)
			}),
			"owner": compiled.ObjectFor(func(ctx context.Context, p *ent.Product) (*ent.User, error) { return r.Product().Owner(ctx, p) }),
			"viewerCanEdit": compiled.BoolFor(func(ctx context.Context, p *ent.Product) (bool, error) {
				return r.Product().ViewerCanEdit(ctx, p)
			}),
			"version":   compiled.Int(func(p *ent.Product) int { return p.Version }),
			"createdAt": compiled.Moment(func(p *ent.Product) time.Time { return p.CreatedAt }),
			"updatedAt": compiled.Moment(func(p *ent.Product) time.Time { return p.UpdatedAt }),
		},
		"Category": {
			"id":          compiled.ID(func(c *ent.Category) int64 { return c.ID }),
			"name":        compiled.Text(func(c *ent.Category) string { return c.Name }),
			"slug":        compiled.Text(func(c *ent.Category) string { return c.Slug }),
			"description": compiled.Text(func(c *ent.Category) string { return c.Description }),
			"parent": compiled.ObjectFor(func(ctx context.Context, c *ent.Category) (*ent.Category, error) {
				return r.Category().Parent(ctx, c)
			}),
			"children": compiled.ObjectsFor(func(ctx context.Context, c *ent.Category) ([]*ent.Category, error) {
				return r.Category().Children(ctx, c)
			}),
			"ancestors": compiled.Objects(func(c *ent.Category) []*ent.Category { return c.Ancestors }),
			"createdAt": compiled.Moment(func(c *ent.Category) time.Time { return c.CreatedAt }),
			"updatedAt": compiled.Moment(func(c *ent.Category) time.Time { return c.UpdatedAt }),
			"products":  compiled.Called(r.productsCalled),
		},
	}
}

// productsCalled are the products of a category, as its resolver answers them.
func (r *Resolver) productsCalled(ctx context.Context, of *ent.Category, call compiled.Call) (*page.Connection[*ent.Product], error) {
	args := arguments(call.Args)
	return r.catalog.ProductsIn(ctx, of, catalog.ProductsBelow{
		Place: call.Place, Args: args.page(),
		Search: argument[*string](args, "search"), IncludeDescendants: argument[bool](args, "includeDescendants"),
		Where: argument[*catalog.ProductWhere](args, "where"), OrderBy: argument[[]*catalog.ProductOrder](args, "orderBy"),
		Selected: call.Selected,
	})
}

// arguments are those of a field, as gqlgen read them.
type arguments map[string]any

func (a arguments) page() page.Args {
	return page.Args{
		First: argument[*int](a, "first"), After: argument[*string](a, "after"),
		Last: argument[*int](a, "last"), Before: argument[*string](a, "before"), Offset: argument[*int](a, "offset"),
	}
}

// argument is one of them. It panics on one that is of another type: the schema says of which they are.
func argument[T any](a arguments, name string) T { return a[name].(T) }
