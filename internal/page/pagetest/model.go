package pagetest

import (
	"fmt"
	"slices"

	"github.com/gatehouse/gatehouse/internal/page"
)

// Spot is a place in a list: a row, and the cursor that an answer gave it.
type Spot[T any] struct {
	Row    T
	Cursor string
	Of     string // tells the lists apart whose cursors are no good for one another
}

// Ask is which page of a list is asked for.
type Ask[T any] struct {
	First, Last, Offset *int
	After, Before       *Spot[T]
}

// Args are the arguments as a client gives them.
func (a Ask[T]) Args() page.Args {
	args := page.Args{First: a.First, Last: a.Last, Offset: a.Offset}
	if a.After != nil {
		args.After = &a.After.Cursor
	}
	if a.Before != nil {
		args.Before = &a.Before.Cursor
	}
	return args
}

// Refused says whether such a page of the list must be refused.
func (a Ask[T]) Refused(list string) bool {
	beyond := func(n *int, most int) bool { return n != nil && (*n < 0 || *n > most) }
	foreign := func(s *Spot[T]) bool { return s != nil && s.Of != list }
	return a.First != nil && a.Last != nil ||
		a.Offset != nil && (a.Last != nil || a.After != nil || a.Before != nil) ||
		beyond(a.First, page.MaxSize) || beyond(a.Last, page.MaxSize) || beyond(a.Offset, page.MaxOffset) ||
		foreign(a.After) || foreign(a.Before)
}

// Answer is what a page has to be, read plainly off the whole list.
type Answer[T any] struct {
	Rows                 []T
	Total                int
	HasPrevious, HasNext bool
}

// Answer is the page of a list that is sorted by compare. The row of a cursor need not be in the list.
func (a Ask[T]) Answer(list []T, compare func(a, b T) int) Answer[T] {
	rows := slices.DeleteFunc(slices.Clone(list), func(row T) bool {
		return a.After != nil && compare(row, a.After.Row) <= 0 || a.Before != nil && compare(row, a.Before.Row) >= 0
	})
	if a.Offset != nil {
		rows = rows[min(*a.Offset, len(rows)):]
	}
	if a.Last != nil {
		n := min(*a.Last, len(rows))
		return Answer[T]{
			Rows: rows[len(rows)-n:], Total: len(list),
			HasPrevious: n < len(rows) || a.After != nil, HasNext: a.Before != nil,
		}
	}
	n := min(page.DefaultSize, len(rows))
	if a.First != nil {
		n = min(*a.First, len(rows))
	}
	return Answer[T]{
		Rows: rows[:n], Total: len(list),
		HasPrevious: a.After != nil || a.Offset != nil && *a.Offset > 0, HasNext: n < len(rows) || a.Before != nil,
	}
}

// Differs says in what a page is not the answer; nothing when it is.
func (want Answer[T]) Differs(got *page.Connection[T], id func(T) int64) string {
	rows, info := ids(got.Nodes, id), got.PageInfo
	edges := make([]int64, len(got.Edges))
	for i, edge := range got.Edges {
		edges[i] = id(edge.Node)
	}
	switch {
	case !slices.Equal(rows, ids(want.Rows, id)):
		return fmt.Sprintf("the rows are %v, want %v", rows, ids(want.Rows, id))
	case !slices.Equal(edges, rows):
		return fmt.Sprintf("the edges are of %v, and the nodes are %v", edges, rows)
	case got.TotalCount != want.Total:
		return fmt.Sprintf("totalCount is %d, want %d", got.TotalCount, want.Total)
	case info.HasPreviousPage != want.HasPrevious || info.HasNextPage != want.HasNext:
		return fmt.Sprintf("hasPreviousPage %v, hasNextPage %v; want %v, %v", info.HasPreviousPage, info.HasNextPage, want.HasPrevious, want.HasNext)
	case len(rows) == 0 && (info.StartCursor != nil || info.EndCursor != nil):
		return "an empty page has a startCursor or endCursor"
	case len(rows) > 0 && (info.StartCursor == nil || info.EndCursor == nil ||
		*info.StartCursor != got.Edges[0].Cursor || *info.EndCursor != got.Edges[len(rows)-1].Cursor):
		return "startCursor and endCursor are not those of the first and last rows"
	}
	return ""
}

// Spots are the places that a page of the list tells.
func Spots[T any](got *page.Connection[T], list string) []*Spot[T] {
	spots := make([]*Spot[T], len(got.Edges))
	for i, edge := range got.Edges {
		spots[i] = &Spot[T]{Row: edge.Node, Cursor: edge.Cursor, Of: list}
	}
	return spots
}
