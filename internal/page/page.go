// Package page cuts lists into pages after the Relay Cursor Connections Specification
// (https://relay.dev/graphql/connections.htm).
//
// Pages are found by key, not by position: a cursor holds the sort key of its row, and the next page is
// what sorts behind it. However rows come and go, the pages joined are the whole list, each row once,
// for every row whose sort key stayed the same.
package page

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/fault"
)

const (
	// DefaultSize is how many rows a page has when the client does not say.
	DefaultSize = 20
	// MaxSize is the most rows a page may have.
	MaxSize = 100
	// MaxOffset is the most rows that may be passed over.
	MaxOffset = 10_000
)

// Args are the paging arguments as a client gives them; nil is absent.
type Args struct {
	First, Last, Offset *int
	After, Before       *string
}

// Connection is one page of a list.
type Connection[T any] struct {
	Edges      []*Edge[T]
	Nodes      []T
	PageInfo   *Info
	TotalCount int // of the whole list; 0 when it was not asked for
}

// Edge is a row and where it stands in the list.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// Info tells where a page lies within its list.
type Info struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string // nil for an empty page
	EndCursor       *string // nil for an empty page
}

// Plan is how to find one page.
type Plan[T any] struct {
	order         Order[T]
	size, offset  int
	backward      bool // from the end of the list
	after, before *position
}

// NewPlan checks the arguments. Its error is BAD_USER_INPUT.
func NewPlan[T any](args Args, order Order[T]) (*Plan[T], error) {
	plan := &Plan[T]{order: order.withoutRepeats(), size: DefaultSize}
	switch {
	case args.First != nil && args.Last != nil:
		return nil, fault.BadInput("`first` and `last` exclude each other")
	case outOfRange(args.First, MaxSize):
		return nil, fault.BadInput("`first` must be between 0 and %d", MaxSize)
	case outOfRange(args.Last, MaxSize):
		return nil, fault.BadInput("`last` must be between 0 and %d", MaxSize)
	case outOfRange(args.Offset, MaxOffset):
		return nil, fault.BadInput("`offset` must be between 0 and %d", MaxOffset)
	case args.Offset != nil && (args.Last != nil || args.After != nil || args.Before != nil):
		return nil, fault.BadInput("`offset` goes with `first` only")
	case args.First != nil:
		plan.size = *args.First
	case args.Last != nil:
		plan.size, plan.backward = *args.Last, true
	}
	if args.Offset != nil {
		plan.offset = *args.Offset
	}
	var err error
	if plan.after, err = plan.order.decode("after", args.After); err != nil {
		return nil, err
	}
	if plan.before, err = plan.order.decode("before", args.Before); err != nil {
		return nil, err
	}
	return plan, nil
}

// Run finds the page, reading only what the client selected. Load reads rows through a query to which it
// applies the given modifier; count counts the whole list.
func (p *Plan[T]) Run(
	ctx context.Context,
	selected Fields,
	load func(context.Context, func(*sql.Selector)) ([]T, error),
	count func(context.Context) (int, error),
) (*Connection[T], error) {
	connection := empty[T]()
	var err error
	if selected.Has("totalCount") {
		if connection.TotalCount, err = count(ctx); err != nil {
			return nil, err
		}
	}
	if !p.wantsRows(selected) {
		return connection, nil
	}
	rows, err := load(ctx, p.modify)
	if err != nil {
		return nil, err
	}
	return connection, p.fill(connection, rows, selected)
}

// Columns are those that the page's cursors take of a row, beside its id: none when no cursor was selected. It is false when
// that takes something that the database computes.
func (p *Plan[T]) Columns(selected Fields) (columns []string, ok bool) {
	for _, k := range p.order.Keys {
		if k.computed() {
			return nil, false
		}
		if wantsCursors(selected) {
			columns = append(columns, k.column)
		}
	}
	return columns, true
}

// wantsCursors says whether any cursor was selected.
func wantsCursors(selected Fields) bool {
	for _, at := range []struct{ of, cursor string }{{"edges", "cursor"}, {"pageInfo", "startCursor"}, {"pageInfo", "endCursor"}} {
		if below, ok := selected[at.of]; ok && (below == nil || below.Has(at.cursor)) {
			return true
		}
	}
	return false
}

func empty[T any]() *Connection[T] {
	return &Connection[T]{Edges: []*Edge[T]{}, Nodes: []T{}, PageInfo: &Info{}}
}

// wantsRows says whether anything was selected that only the rows can tell.
func (p *Plan[T]) wantsRows(selected Fields) bool {
	return p.size > 0 && (selected.Has("edges") || selected.Has("nodes")) || selected.Has("pageInfo")
}

// modify makes a query answer the page's rows and one more, which tells whether the list goes on.
func (p *Plan[T]) modify(s *sql.Selector) {
	if p.after != nil {
		s.Where(p.order.beyond(s, p.after, false))
	}
	if p.before != nil {
		s.Where(p.order.beyond(s, p.before, true))
	}
	if p.after == nil && p.before == nil {
		p.order.begin(s)
	}
	p.order.apply(s, p.backward)
	s.Limit(p.size + 1)
	if p.offset > 0 {
		s.Offset(p.offset)
	}
}

// fill puts the rows into a page, with their cursors if any was selected.
func (p *Plan[T]) fill(c *Connection[T], rows []T, selected Fields) error {
	more := len(rows) > p.size
	if more {
		rows = rows[:p.size]
	}
	// Behind the page lies what was cut off, or the row that it had to precede; and so before it.
	c.PageInfo.HasNextPage = more && !p.backward || p.before != nil
	c.PageInfo.HasPreviousPage = more && p.backward || p.after != nil || p.offset > 0
	if p.backward {
		slices.Reverse(rows)
	}
	if len(rows) == 0 {
		return nil
	}
	c.Nodes = rows
	edges := make([]Edge[T], len(rows))
	c.Edges = make([]*Edge[T], len(rows))
	for i, row := range rows {
		edges[i].Node = row
		c.Edges[i] = &edges[i]
	}
	if !wantsCursors(selected) {
		return nil
	}
	for i, row := range rows {
		var err error
		if edges[i].Cursor, err = p.order.cursor(row); err != nil {
			return err
		}
	}
	c.PageInfo.StartCursor = &c.Edges[0].Cursor
	c.PageInfo.EndCursor = &c.Edges[len(rows)-1].Cursor
	return nil
}

// CountAll is the aggregate that counts rows without looking at a column: COUNT(*), in the place of all that was selected. To have
// a column selected before saves ent from naming all of them.
func CountAll(s *sql.Selector) string {
	s.Select()
	return sql.Count("*")
}

func outOfRange(n *int, most int) bool { return n != nil && (*n < 0 || *n > most) }
