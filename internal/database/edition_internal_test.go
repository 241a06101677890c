package database

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/gatehouse/gatehouse/ent"
)

// shelf is a database of which a test says how late it is.
type shelf struct {
	*DB
	mu   sync.Mutex
	late time.Duration
}

func openShelf(t *testing.T, path string) *shelf {
	t.Helper()
	s := &shelf{}
	var err error
	s.DB, err = Open(t.Context(), path, WithClock(func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return midday.Add(s.late)
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// later is a moment after which others' changes must have been noticed.
func (s *shelf) later() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late += SQLitePace
}

// edition is the edition's number, of which there must be one.
func (s *shelf) edition(t *testing.T) uint64 {
	t.Helper()
	n, ok := s.Editions.Now()
	if !ok {
		t.Fatal("there is no edition")
	}
	return n
}

var midday = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func newShelf(tx *ent.Tx, slug string) *ent.CategoryCreate {
	return tx.Category.Create().SetName(slug).SetNameKey(slug).SetSlug(slug).SetCreatedAt(midday).SetUpdatedAt(midday)
}

// Whatever changes the catalogue begins an edition, before anybody is told that it is committed, and nothing else does.
func TestEditionsFollowCommits(t *testing.T) {
	ctx := t.Context()
	s := openShelf(t, filepath.Join(t.TempDir(), "test.db"))
	refused := errors.New("refused")
	for _, tt := range []struct {
		name string
		next bool
		do   func(tx *ent.Tx) error
	}{
		{"a category", true, func(tx *ent.Tx) error { return newShelf(tx, "a").Exec(ctx) }},
		{"a change", true, func(tx *ent.Tx) error { return tx.Category.Update().SetName("b").Exec(ctx) }},
		{"of nothing", true, func(tx *ent.Tx) error { _, err := tx.Product.Delete().Exec(ctx); return err }},
		{"by hand", true, func(tx *ent.Tx) error { _, err := tx.ExecContext(ctx, "DELETE FROM products"); return err }},
		{"by hand, with an answer", true, func(tx *ent.Tx) error {
			rows, err := tx.QueryContext(ctx, "WITH c AS (SELECT 1) DELETE FROM categories RETURNING id")
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				continue // it is done with the last one
			}
			return rows.Err()
		}},
		{"undone", false, func(tx *ent.Tx) error { return errors.Join(newShelf(tx, "c").Exec(ctx), refused) }},
		{"only read", false, func(tx *ent.Tx) error { _, err := tx.Category.Query().All(ctx); return err }},
		{"of others", false, func(tx *ent.Tx) error { _, err := tx.ExecContext(ctx, "DELETE FROM sessions"); return err }},
	} {
		before := s.edition(t)
		if err := s.Write(ctx, func(tx *ent.Tx) error {
			if s.edition(t) != before {
				t.Errorf("%s: an edition before anything was done", tt.name)
			}
			err := tt.do(tx)
			if s.edition(t) != before {
				t.Errorf("%s: an edition before the commit", tt.name)
			}
			return err
		}); err != nil && !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if after := s.edition(t); (after != before) != tt.next {
			t.Errorf("%s: edition %d after %d", tt.name, after, before)
		}
	}
}

// A commit of which nobody knows whether it was done may have been.
func TestEditionsFollowCommitsThatFail(t *testing.T) {
	s := openShelf(t, filepath.Join(t.TempDir(), "test.db"))
	before := s.edition(t)
	tx := &editingTx{Tx: doubtful{}, editions: s.Editions}
	if err := tx.Exec(t.Context(), "DELETE FROM `products`", []any{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err == nil || s.edition(t) == before {
		t.Errorf("%v, edition %d after %d", err, s.edition(t), before)
	}
}

type doubtful struct{ dialect.Tx }

func (doubtful) Exec(context.Context, string, any, any) error { return nil }

func (doubtful) Commit() error { return errors.New("the connection was lost") }

// What another program commits is noticed within the pace, whatever it is, and this program's own commits are not taken for it.
func TestEditionsNoticeOtherPrograms(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "test.db")
	s, other := openShelf(t, path), openShelf(t, path)
	s.Editions.changed = (&strangers{reads: s.watchPool, writes: s.writePool, patience: time.Minute}).changed // on a busy machine, too
	write := func(by *shelf, slug string) {
		t.Helper()
		if err := by.Write(ctx, func(tx *ent.Tx) error { return newShelf(tx, slug).Exec(ctx) }); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, before uint64, next bool) {
		t.Helper()
		s.later()
		if after := s.edition(t); (after != before) != next {
			t.Errorf("%s: edition %d after %d", what, after, before)
		}
	}
	settled := func() uint64 {
		t.Helper()
		s.later()
		return s.edition(t)
	}
	want("nothing", settled(), false)

	before := settled()
	write(other, "a")
	if s.edition(t) != before {
		t.Error("it was looked too early")
	}
	want("another program's", before, true)
	want("nothing since", settled(), false)

	before = settled()
	if err := s.Write(ctx, func(tx *ent.Tx) error { // of no account to the catalogue
		_, err := tx.ExecContext(ctx, "CREATE TABLE sign_ins (id)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want("this program's own", before, false)

	before = settled()
	for _, table := range []string{"x", "y"} {
		if err := s.Write(ctx, func(tx *ent.Tx) error {
			_, err := tx.ExecContext(ctx, "CREATE TABLE "+table+" (id)")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		write(other, table)
	}
	want("both programs'", before, true)
	want("nothing since", settled(), false)
}

// While the writing connection is at work nobody waits for it: there may have been changes then.
func TestEditionsDoNotWaitForTheWriter(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "test.db")
	s, other := openShelf(t, path), openShelf(t, path)
	before := s.edition(t)
	if err := other.Write(ctx, func(tx *ent.Tx) error { return newShelf(tx, "a").Exec(ctx) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, func(*ent.Tx) error {
		s.later()
		if s.edition(t) == before {
			t.Error("another's change was not noticed")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Who does not hear of what others change has no edition, and none from before once it hears again.
func TestEditionsWithoutEars(t *testing.T) {
	e := newEditions(PostgresPace, func() bool { return false }, time.Now)
	if n, ok := e.Now(); ok {
		t.Errorf("edition %d of the deaf", n)
	}
	e.Hears(true)
	before, ok := e.Now()
	if again, still := e.Now(); !ok || !still || again != before {
		t.Errorf("editions %d and %d", before, again)
	}
	e.Hears(false)
	if n, ok := e.Now(); ok {
		t.Errorf("edition %d of the deaf", n)
	}
	e.Hears(true)
	if n, ok := e.Now(); !ok || n == before {
		t.Errorf("edition %d after %d", n, before)
	}
	e.blind = true
	if n, ok := e.Now(); ok {
		t.Errorf("edition %d of the blind", n)
	}
}

// Whoever asks while another looks waits for what that finds.
func TestEditionsAreLookedForOnce(t *testing.T) {
	looking, found := make(chan int), make(chan int)
	var looks int
	e := newEditions(time.Hour, func() bool {
		looks++
		close(looking)
		<-found
		return true
	}, time.Now)
	e.Hears(true)
	before := e.current.Load()
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			if n, _ := e.Now(); n == before {
				t.Error("an edition from before the look")
			}
		})
	}
	<-looking
	close(found)
	asking.Wait()
	if looks != 1 {
		t.Errorf("%d looks", looks)
	}
}
