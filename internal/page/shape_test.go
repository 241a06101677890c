package page_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/page"
)

// statement is what a plan makes of a query of rows.
func statement(t *testing.T, plan *page.Plan[*row]) (text string, args []any) {
	t.Helper()
	_, err := plan.Run(t.Context(), page.Fields{"pageInfo": nil}, func(_ context.Context, modify func(*sql.Selector)) ([]*row, error) {
		s := sql.Dialect(dialect.SQLite).Select("id").From(sql.Table("rows"))
		modify(s)
		text, args = s.Query()
		return nil, nil
	}, noCount)
	if err != nil {
		t.Fatal(err)
	}
	return text, args
}

// wantArguments expects a plan that has a shape to know the arguments of its statement.
func wantArguments(t *testing.T, plan *page.Plan[*row]) {
	t.Helper()
	text, want := statement(t, plan)
	if _, ok := plan.Shape(); !ok {
		return
	}
	if got := plan.Arguments(); !slices.Equal(got, want) {
		t.Errorf("%s\nhas the arguments %v; the plan says %v", text, want, got)
	}
}

// Plans of the same shape have the same statement.
func TestShape(t *testing.T) {
	at := &row{id: 7, text: "x", n: -3, at: time.Unix(5, 0)}
	cursor := func(o page.Order[*row]) *string {
		plan, err := page.NewPlan(page.Args{}, o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := plan.Run(t.Context(), page.Fields{"pageInfo": nil}, func(context.Context, func(*sql.Selector)) ([]*row, error) { return []*row{at}, nil }, noCount)
		if err != nil {
			t.Fatal(err)
		}
		return got.PageInfo.EndCursor
	}
	shapes := map[page.Shape]string{}
	for _, o := range []page.Order[*row]{
		order(byText), order(byText.Descending()), order(byNumber), order(byMoment), order(byText, byNumber), order(byText, byNumber.Descending()),
		order(byNumber, byText), order(byMoment.Descending(), byNumber, byText), order(),
	} {
		c := cursor(o)
		for _, args := range []page.Args{
			{},
			{First: new(20)},
			{First: new(5)},
			{Last: new(5)},
			{First: new(5), Offset: new(3)},
			{First: new(5), Offset: new(0)},
			{First: new(5), After: c},
			{First: new(5), Before: c},
			{Last: new(5), After: c, Before: c},
			{Last: new(5), Before: c},
		} {
			plan, err := page.NewPlan(args, o)
			if err != nil {
				t.Fatal(err)
			}
			wantArguments(t, plan)
			shape, ok := plan.Shape()
			if !ok {
				t.Fatalf("no shape for %+v", args)
			}
			text, _ := statement(t, plan)
			if known, ok := shapes[shape]; ok && known != text {
				t.Errorf("one shape is of\n%s\nand\n%s", known, text)
			}
			shapes[shape] = text
		}
	}
	if want := 9 * 8; len(shapes) != want {
		t.Errorf("there are %d shapes; want %d", len(shapes), want)
	}
	for _, key := range []page.Key[*row]{byComputed, bySeen} {
		plan, err := page.NewPlan(page.Args{}, order(byText, key))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := plan.Shape(); ok {
			t.Error("there is a shape where the statement depends on more")
		}
	}
}
