package page

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"
)

const (
	// maxLists is how many lists one statement reads: those of a page of rows, and of the row that tells whether the page
	// is the last one. SQLite takes 500 SELECTs in one statement, and each is compiled.
	maxLists = MaxSize + 1
	// maxValues is how many values one statement has, or those of a single list: a filter comes with each list
	// anew. SQLite takes 32,766, but each connection keeps a few dozen statements with all that was compiled of them.
	maxValues = 5_000
	// maxSelects is how many SELECTs one statement has, or those of a single list: a filter may have some of its own.
	// SQLite refuses a statement that names a WITH when it reads from 1,000 tables already, and three SELECTs read from
	// four.
	maxSelects = 720
)

// Lists are several lists of the same kind of rows, each with a number of its own. A row may be in more than one.
type Lists[T any] struct {
	Numbers []int64
	// Narrow has a query of rows answer those of one list.
	Narrow func(s *sql.Selector, number int64)
	// Load reads rows through a query to which it applies the given modifier.
	Load func(ctx context.Context, modify func(*sql.Selector)) ([]T, error)
	// LoadAll reads the rows of all lists at once, in the page's order, by list, where it can: see ModifyAlong. Nil: it cannot.
	LoadAll func(ctx context.Context) (rows map[int64][]T, ok bool, err error)
	// Count counts the rows of each list. One that is not there has none.
	Count func(context.Context) (map[int64]int, error)
	// Value reads back what was selected beside a row, as the Value method of ent's rows does.
	Value func(row T, name string) (any, error)
}

// listName is the name under which the number of a row's list is selected.
const listName = "page_list"

// RunEach finds the same page of each of the lists, by number, reading only what the client selected: it takes one
// statement for the rows of a page of lists, and one to count them.
func (p *Plan[T]) RunEach(ctx context.Context, selected Fields, lists Lists[T]) (map[int64]*Connection[T], error) {
	pages := make(map[int64]*Connection[T], len(lists.Numbers))
	for _, number := range lists.Numbers {
		pages[number] = empty[T]()
	}
	if selected.Has("totalCount") {
		counts, err := lists.Count(ctx)
		if err != nil {
			return nil, err
		}
		for number, count := range counts {
			pages[number].TotalCount = count
		}
	}
	if !p.wantsRows(selected) {
		return pages, nil
	}
	found, err := p.loadEach(ctx, lists)
	if err != nil {
		return nil, err
	}
	for number := range pages {
		if err := p.fill(pages[number], found[number], selected); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// loadEach reads the rows of each list.
func (p *Plan[T]) loadEach(ctx context.Context, lists Lists[T]) (map[int64][]T, error) {
	if lists.LoadAll != nil {
		if found, ok, err := lists.LoadAll(ctx); ok || err != nil {
			return found, err
		}
	}
	found := make(map[int64][]T, len(lists.Numbers))
	for left := lists.Numbers; len(left) > 0; {
		taken := 0
		rows, err := lists.Load(ctx, func(s *sql.Selector) { taken = p.modifyEach(s, left, lists.Narrow) })
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			number, err := numberIn(row, listName, lists.Value)
			if err != nil {
				return nil, err
			}
			found[number] = append(found[number], row)
		}
		left = left[taken:]
	}
	return found, nil
}

// modifyEach makes a query answer what modify makes it answer, for as many of the lists as one statement may hold,
// and says how many those are.
//
// It is a UNION ALL of one SELECT for each list, each with its own LIMIT, which finds the rows by their index and
// stops. To number all rows of all lists (ROW_NUMBER) and take the first would read every one of them.
func (p *Plan[T]) modifyEach(s *sql.Selector, numbers []int64, narrow func(*sql.Selector, int64)) (taken int) {
	where := s.P()
	first := p.one(s, where, numbers[0], narrow)
	query, values := first.Query()
	taken = max(1, min(len(numbers), maxLists, maxValues/max(1, len(values)), maxSelects/strings.Count(query, "SELECT")))
	for _, number := range numbers[1:taken] {
		first.UnionAll(p.one(s, where, number, narrow))
	}
	union := first.As("pages")
	s.SetP(nil) // holds for each part of the union already
	s.Join(union).On(s.C("id"), union.C("id"))
	s.AppendSelectAs(union.C(listName), listName)
	p.order.apply(s, p.backward)
	return taken
}

// ModifyAlong makes a query of rows answer what RunEach finds, for all lists at once: lists are a SELECT of their numbers, as
// "number". Narrow has a query of rows answer those of the list with the number in the given column.
//
// It is a correlated subquery, which SQLite runs for each list, and its text is the same for any number of lists. PostgreSQL
// would run it for each pair of a list and a row.
func (p *Plan[T]) ModifyAlong(s, lists *sql.Selector, narrow func(rows *sql.Selector, number string)) {
	limited := sql.Dialect(s.Dialect()).Select(s.C("id")).From(s.Table())
	if where := s.P(); where != nil {
		limited.Where(where)
	}
	s.SetP(nil)
	lists.As("lists")
	narrow(limited, lists.C("number"))
	p.modify(limited)
	s.Join(lists).OnP(sql.P(func(b *sql.Builder) {
		b.WriteString(s.C("id")).WriteString(" IN ").Wrap(func(b *sql.Builder) { b.Join(limited) })
	}))
	s.AppendSelectAs(lists.C("number"), listName)
	p.order.apply(s, p.backward)
}

// one is the ids of one list's rows, beside the list's number.
func (p *Plan[T]) one(rows *sql.Selector, where *sql.Predicate, number int64, narrow func(*sql.Selector, int64)) *sql.Selector {
	d := sql.Dialect(rows.Dialect())
	limited := d.Select(rows.C("id")).From(rows.Table())
	if where != nil {
		limited.Where(where) // itself: of its clones, comparisons lose their operators (ent 0.14.5)
	}
	limited.AppendSelectExprAs(sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString("CAST(").Arg(number).WriteString(" AS bigint)")
	}), listName)
	narrow(limited, number)
	p.modify(limited)
	// The SELECT gets its alias from outside: predicates may look for their columns' names only when they are written.
	return d.Select("id", listName).FromExpr(sql.ExprFunc(func(b *sql.Builder) {
		b.Wrap(func(b *sql.Builder) { b.Join(limited) }).WriteString(" AS ").Ident("limited")
	}))
}

// numberIn is a whole number that was selected beside a row.
func numberIn[T any](row T, name string, value func(row T, name string) (any, error)) (int64, error) {
	v, err := value(row, name)
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", name, err)
	}
	n, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("reading %s: it is a %T, not a number", name, v)
	}
	return n, nil
}
