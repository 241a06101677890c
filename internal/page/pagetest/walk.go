// Package pagetest holds lists to the page-walk law: for every order, direction and page size the pages joined are the
// whole list, each row once; and while the list changes, that is so of every row whose sort key stays the same.
package pagetest

import (
	"slices"
	"testing"

	"github.com/gatehouse/gatehouse/internal/page"
)

// List answers a page of a list, whatever is in it.
type List[T any] func(page.Args, page.Fields) (*page.Connection[T], error)

// Sizes are the page sizes to walk by.
func Sizes() []int { return []int{1, 7, 20, 100} }

// Direction is which way a walk goes, for the names of tests.
func Direction(backward bool) string {
	if backward {
		return "backwards"
	}
	return "forwards"
}

// Walk goes through a list page by page, from either end, and expects to have seen exactly the wanted rows in
// their order, each page with the truth about what lies before and behind it.
func Walk[T any](t testing.TB, list List[T], id func(T) int64, want []T, size int, backward bool) {
	t.Helper()
	expected := ids(want, id)
	selected := page.Fields{"totalCount": nil, "nodes": nil, "edges": nil, "pageInfo": nil}
	args := start(&size, backward)
	for seen := 0; ; {
		got, err := list(args, selected)
		if err != nil {
			t.Fatal(err)
		}
		if selected.Has("totalCount") && got.TotalCount != len(want) {
			t.Fatalf("totalCount %d, want %d", got.TotalCount, len(want))
		}
		delete(selected, "totalCount") // the count is the same for every page
		upTo := min(seen+size, len(expected))
		part, before, behind := expected[seen:upTo], seen > 0, upTo < len(expected)
		if backward {
			part, before, behind = expected[len(expected)-upTo:len(expected)-seen], upTo < len(expected), seen > 0
		}
		if !slices.Equal(ids(got.Nodes, id), part) {
			t.Fatalf("after %d rows, the page is %v, want %v", seen, ids(got.Nodes, id), part)
		}
		for i, edge := range got.Edges {
			if id(edge.Node) != part[i] {
				t.Fatalf("after %d rows, edges and nodes differ", seen)
			}
		}
		if got.PageInfo.HasPreviousPage != before || got.PageInfo.HasNextPage != behind {
			t.Fatalf("after %d rows, hasPreviousPage %v, hasNextPage %v; want %v, %v",
				seen, got.PageInfo.HasPreviousPage, got.PageInfo.HasNextPage, before, behind)
		}
		if seen = upTo; seen == len(expected) {
			return
		}
		if *got.PageInfo.StartCursor != got.Edges[0].Cursor || *got.PageInfo.EndCursor != got.Edges[len(got.Edges)-1].Cursor {
			t.Fatal("startCursor and endCursor are not those of the page's first and last rows")
		}
		args, _ = next(args, got.PageInfo, backward)
	}
}

// maxSteps is how many pages a walk through a list that changes has at the most. One that meets rows again and again
// would never end.
const maxSteps = 200

// WalkDisturbed goes through a list that changes: disturb is called between the pages, with the ids of the page
// just seen. Settled then tells which rows were there all the time under the same sort key, in the list's order; it
// expects to have met each of them once, in that order.
func WalkDisturbed[T any](t testing.TB, list List[T], id func(T) int64, size int, backward bool,
	disturb func(step int, seen []int64), settled func() []T,
) {
	t.Helper()
	selected := page.Fields{"nodes": nil, "pageInfo": nil}
	args := start(&size, backward)
	var seen []int64
	for step := 0; ; step++ {
		if step == maxSteps {
			t.Fatalf("the walk does not end: after %d pages it has met %d rows", step, len(seen))
		}
		got, err := list(args, selected)
		if err != nil {
			t.Fatal(err)
		}
		part := ids(got.Nodes, id)
		if backward {
			slices.Reverse(part)
		}
		seen = append(seen, part...)
		var more bool
		if args, more = next(args, got.PageInfo, backward); !more {
			break
		}
		disturb(step, part)
	}
	want := ids(settled(), id)
	if backward {
		slices.Reverse(want)
	}
	met := slices.DeleteFunc(seen, func(id int64) bool { return !slices.Contains(want, id) })
	if !slices.Equal(met, want) {
		t.Errorf("met %v, want %v", met, want)
	}
}

func start(size *int, backward bool) page.Args {
	if backward {
		return page.Args{Last: size}
	}
	return page.Args{First: size}
}

// next is where the walk goes on behind a page, and whether it does.
func next(args page.Args, seen *page.Info, backward bool) (page.Args, bool) {
	if backward {
		args.Before = seen.StartCursor
		return args, seen.HasPreviousPage
	}
	args.After = seen.EndCursor
	return args, seen.HasNextPage
}

func ids[T any](rows []T, id func(T) int64) (ids []int64) {
	for _, row := range rows {
		ids = append(ids, id(row))
	}
	return ids
}
