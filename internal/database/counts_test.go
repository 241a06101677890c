package database_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// counter is an SQLite database whose statements are counted, and of which another is open.
type counter struct {
	*database.DB
	other *database.DB
	ran   atomic.Int64
	late  atomic.Int64
}

func openCounter(t *testing.T) *counter {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	c := &counter{}
	c.DB = databasetest.Open(t, path, databasetest.Trace(func(context.Context, string) { c.ran.Add(1) }),
		database.WithClock(func() time.Time { return noon.Add(time.Duration(c.late.Load())) }))
	c.other = databasetest.Open(t, path)
	return c
}

// count counts the categories with such a slug.
func (c *counter) count(t *testing.T, where ...func(*sql.Selector)) int {
	t.Helper()
	query := c.Catalog.Category.Query()
	for _, p := range where {
		query.Where(p)
	}
	n, err := query.Aggregate(ent.Count()).Int(database.WithKeptCounts(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func add(t *testing.T, db *database.DB, slugs ...string) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *ent.Tx) error {
		for _, slug := range slugs {
			if _, err := addCategory(t.Context(), tx, slug); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A count is asked of the database once for each statement with its arguments, and again after a change.
func TestKeptCounts(t *testing.T) {
	c := openCounter(t)
	add(t, c.DB, "a", "b", "c")
	for _, tt := range []struct {
		name string
		do   func()
		want int
		runs int64
		of   []func(*sql.Selector)
	}{
		{name: "all", want: 3, runs: 1},
		{name: "again", want: 3, runs: 0},
		{name: "one", want: 1, runs: 1, of: []func(*sql.Selector){category.Slug("a")}},
		{name: "another", want: 0, runs: 1, of: []func(*sql.Selector){category.Slug("x")}},
		{name: "none of them", want: 2, runs: 1, of: []func(*sql.Selector){category.SlugNEQ("a")}},
		{name: "one again", want: 1, runs: 0, of: []func(*sql.Selector){category.Slug("a")}},
		{name: "a time", want: 3, runs: 1, of: []func(*sql.Selector){category.CreatedAt(noon)}},
		{name: "another time", want: 0, runs: 1, of: []func(*sql.Selector){category.CreatedAt(noon.Add(time.Millisecond))}},
		{name: "after a change", do: func() { add(t, c.DB, "d") }, want: 4, runs: 1},
		{name: "after nothing", want: 4, runs: 0},
		{name: "after another program's", do: func() {
			add(t, c.other, "e")
			c.late.Add(int64(database.SQLitePace))
		}, want: 5, runs: 1},
	} {
		if tt.do != nil {
			tt.do()
		}
		before := c.ran.Load()
		if got := c.count(t, tt.of...); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
		if ran := c.ran.Load() - before; ran != tt.runs {
			t.Errorf("%s: %d statements, want %d", tt.name, ran, tt.runs)
		}
	}
	before := c.ran.Load()
	if n := c.Catalog.Category.Query().CountX(t.Context()); n != 5 || c.ran.Load() == before {
		t.Errorf("%d were counted, by %d statements, where nobody said that it may be kept", n, c.ran.Load()-before)
	}
}

// Rows of several numbers are kept as well.
func TestKeptCountsByGroup(t *testing.T) {
	c := openCounter(t)
	add(t, c.DB, "a", "b")
	if err := c.Write(t.Context(), func(tx *ent.Tx) error {
		for i, shelf := range tx.Category.Query().AllX(t.Context()) {
			for n := range i + 1 {
				slug := fmt.Sprint(shelf.Slug, n)
				if err := product(tx, shelf.ID).SetSlug(slug).Exec(t.Context()); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var got []struct {
			ID    int64 `json:"category_id"`
			Count int   `json:"count"`
		}
		if err := c.Catalog.Product.Query().Order(byShelf).GroupBy("category_id").Aggregate(ent.Count()).
			Scan(database.WithKeptCounts(t.Context()), &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Count != 1 || got[1].Count != 2 || got[0].ID == got[1].ID {
			t.Errorf("%+v", got)
		}
	}
}

func byShelf(s *sql.Selector) { s.OrderBy("category_id") }

// Whoever has written counts what they wrote, however many others do the same.
func TestKeptCountsAreNeverOfBefore(t *testing.T) {
	db := databasetest.SQLite(t)
	var committed atomic.Int64
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range 50 {
				add(t, db, fmt.Sprintf("w%d-%d", w, n))
				least := committed.Add(1)
				got, err := db.Catalog.Category.Query().Aggregate(ent.Count()).Int(database.WithKeptCounts(t.Context()))
				if err != nil || int64(got) < least {
					t.Errorf("counted %d, %v, after %d commits", got, err, least)
				}
			}
		})
	}
	writers.Wait()
}

// What failed is not kept.
func TestKeptCountsOfWhatFails(t *testing.T) {
	c := openCounter(t)
	wrong := func(s *sql.Selector) { s.Where(sql.ExprP("no_such_column = 1")) }
	for range 2 {
		before := c.ran.Load()
		if n, err := c.Catalog.Category.Query().Where(wrong).Aggregate(ent.Count()).Int(database.WithKeptCounts(t.Context())); err == nil {
			t.Errorf("%d were counted", n)
		}
		if c.ran.Load() == before {
			t.Error("a failure was kept")
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := c.Catalog.Category.Query().Aggregate(ent.Count()).Int(database.WithKeptCounts(gone)); err == nil {
		t.Errorf("%d were counted for nobody", n)
	}
	if n := c.count(t); n != 0 {
		t.Errorf("%d were counted", n)
	}
}
