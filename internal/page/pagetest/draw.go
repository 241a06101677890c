package pagetest

import (
	"pgregory.net/rapid"

	"github.com/gatehouse/gatehouse/internal/page"
)

// Draw draws which page is asked for: from the start or the end, by number, or from and up to the spots, which earlier
// answers told. Now and then it is one that must be refused.
func Draw[T any](t *rapid.T, spots []*Spot[T]) Ask[T] {
	size := func(name string) *int {
		return new(rapid.SampledFrom([]int{3, 20, 1, 7, 2, 100, 50, 0}).Draw(t, name))
	}
	spot := func(name string) *Spot[T] { return rapid.SampledFrom(spots).Draw(t, name) }
	way := rapid.SampledFrom([]string{"first", "last", "first", "offset", "default", "last", "first", "last", "first"}).Draw(t, "page")
	if rapid.IntRange(1, 30).Draw(t, "odd?") == 30 {
		way = "odd"
	}
	var ask Ask[T]
	switch way {
	case "first":
		ask.First = size("first")
	case "last":
		ask.Last = size("last")
	case "offset":
		ask.First = size("first")
		ask.Offset = new(rapid.SampledFrom([]int{1, 5, 30, 0, 100, 700, 1999, 2000, page.MaxOffset}).Draw(t, "offset"))
	case "odd":
		odd := rapid.SampledFrom([]Ask[T]{
			{First: new(page.MaxSize + 1)},
			{First: new(-1)},
			{Last: new(page.MaxSize + 1)},
			{Offset: new(page.MaxOffset + 1)},
			{First: new(1), Last: new(1)},
			{Last: new(1), Offset: new(1)},
			{Offset: new(0)},
			{Offset: new(7)},
		}).Draw(t, "odd")
		ask = odd
	}
	if len(spots) == 0 || way == "offset" {
		return ask
	}
	switch rapid.SampledFrom([]string{"after", "before", "both", "after", "before", "neither"}).Draw(t, "cursors") {
	case "after":
		ask.After = spot("after")
	case "before":
		ask.Before = spot("before")
	case "both":
		ask.After, ask.Before = spot("after"), spot("before")
	}
	return ask
}
