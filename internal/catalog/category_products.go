package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/batch"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/page"
)

// ProductsBelow says which products of a category are listed, and how.
type ProductsBelow struct {
	Place              string // where in the client's query the list stands: the same place asks for the same of every category
	Args               page.Args
	Search             *string
	IncludeDescendants bool // also what is in the categories below it, however deep
	Where              *ProductWhere
	OrderBy            []*ProductOrder
	Selected           page.Fields
}

var errAlone = errors.New("the category was not loaded together with others of its place")

// ProductsIn is a page of the products of a loaded category that the viewer may see. It is found for all the
// categories at once that were loaded together with this one.
func (c *Catalog) ProductsIn(ctx context.Context, of *ent.Category, in ProductsBelow) (*ProductConnection, error) {
	if of.Group == nil {
		return nil, errAlone
	}
	pages, err := batch.Once(of.Group, in.Place, func(all []*ent.Category) (map[int64]*ProductConnection, error) {
		return c.productsInEach(ctx, all, in)
	})
	return pages[of.ID], err
}

func (c *Catalog) productsInEach(ctx context.Context, categories []*ent.Category, in ProductsBelow) (map[int64]*ProductConnection, error) {
	list, err := c.listed(ctx, in.Args, in.Search, in.Where, in.OrderBy)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(categories))
	for i, row := range categories {
		ids[i] = row.ID
	}
	within, group := inCategory, byCategory
	if in.IncludeDescendants {
		within, group = atOrBelow, byCategoryAbove
	}
	return list.plan.RunEach(ctx, in.Selected, page.Lists[*ent.Product]{
		Numbers: ids,
		Narrow:  func(s *sql.Selector, id int64) { within(id)(s) },
		Load: func(ctx context.Context, modify func(*sql.Selector)) ([]*ent.Product, error) {
			return c.products(ctx, listing{where: list.holds, modify: modify}, in.Selected.Rows())
		},
		LoadAll: func(ctx context.Context) (map[int64][]*ent.Product, bool, error) {
			if in.IncludeDescendants || c.db.Dialect() != dialect.SQLite || !directly(ctx) {
				return nil, false, nil
			}
			return c.readEach(ctx, list, ids, in.Selected)
		},
		Count: func(ctx context.Context) (map[int64]int, error) {
			return counted(c.counting(ctx), c.db.Catalog.Product.Query().Where(list.holds...).Modify(group(ids)))
		},
		Value: func(row *ent.Product, name string) (any, error) { return row.Value(name) },
	})
}

// readEach reads the page that is wanted of the products right in each of the categories, if that can be done without ent.
func (c *Catalog) readEach(ctx context.Context, l *list, categories []int64, selected page.Fields) (map[int64][]*ent.Product, bool, error) {
	numbers, err := json.Marshal(categories)
	if err != nil {
		return nil, false, fmt.Errorf("naming categories: %w", err)
	}
	of := l.each(numbers, selected)
	if !of.plain {
		return nil, false, nil
	}
	read, ok, err := c.readProducts(ctx, of, selected.Rows())
	found := make(map[int64][]*ent.Product, len(categories))
	for i, p := range read.rows {
		found[read.lists[i]] = append(found[read.lists[i]], p)
	}
	return found, ok, err
}

// each is the page that is wanted of the list, in each of the categories whose ids are in a JSON array.
func (l *list) each(numbers json.RawMessage, selected page.Fields) listing {
	of := l.page(nil, selected)
	of.modify = func(s *sql.Selector) {
		lists := sql.Dialect(s.Dialect()).Select().AppendSelectAs("value", "number").
			FromExpr(sql.ExprFunc(func(b *sql.Builder) { b.WriteString("json_each(").Arg(string(numbers)).WriteString(")") }))
		l.plan.ModifyAlong(s, lists, func(rows *sql.Selector, number string) {
			rows.Where(sql.ColumnsEQ(rows.C(product.FieldCategoryID), number))
		})
	}
	of.shape.each = true
	if of.args != nil {
		of.args = append([]any{string(numbers)}, of.args...)
	}
	return of
}

// inCategory holds for the products right in the category.
func inCategory(id int64) filter.Condition { return product.CategoryID(id) }

// byCategory has a query of products count those right in each of the categories.
func byCategory(ids []int64) func(*sql.Selector) {
	return func(s *sql.Selector) {
		product.CategoryIDIn(ids...)(s)
		countBy(s, s.C(product.FieldCategoryID))
	}
}

// byCategoryAbove has a query of products count those in each of the categories and in all categories below it.
func byCategoryAbove(ids []int64) func(*sql.Selector) {
	return func(s *sql.Selector) {
		d := sql.Dialect(s.Dialect())
		tree := sql.WithRecursive("tree", "top", "id")
		tree.SetDialect(s.Dialect())
		given, next := d.Table(category.Table), d.Table(category.Table).As("c")
		tops := d.Select(given.C("id"), given.C("id")).From(given)
		category.IDIn(ids...)(tops)
		tree.As(tops.Union(d.Select(tree.C("top"), next.C("id")).From(next).Join(tree).On(next.C(category.FieldParentID), tree.C("id"))))
		s.Prefix(tree)
		s.Join(tree).On(s.C(product.FieldCategoryID), tree.C("id"))
		countBy(s, tree.C("top"))
	}
}

func countBy(s *sql.Selector, column string) {
	s.Select(sql.As(column, "id"), sql.As(sql.Count("*"), "count"))
	s.GroupBy(column)
}

// counted are the counts of a query that countBy modified, by id.
func counted(ctx context.Context, query *ent.ProductSelect) (map[int64]int, error) {
	var found []struct {
		ID    int64 `json:"id"`
		Count int   `json:"count"`
	}
	if err := query.Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("counting the products of categories: %w", err)
	}
	counts := make(map[int64]int, len(found))
	for _, row := range found {
		counts[row.ID] = row.Count
	}
	return counts, nil
}
