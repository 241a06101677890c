package catalog

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/batch"
	"github.com/gatehouse/gatehouse/internal/page"
)

const (
	// MaxChildren is how many children of a category are told.
	MaxChildren = 200
	// MaxDepth is how many levels the tree of categories has at the most.
	MaxDepth = 21 // a category and 20 ancestors
)

// Rows are loaded together with what the client selected of their relations, so that a page costs one
// SELECT for each relation and not one for each row.

func (c *Catalog) loadProducts(ctx context.Context, query *ent.ProductQuery, selected page.Fields) ([]*ent.Product, error) {
	if selected.Has("category") {
		query.WithCategory(func(q *ent.CategoryQuery) { withRelations(q, selected["category"]) })
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading products: %w", err)
	}
	if selected.Has("owner") {
		if err := c.loadOwners(ctx, rows); err != nil {
			return nil, err
		}
	}
	categories := make([]*ent.Category, 0, len(rows))
	for _, p := range rows {
		if p.Edges.Category != nil {
			categories = append(categories, p.Edges.Category)
		}
	}
	return rows, c.complete(ctx, categories, selected["category"])
}

// loadOwners loads who sells the products. Who somebody is is never read from where the catalogue may be.
func (c *Catalog) loadOwners(ctx context.Context, products []*ent.Product) error {
	var ids []int64
	for _, p := range products {
		if p.OwnerID != nil && !slices.Contains(ids, *p.OwnerID) {
			ids = append(ids, *p.OwnerID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	owners, err := c.db.Read.User.Query().Where(user.IDIn(ids...)).All(ctx)
	if err != nil {
		return fmt.Errorf("loading the owners of products: %w", err)
	}
	found := byID(owners, func(u *ent.User) int64 { return u.ID })
	for _, p := range products {
		if p.OwnerID != nil {
			p.Edges.Owner = found[*p.OwnerID]
		}
	}
	return nil
}

func (c *Catalog) loadCategories(ctx context.Context, query *ent.CategoryQuery, selected page.Fields) ([]*ent.Category, error) {
	withRelations(query, selected)
	rows, err := query.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading categories: %w", err)
	}
	return rows, c.complete(ctx, rows, selected)
}

// withRelations has a query of categories load their parents and children, and theirs in turn.
func withRelations(query *ent.CategoryQuery, selected page.Fields) {
	if selected.Has("parent") {
		query.WithParent(func(q *ent.CategoryQuery) { withRelations(q, selected["parent"]) })
	}
	if selected.Has("children") {
		query.WithChildren(func(q *ent.CategoryQuery) {
			q.Order(category.ByNameKey(), category.ByID())
			q.Modify(firstChildren)
			withRelations(q, selected["children"])
		})
	}
}

// firstChildren keeps the first MaxChildren children of each category, by name, of all the children that a
// query would find. They are numbered in one pass: a category may have thousands.
func firstChildren(s *sql.Selector) {
	d := sql.Dialect(s.Dialect())
	numbered := d.Select(category.FieldID).
		AppendSelectExprAs(sql.RowNumber().PartitionBy(category.FieldParentID).OrderBy(category.FieldNameKey, category.FieldID), "place").
		From(d.Table(category.Table)).
		Where(s.P()).
		As("numbered")
	s.Where(sql.In(s.C(category.FieldID),
		d.Select(category.FieldID).From(numbered).Where(sql.LTE(numbered.C("place"), MaxChildren))))
}

// complete makes a group of the categories that stand in one place in the client's query, for what is asked of
// them later, and finds their ancestors if those were selected; and so with those loaded beside them. It takes one
// SELECT for each place where ancestors were selected.
func (c *Catalog) complete(ctx context.Context, rows []*ent.Category, selected page.Fields) error {
	if len(rows) == 0 {
		return nil
	}
	rows = distinct(rows)
	group := batch.New(rows)
	for _, row := range rows {
		row.Group = group
	}
	if selected.Has("ancestors") {
		if err := c.loadAncestorsOf(ctx, rows, selected["ancestors"]); err != nil {
			return err
		}
	}
	var parents, children []*ent.Category
	for _, row := range rows {
		if row.Edges.Parent != nil {
			parents = append(parents, row.Edges.Parent)
		}
		children = append(children, row.Edges.Children...)
	}
	if err := c.complete(ctx, parents, selected["parent"]); err != nil {
		return err
	}
	return c.complete(ctx, children, selected["children"])
}

// distinct are the rows, each once: those of one SELECT are shared by whatever refers to them.
func distinct(rows []*ent.Category) []*ent.Category {
	seen := make(map[*ent.Category]bool, len(rows))
	return slices.DeleteFunc(slices.Clone(rows), func(row *ent.Category) bool {
		repeated := seen[row]
		seen[row] = true
		return repeated
	})
}

func (c *Catalog) loadAncestorsOf(ctx context.Context, rows []*ent.Category, selected page.Fields) error {
	start := make([]any, 0, len(rows))
	for _, row := range rows {
		if row.ParentID != nil {
			start = append(start, *row.ParentID)
		}
	}
	above := make(map[int64]*ent.Category)
	if len(start) > 0 {
		found, err := c.loadCategories(ctx, c.db.Catalog.Category.Query().Where(atOrAbove(start)), selected)
		if err != nil {
			return err
		}
		above = byID(found, func(c *ent.Category) int64 { return c.ID })
	}
	for _, row := range rows {
		row.Ancestors = chain(row.ParentID, above)
	}
	return nil
}

// chain is the way from the root down to the given category.
func chain(id *int64, among map[int64]*ent.Category) []*ent.Category {
	path := []*ent.Category{}
	for id != nil && len(path) < MaxDepth-1 {
		next, ok := among[*id]
		if !ok { // deleted meanwhile
			break
		}
		path = append([]*ent.Category{next}, path...)
		id = next.ParentID
	}
	return path
}

// atOrAbove holds for the given categories and everything above them.
func atOrAbove(ids []any) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString(s.C(category.FieldID) + " IN (WITH RECURSIVE up(id) AS (SELECT id FROM ").Ident(category.Table).
				WriteString(" WHERE id IN (").Args(ids...).
				WriteString(") UNION SELECT c.parent_id FROM ").Ident(category.Table).
				WriteString(" AS c JOIN up ON c.id = up.id WHERE c.parent_id IS NOT NULL) SELECT id FROM up)")
		}))
	}
}
