package page_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/page"
)

// placed is a row as it was found in one of several lists.
type placed struct {
	*row
	list any
}

func placedOrder(desc bool) page.Order[placed] {
	key := page.Text("TEXT", "text", func(p placed) string { return p.text })
	if desc {
		key = key.Descending()
	}
	return page.Order[placed]{List: "row", ID: func(p placed) int64 { return p.id }, Keys: []page.Key[placed]{key}}
}

// lists are the lists of the rows whose number is divided by 2, 3, … without a rest: many rows are in several.
func (l *list) lists(divisors []int64, statements *int) page.Lists[placed] {
	divides := func(s *sql.Selector, divisor int64) {
		s.Where(sql.P(func(b *sql.Builder) { b.WriteString(s.C("n") + " % ").Arg(divisor).WriteString(" = 0") }))
	}
	return page.Lists[placed]{
		Numbers: divisors,
		Narrow:  divides,
		Load: func(ctx context.Context, modify func(*sql.Selector)) (found []placed, err error) {
			*statements++
			t := sql.Table("list")
			s := sql.Dialect(dialect.SQLite).Select(t.C("id")).From(t).Where(sql.GTE("id", -1_000_000))
			modify(s)
			query, args := s.Query()
			if _, whole, _ := strings.Cut(query, ") AS `pages` ON"); !strings.Contains(whole, "ORDER BY `list`.`text`") {
				return nil, fmt.Errorf("nothing but luck sorts %s", query)
			}
			rows, err := l.db.QueryContext(ctx, query, args...)
			if err != nil {
				return nil, fmt.Errorf("%w: %s", err, query)
			}
			defer rows.Close()
			for rows.Next() {
				var id int64
				var p placed
				if err := rows.Scan(&id, &p.list); err != nil {
					return nil, err
				}
				p.row = l.rows[slices.IndexFunc(l.rows, func(r *row) bool { return r.id == id })]
				found = append(found, p)
			}
			return found, rows.Err()
		},
		Count: func(context.Context) (map[int64]int, error) {
			*statements++
			counts := map[int64]int{}
			for _, divisor := range divisors {
				for _, r := range l.rows {
					if r.n%divisor == 0 {
						counts[divisor]++
					}
				}
			}
			return counts, nil
		},
		Value: func(p placed, _ string) (any, error) { return p.list, nil },
	}
}

// The page of each of several lists is the page it has by itself.
func TestEachListAsByItself(t *testing.T) {
	l := newList(t, hardRows(rand.New(rand.NewPCG(3, 4)), 80))
	for _, r := range l.rows {
		r.n = r.id
		if _, err := l.db.ExecContext(t.Context(), "UPDATE list SET n = ? WHERE id = ?", r.n, r.id); err != nil {
			t.Fatal(err)
		}
	}
	all := page.Fields{"nodes": nil, "edges": nil, "pageInfo": nil, "totalCount": nil}
	after := cursorOf(t, `["row TEXT","a",3]`)
	for _, desc := range []bool{false, true} {
		for _, args := range []page.Args{
			{},
			{First: new(1)},
			{First: new(0)},
			{Last: new(3)},
			{First: new(100)},
			{First: new(2), Offset: new(3)},
			{After: &after},
			{Last: new(2), Before: &after},
			{First: new(5), Before: &after},
		} {
			if desc && (args.After != nil || args.Before != nil) {
				continue // that is a cursor of the other direction
			}
			plan, err := page.NewPlan(args, placedOrder(desc))
			if err != nil {
				t.Fatal(err)
			}
			statements := 0
			divisors := []int64{1, 2, 3, 5, 7, 64, 1000}
			together, err := plan.RunEach(t.Context(), all, l.lists(divisors, &statements))
			if err != nil {
				t.Fatal(err)
			}
			if statements != 2 || len(together) != len(divisors) {
				t.Errorf("%d statements, %d lists", statements, len(together))
			}
			for _, divisor := range divisors {
				alone, err := plan.RunEach(t.Context(), all, l.lists([]int64{divisor}, new(int)))
				if err != nil {
					t.Fatal(err)
				}
				got, want := together[divisor], alone[divisor]
				if describe(got) != describe(want) || got.TotalCount != want.TotalCount {
					t.Errorf("list %d is %s beside others, and %s alone", divisor, describe(got), describe(want))
				}
				for _, p := range got.Nodes {
					if p.n%divisor != 0 {
						t.Errorf("%d is in the list of %d", p.n, divisor)
					}
				}
			}
		}
	}
}

func describe(c *page.Connection[placed]) string {
	var ids []int64
	for _, p := range c.Nodes {
		ids = append(ids, p.id)
	}
	return fmt.Sprint(ids, c.PageInfo.HasPreviousPage, c.PageInfo.HasNextPage, len(c.Edges))
}

// However many lists there are, no statement has more than a database takes, and none is left out.
func TestManyLists(t *testing.T) {
	l := newList(t, []*row{{id: 1, text: "a"}})
	for n, want := range map[int]int{1: 1, 101: 1, 102: 2, 1000: 10} {
		divisors := make([]int64, n)
		for i := range divisors {
			divisors[i] = int64(i + 1)
		}
		plan, err := page.NewPlan(page.Args{}, placedOrder(false))
		if err != nil {
			t.Fatal(err)
		}
		statements := 0
		got, err := plan.RunEach(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil}, l.lists(divisors, &statements))
		if err != nil || statements != want || len(got) != n {
			t.Errorf("%d lists: %d statements, %d pages, %v; want %d statements", n, statements, len(got), err, want)
		}
		for divisor, c := range got {
			if len(c.Nodes) != 1 {
				t.Errorf("list %d of %d has %d rows", divisor, n, len(c.Nodes))
			}
		}
	}
}

func TestRunEachReadsWhatIsSelectedAndHandsErrorsOn(t *testing.T) {
	l := newList(t, []*row{{id: 1, text: "a"}})
	plan, err := page.NewPlan(page.Args{}, placedOrder(false))
	if err != nil {
		t.Fatal(err)
	}
	for selected, want := range map[string]int{"": 0, "totalCount": 1, "nodes": 1, "pageInfo": 1} {
		statements := 0
		fields := page.Fields{}
		if selected != "" {
			fields.Add(selected, nil)
		}
		got, err := plan.RunEach(t.Context(), fields, l.lists([]int64{1, 2}, &statements))
		if err != nil || statements != want || got[2] == nil || got[2].Nodes == nil || got[2].PageInfo == nil {
			t.Errorf("{%s}: %d statements, %v, %v", selected, statements, got, err)
		}
	}
	statements := 0
	if got, err := plan.RunEach(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil, "totalCount": nil}, l.lists(nil, &statements)); err != nil || len(got) != 0 || statements > 1 {
		t.Errorf("no lists: %v, %v, %d statements", got, err, statements)
	}
	broken := errors.New("broken")
	for name, change := range map[string]func(*page.Lists[placed]){
		"Load": func(l *page.Lists[placed]) {
			l.Load = func(context.Context, func(*sql.Selector)) ([]placed, error) { return nil, broken }
		},
		"Count": func(l *page.Lists[placed]) {
			l.Count = func(context.Context) (map[int64]int, error) { return nil, broken }
		},
		"Value": func(l *page.Lists[placed]) { l.Value = func(placed, string) (any, error) { return nil, broken } },
	} {
		lists := l.lists([]int64{1}, new(int))
		change(&lists)
		if _, err := plan.RunEach(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil, "totalCount": nil}, lists); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	lists := l.lists([]int64{1}, new(int))
	lists.Value = func(placed, string) (any, error) { return "1", nil }
	if _, err := plan.RunEach(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil}, lists); err == nil {
		t.Error("a list's number may be a text")
	}
}
