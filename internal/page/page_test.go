package page_test

import (
	"cmp"
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	_ "github.com/mattn/go-sqlite3"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

// row is one of a list to cut into pages.
type row struct {
	id   int64
	text string
	n    int64
	at   time.Time
	seen *time.Time
}

// The keys that rows are sorted by. The computed one is the number without its sign, or as good as.
var (
	byText     = page.Text("TEXT", "text", func(r *row) string { return r.text })
	byNumber   = page.Number("NUMBER", "n", func(r *row) int64 { return r.n })
	byMoment   = page.Moment("MOMENT", "at", func(r *row) time.Time { return r.at })
	bySeen     = page.MomentIfAny("SEEN", "seen", func(r *row) *time.Time { return r.seen })
	byComputed = page.Computed("COMPUTED", func(s *sql.Selector) sql.Querier {
		return sql.ExprFunc(func(b *sql.Builder) { b.WriteString("(" + s.C("n") + " & ").Arg(3).WriteString(")") })
	},
		func(r *row, name string) (any, error) {
			if name != "sort_COMPUTED" {
				return nil, fmt.Errorf("%s was not selected", name)
			}
			return r.n & 3, nil
		})
)

func order(keys ...page.Key[*row]) page.Order[*row] {
	return page.Order[*row]{List: "row", ID: func(r *row) int64 { return r.id }, Keys: keys}
}

// no lists read nothing.
func noRows(context.Context, func(*sql.Selector)) ([]*row, error) { return nil, nil }
func noCount(context.Context) (int, error)                        { return 0, nil }

func TestArgs(t *testing.T) {
	for _, tt := range []struct {
		name string
		args page.Args
		ok   bool
		size int
	}{
		{"none", page.Args{}, true, page.DefaultSize},
		{"first 0", page.Args{First: new(0)}, true, 0},
		{"first 1", page.Args{First: new(1)}, true, 1},
		{"first 100", page.Args{First: new(100)}, true, 100},
		{"first 101", page.Args{First: new(101)}, false, 0},
		{"first -1", page.Args{First: new(-1)}, false, 0},
		{"first, as large as can be", page.Args{First: new(math.MaxInt)}, false, 0},
		{"last 0", page.Args{Last: new(0)}, true, 0},
		{"last 100", page.Args{Last: new(100)}, true, 100},
		{"last 101", page.Args{Last: new(101)}, false, 0},
		{"last -1", page.Args{Last: new(-1)}, false, 0},
		{"first and last", page.Args{First: new(1), Last: new(1)}, false, 0},
		{"first and last, both 0", page.Args{First: new(0), Last: new(0)}, false, 0},
		{"offset 0", page.Args{Offset: new(0)}, true, page.DefaultSize},
		{"offset with first", page.Args{First: new(5), Offset: new(page.MaxOffset)}, true, 5},
		{"offset too large", page.Args{Offset: new(page.MaxOffset + 1)}, false, 0},
		{"offset negative", page.Args{Offset: new(-1)}, false, 0},
		{"offset with last", page.Args{Last: new(5), Offset: new(0)}, false, 0},
		{"offset with after", page.Args{After: new("x"), Offset: new(0)}, false, 0},
		{"offset with before", page.Args{Before: new("x"), Offset: new(0)}, false, 0},
		{"after nothing", page.Args{After: new("")}, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := page.NewPlan(tt.args, order(byText))
			if !tt.ok {
				if fault.CodeOf(err) != fault.BadUserInput {
					t.Errorf("error %v; want BAD_USER_INPUT", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var query string
			var args []any
			load := func(_ context.Context, modify func(*sql.Selector)) ([]*row, error) {
				s := sql.Dialect(dialect.SQLite).Select("*").From(sql.Table("list"))
				modify(s)
				query, args = s.Query()
				return nil, nil
			}
			if _, err := plan.Run(t.Context(), page.Fields{"pageInfo": nil}, load, noCount); err != nil {
				t.Fatal(err)
			}
			// One row more tells whether the list goes on.
			if want := fmt.Sprintf("LIMIT %d", tt.size+1); !strings.Contains(query, want) || len(args) != 0 {
				t.Errorf("ran %s, want %s", query, want)
			}
		})
	}
}

// Only what is selected is read.
func TestRunReadsWhatIsSelected(t *testing.T) {
	for _, tt := range []struct {
		first          int
		selected       string
		counted, loads int
	}{
		{5, "", 0, 0},
		{5, "totalCount", 1, 0},
		{5, "nodes", 0, 1},
		{5, "edges", 0, 1},
		{5, "pageInfo", 0, 1},
		{5, "edges nodes pageInfo totalCount", 1, 1},
		{0, "nodes edges", 0, 0},
		{0, "nodes totalCount", 1, 0},
		{0, "pageInfo", 0, 1},
	} {
		selected := page.Fields{}
		for _, name := range strings.Fields(tt.selected) {
			selected.Add(name, nil)
		}
		plan, err := page.NewPlan(page.Args{First: &tt.first}, order(byText))
		if err != nil {
			t.Fatal(err)
		}
		counted, loads := 0, 0
		got, err := plan.Run(t.Context(), selected,
			func(context.Context, func(*sql.Selector)) ([]*row, error) { loads++; return nil, nil },
			func(context.Context) (int, error) { counted++; return 42, nil })
		if err != nil {
			t.Fatal(err)
		}
		if counted != tt.counted || loads != tt.loads || got.TotalCount != 42*counted {
			t.Errorf("first %d {%s}: counted %d times and loaded %d, want %d and %d", tt.first, tt.selected, counted, loads, tt.counted, tt.loads)
		}
		if got.Edges == nil || got.Nodes == nil || got.PageInfo == nil || got.PageInfo.StartCursor != nil || got.PageInfo.EndCursor != nil {
			t.Errorf("first %d {%s}: an empty page is %+v", tt.first, tt.selected, got)
		}
	}
}

func TestRunHandsErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	plan, err := page.NewPlan(page.Args{}, order(byComputed))
	if err != nil {
		t.Fatal(err)
	}
	selected := page.Fields{"nodes": nil, "pageInfo": nil, "totalCount": nil}
	if _, err := plan.Run(t.Context(), selected, noRows, func(context.Context) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("counting: %v", err)
	}
	load := func(context.Context, func(*sql.Selector)) ([]*row, error) { return nil, broken }
	if _, err := plan.Run(t.Context(), selected, load, noCount); !errors.Is(err, broken) {
		t.Errorf("loading: %v", err)
	}
	for name, value := range map[string]func(*row, string) (any, error){
		"no value":    func(*row, string) (any, error) { return nil, broken },
		"no number":   func(*row, string) (any, error) { return "7", nil },
		"null":        func(*row, string) (any, error) { return nil, nil },
		"floating pt": func(*row, string) (any, error) { return 7.0, nil },
	} {
		key := page.Computed("X", func(*sql.Selector) sql.Querier { return sql.Raw("1") }, value)
		plan, err := page.NewPlan(page.Args{}, order(key))
		if err != nil {
			t.Fatal(err)
		}
		load := func(context.Context, func(*sql.Selector)) ([]*row, error) { return []*row{{id: 1}}, nil }
		if _, err := plan.Run(t.Context(), selected, load, noCount); fault.CodeOf(err) != fault.Internal {
			t.Errorf("%s: %v; a row without its sort key has no cursor", name, err)
		}
	}
}

// list is a table of rows.
type list struct {
	db   *stdsql.DB
	rows []*row
}

func newList(t testing.TB, rows []*row) *list {
	t.Helper()
	db, err := stdsql.Open("sqlite3", filepath.Join(t.TempDir(), "list.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE list (id INTEGER PRIMARY KEY, text TEXT NOT NULL, n INTEGER NOT NULL, at DATETIME NOT NULL, seen DATETIME)"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO list VALUES (?, ?, ?, ?, ?)", r.id, r.text, r.n, r.at, r.seen); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return &list{db: db, rows: rows}
}

func (l *list) load(ctx context.Context, modify func(*sql.Selector)) (found []*row, err error) {
	t := sql.Table("list")
	s := sql.Dialect(dialect.SQLite).Select(t.C("id")).From(t)
	modify(s)
	query, args := s.Query()
	rows, err := l.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, query)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var id int64
		into := []any{&id}
		for range columns[1:] { // computed sort keys
			into = append(into, new(any))
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		found = append(found, l.rows[slices.IndexFunc(l.rows, func(r *row) bool { return r.id == id })])
	}
	return found, rows.Err()
}

// hardRows have the values that paging loses most easily: empty, zero, the extremes, and many equal ones.
func hardRows(random *rand.Rand, n int) []*row {
	texts := []string{"", "", " ", "a", "a", "A", "ä", "a\u0308", "\x00", "a\x00b", "\uffff", "𝒳", `"`, `\`, "<&>", "\u2028", "9", "10"}
	numbers := []int64{0, 0, 0, 1, -1, 1, 5, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1}
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	moments := []time.Time{
		{},
		noon, noon, noon.Add(time.Nanosecond), noon.Add(100 * time.Millisecond), noon.Add(120 * time.Millisecond),
		noon.Add(-time.Millisecond), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	}
	rows := make([]*row, n)
	for i := range rows {
		rows[i] = &row{
			id:   int64(i - n/2), // zero and negative keys, too
			text: texts[random.IntN(len(texts))],
			n:    numbers[random.IntN(len(numbers))],
			at:   moments[random.IntN(len(moments))],
		}
		if random.IntN(3) > 0 {
			rows[i].seen = &moments[random.IntN(len(moments))]
		}
	}
	return rows
}

// Any list, in any order, by pages of any size from either end, is joined from its pages.
func TestWalks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	l := newList(t, hardRows(random, 150))
	type level struct {
		key     page.Key[*row]
		compare func(a, b *row) int
		last    func(*row) bool // comes last, in both directions
	}
	never := func(*row) bool { return false }
	levels := []level{
		{byText, func(a, b *row) int { return strings.Compare(a.text, b.text) }, never},
		{byNumber, func(a, b *row) int { return cmp.Compare(a.n, b.n) }, never},
		{byMoment, func(a, b *row) int { return a.at.Compare(b.at) }, never},
		{byComputed, func(a, b *row) int { return cmp.Compare(a.n&3, b.n&3) }, never},
		{bySeen, func(a, b *row) int {
			if a.seen == nil || b.seen == nil {
				return 0
			}
			return a.seen.Compare(*b.seen)
		}, func(r *row) bool { return r.seen == nil }},
	}
	for range 300 {
		var keys []page.Key[*row]
		var compares []func(a, b *row) int
		descends := false
		for _, i := range random.Perm(len(levels))[:random.IntN(len(levels)+1)] {
			key, compare := levels[i].key, levels[i].compare
			if descends = random.IntN(2) == 0; descends {
				key, compare = key.Descending(), func(a, b *row) int { return levels[i].compare(b, a) }
			}
			last := levels[i].last
			keys, compares = append(keys, key), append(compares, func(a, b *row) int {
				if last(a) != last(b) {
					if last(a) {
						return 1
					}
					return -1
				}
				return compare(a, b)
			})
		}
		want := slices.Clone(l.rows)
		slices.SortFunc(want, func(a, b *row) int {
			for _, compare := range compares {
				if c := compare(a, b); c != 0 {
					return c
				}
			}
			if descends {
				a, b = b, a
			}
			return cmp.Compare(a.id, b.id)
		})
		size := 1 + random.IntN(40)
		args := page.Args{First: &size}
		backward := random.IntN(2) == 0
		if backward {
			args = page.Args{Last: &size}
		}
		var got []*row
		for pages := 0; ; pages++ {
			plan, err := page.NewPlan(args, order(keys...))
			if err != nil {
				t.Fatal(err)
			}
			wantArguments(t, plan)
			part, err := plan.Run(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil}, l.load, noCount)
			if err != nil {
				t.Fatal(err)
			}
			if backward {
				got = append(slices.Clone(part.Nodes), got...)
				args.Before = part.PageInfo.StartCursor
			} else {
				got = append(got, part.Nodes...)
				args.After = part.PageInfo.EndCursor
			}
			if more := backward && part.PageInfo.HasPreviousPage || !backward && part.PageInfo.HasNextPage; !more {
				break
			}
			if pages > len(want) {
				t.Fatal("the walk does not end")
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d keys, by %d, backward %v: %d rows, or not in order", len(keys), size, backward, len(got))
		}
	}
}

// The condition that finds a page begins with a bound on the first key alone, for an index to start from.
func TestPagesAreFoundByAnIndex(t *testing.T) {
	l := newList(t, []*row{{id: 1, text: "a", n: 1}, {id: 2, text: "b", n: 2}})
	if _, err := l.db.ExecContext(t.Context(), "CREATE INDEX by_text ON list (text, id)"); err != nil {
		t.Fatal(err)
	}
	after := cursorOf(t, `["row TEXT","a",1]`)
	plan, err := page.NewPlan(page.Args{After: &after}, order(byText))
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Run(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil}, func(ctx context.Context, modify func(*sql.Selector)) ([]*row, error) {
		s := sql.Dialect(dialect.SQLite).Select("*").From(sql.Table("list"))
		modify(s)
		query, args := s.Query()
		var id, parent, unused int
		var step string
		if err := l.db.QueryRowContext(ctx, "EXPLAIN QUERY PLAN "+query, args...).Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(step, "SEARCH list USING INDEX by_text (text>?)") {
			t.Errorf("%s: %s", query, step)
		}
		return nil, nil
	}, noCount)
	if err != nil {
		t.Fatal(err)
	}
}

// A row without a value comes last whichever way the list runs, and so first when it is read from its end; as a
// cursor's row it is a place like any other.
func TestNullsComeLast(t *testing.T) {
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	l := newList(t, []*row{{id: 1}, {id: 2, seen: &noon}, {id: 3}, {id: 4, seen: new(noon.Add(time.Hour))}})
	ids := func(args page.Args, keys ...page.Key[*row]) (ids []int64) {
		t.Helper()
		plan, err := page.NewPlan(args, order(keys...))
		if err != nil {
			t.Fatal(err)
		}
		got, err := plan.Run(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil}, l.load, noCount)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Nodes {
			ids = append(ids, r.id)
		}
		return ids
	}
	up, down := bySeen, bySeen.Descending()
	null, some := cursorOf(t, `["row SEEN",null,1]`), cursorOf(t, `["row SEEN","2026-01-31T13:00:00Z",4]`)
	nullDown, someDown := cursorOf(t, `["row SEEN-",null,3]`), cursorOf(t, `["row SEEN-","2026-01-31T12:00:00Z",2]`)
	for _, tt := range []struct {
		name string
		got  []int64
		want []int64
	}{
		{"up", ids(page.Args{}, up), []int64{2, 4, 1, 3}},
		{"down", ids(page.Args{}, down), []int64{4, 2, 3, 1}},
		{"up, the last three", ids(page.Args{Last: new(3)}, up), []int64{4, 1, 3}},
		{"down, the last three", ids(page.Args{Last: new(3)}, down), []int64{2, 3, 1}},
		{"up, after the first null", ids(page.Args{After: &null}, up), []int64{3}},
		{"up, before the first null", ids(page.Args{Before: &null}, up), []int64{2, 4}},
		{"up, after the last that has one", ids(page.Args{After: &some}, up), []int64{1, 3}},
		{"up, before the last that has one", ids(page.Args{Before: &some}, up), []int64{2}},
		{"down, after the first null", ids(page.Args{After: &nullDown}, down), []int64{1}},
		{"down, before the first null", ids(page.Args{Before: &nullDown}, down), []int64{4, 2}},
		{"down, after the last that has one", ids(page.Args{After: &someDown}, down), []int64{3, 1}},
		{"down, before the last that has one", ids(page.Args{Before: &someDown}, down), []int64{4}},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestFields(t *testing.T) {
	f := page.Fields{}
	f.Add("nodes", page.Fields{"category": {"name": nil}})
	f.Add("edges", page.Fields{"cursor": nil, "node": {"category": {"parent": {"id": nil}}, "price": nil}})
	f.Add("edges", page.Fields{"node": {"category": nil, "name": nil}})
	f.Add("totalCount", nil)
	rows := f.Rows()
	for path, want := range map[string]bool{
		"category": true, "price": true, "name": true, "cursor": false, "parent": false,
	} {
		if rows.Has(path) != want {
			t.Errorf("rows have %s: %v", path, !want)
		}
	}
	if c := rows["category"]; !c.Has("name") || !c.Has("parent") || !c["parent"].Has("id") || len(c) != 2 {
		t.Errorf("of the category, %v is selected", c)
	}
	if f["nodes"]["category"].Has("parent") || f["edges"]["node"]["category"].Has("name") {
		t.Error("what is selected in one place was mixed into another")
	}
	if !f.Has("totalCount") || f.Has("pageInfo") || page.Fields(nil).Has("x") || page.Fields(nil).Rows().Has("x") || page.Fields(nil)["x"].Has("y") {
		t.Error("Has says what was not selected")
	}
}
