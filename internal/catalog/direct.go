package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/page"
)

// Rows are read through ent, which reads all columns, relations by a SELECT of their own, and takes longer to make its
// query than SQLite takes to answer it. For what is asked for most, the same rows are read here: the columns that were
// selected, and the products' categories along with them, by a statement that is made once.

type directKey struct{}

// Directly returns a context in which rows may be read without ent, where that gives the same. What is selected has to be said
// to the last field then.
func Directly(ctx context.Context) context.Context {
	return context.WithValue(ctx, directKey{}, true)
}

func directly(ctx context.Context) bool { return ctx.Value(directKey{}) != nil }

// listing is which products are wanted, in which order.
type listing struct {
	where   []predicate.Product
	modify  func(*sql.Selector) // nil: nothing
	columns []string            // that are wanted, whatever is selected
	plain   bool                // modify selects nothing else
	shape   shape               // the zero shape: it has none
	args    []any               // of the statement of that shape
}

// products are the products that a listing is of.
func (c *Catalog) products(ctx context.Context, of listing, selected page.Fields) ([]*ent.Product, error) {
	if of.plain && directly(ctx) {
		if read, ok, err := c.readProducts(ctx, of, selected); ok || err != nil {
			return read.rows, err
		}
	}
	query := c.db.Catalog.Product.Query().Where(of.where...)
	if of.modify != nil {
		query = query.Modify(of.modify).ProductQuery
	}
	return c.loadProducts(ctx, query, selected)
}

// productRows are products that were read, with their categories if those were wanted.
type productRows struct {
	rows    []*ent.Product
	lists   []int64 // the numbers of their lists, if they are of several
	shelves []*ent.Category
}

// readProducts reads the products of a listing, if that can be done without ent.
func (c *Catalog) readProducts(ctx context.Context, of listing, selected page.Fields) (read productRows, ok bool, err error) {
	wanted, ok := c.productTable.of(selected, of.columns)
	if !ok {
		return read, false, nil
	}
	var shelf columns
	if selected.Has("category") {
		if shelf, ok = c.categoryTable.of(selected["category"], nil); !ok {
			return read, false, nil
		}
	}
	// PostgreSQL takes longer to plan a join than for two queries.
	joins := c.db.Dialect() == dialect.SQLite
	of.shape.columns, of.shape.shelf = wanted, 0
	if joins {
		of.shape.shelf = shelf
	}
	s, args := c.statement(of)
	if read, err = c.scanProducts(ctx, s, args); err != nil {
		return read, true, fmt.Errorf("reading products: %w", err)
	}
	if shelf != 0 && !joins {
		if err := c.readShelves(ctx, &read, shelf); err != nil {
			return read, true, err
		}
	}
	if selected.Has("owner") {
		if err := c.loadOwners(ctx, read.rows); err != nil {
			return read, true, err
		}
	}
	if selected["category"].Has("products") {
		return read, true, c.complete(ctx, read.shelves, nil)
	}
	return read, true, nil
}

// statement is the SELECT of a listing, and its arguments.
func (c *Catalog) statement(of listing) (*statement, []any) {
	if of.args != nil {
		if known := c.statements.get(of.shape); known != nil {
			return known, of.args
		}
	}
	made := &statement{products: c.productTable.in(of.shape.columns), shelves: c.categoryTable.in(of.shape.shelf), numbered: of.shape.each, room: rowsAtOnce}
	switch rows := of.shape.page.Rows(); {
	case of.shape.by != "":
		made.room = 1
	case rows > 0:
		made.room = min(rows, rowsAtOnce)
	}
	d := sql.Dialect(c.db.Dialect())
	s := d.Select().From(d.Table(product.Table))
	for _, column := range made.products {
		s.AppendSelect(s.C(column.name))
	}
	if len(made.shelves) > 0 {
		shelf := d.Table(category.Table).As("shelf")
		s.LeftJoin(shelf).On(s.C(product.FieldCategoryID), shelf.C(category.FieldID)) // LEFT: SQLite then walks the products
		for _, column := range made.shelves {
			s.AppendSelect(shelf.C(column.name))
		}
	}
	for _, holds := range of.where {
		holds(s)
	}
	if of.modify != nil {
		of.modify(s)
	}
	var args []any
	made.text, args = s.Query()
	if of.args != nil {
		c.statements.add(of.shape, made)
	}
	return made, args
}

// countDirectly counts all the products that the viewer may see. When the count is kept, to have ent make the statement would be most
// of the work.
func (c *Catalog) countDirectly(ctx context.Context, l *list) (count int, err error) {
	counting := shape{eyes: l.eyes, counted: true}
	known, args := c.statements.get(counting), l.args
	if known == nil {
		d := sql.Dialect(c.db.Dialect())
		s := d.Select(sql.Count("*")).From(d.Table(product.Table))
		for _, holds := range l.holds {
			holds(s)
		}
		known = &statement{}
		known.text, args = s.Query()
		c.statements.add(counting, known)
	}
	err = c.read(ctx, known.text, 1, args, func(scan func(...any) error) error { return scan(&count) })
	if err != nil {
		return 0, fmt.Errorf("counting products: %w", err)
	}
	return count, nil
}

// read has each row of a SELECT read, of so many columns.
func (c *Catalog) read(ctx context.Context, text string, columns int, args []any, row func(scan func(...any) error) error) (err error) {
	var rows sql.Rows
	if err := c.db.QueryCatalog(ctx, text, columns, args, &rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rowsAtOnce is how many rows of a list get their memory together.
const rowsAtOnce = 16

func (c *Catalog) scanProducts(ctx context.Context, s *statement, args []any) (read productRows, err error) {
	var (
		room  []ent.Product
		shelf ent.Category // of the row, until it is known whether it is a new one
		list  int64
	)
	into := make([]any, len(s.products), len(s.products)+len(s.shelves)+1)
	for _, column := range s.shelves {
		into = append(into, column.into(&shelf))
	}
	if s.numbered {
		into = append(into, &list)
	}
	err = c.read(ctx, s.text, len(into), args, func(scan func(...any) error) error {
		if len(room) == 0 {
			room = make([]ent.Product, s.room)
		}
		p := &room[0]
		room = room[1:]
		for i, column := range s.products {
			into[i] = column.into(p)
		}
		if err := scan(into...); err != nil {
			return err
		}
		if len(s.shelves) > 0 {
			p.Edges.Category = read.shelf(&shelf)
		}
		if s.numbered {
			read.lists = append(read.lists, list)
		}
		read.rows = append(read.rows, p)
		return nil
	})
	return read, err
}

// shelf is the category as it was first read: rows that refer to the same have the same.
func (r *productRows) shelf(read *ent.Category) *ent.Category {
	for _, known := range r.shelves {
		if known.ID == read.ID {
			return known
		}
	}
	first := *read
	r.shelves = append(r.shelves, &first)
	return &first
}

// readShelves reads the categories of products that were read without.
func (c *Catalog) readShelves(ctx context.Context, read *productRows, set columns) error {
	var ids []any
	for _, p := range read.rows {
		if !slices.Contains(ids, any(p.CategoryID)) {
			ids = append(ids, p.CategoryID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var err error
	if read.shelves, err = c.readCategories(ctx, set, func(s *sql.Selector) { s.Where(sql.In(s.C(category.FieldID), ids...)) }); err != nil {
		return err
	}
	found := byID(read.shelves, func(c *ent.Category) int64 { return c.ID })
	for _, p := range read.rows {
		p.Edges.Category = found[p.CategoryID]
	}
	return nil
}

// categories are the categories that a modifier finds, in its order.
func (c *Catalog) categories(ctx context.Context, modify func(*sql.Selector), plain bool, others []string, selected page.Fields) ([]*ent.Category, error) {
	if plain && directly(ctx) {
		if set, ok := c.categoryTable.of(selected, others); ok {
			rows, err := c.readCategories(ctx, set, modify)
			if err != nil || !selected.Has("products") {
				return rows, err
			}
			return rows, c.complete(ctx, rows, nil)
		}
	}
	return c.loadCategories(ctx, c.db.Catalog.Category.Query().Modify(modify).CategoryQuery, selected)
}

// readCategories reads those columns of categories.
func (c *Catalog) readCategories(ctx context.Context, set columns, modify func(*sql.Selector)) (rows []*ent.Category, err error) {
	wanted := c.categoryTable.in(set)
	d := sql.Dialect(c.db.Dialect())
	s := d.Select().From(d.Table(category.Table))
	for _, column := range wanted {
		s.AppendSelect(s.C(column.name))
	}
	modify(s)
	text, args := s.Query()
	into := make([]any, len(wanted))
	err = c.read(ctx, text, len(into), args, func(scan func(...any) error) error {
		row := new(ent.Category)
		for i, column := range wanted {
			into[i] = column.into(row)
		}
		rows = append(rows, row)
		return scan(into...)
	})
	if err != nil {
		return nil, fmt.Errorf("reading categories: %w", err)
	}
	return rows, nil
}
