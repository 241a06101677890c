package database_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

const fewConnections = 8 // of which a quarter write

// onCable is a database at the other end of a cable.
func onCable(t *testing.T) (*database.DB, *databasetest.Cable) {
	t.Helper()
	cable := databasetest.NewCable(t, databasetest.Postgres(t))
	return databasetest.Open(t, cable.Source, database.WithConnections(fewConnections)), cable
}

// busy makes all connections that there may be.
func busy(t *testing.T, db *database.DB) {
	t.Helper()
	var together sync.WaitGroup
	for range fewConnections {
		together.Go(func() {
			for range 20 {
				if _, err := db.Read.Category.Query().Count(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		together.Go(func() {
			if err := db.Write(t.Context(), func(tx *ent.Tx) error {
				return tx.Category.Query().Limit(1).Select("id").Scan(t.Context(), new([]int64))
			}); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
}

// Nobody notices that the connections that wait in the pool were cut off, nor which one it is that is cut while a query is on it.
func TestLostConnectionsAreReplaced(t *testing.T) {
	ctx := t.Context()
	db, cable := onCable(t)
	busy(t, db)
	cable.Cut()
	busy(t, db)
	cable.Cut()
	if err := db.Write(ctx, func(tx *ent.Tx) error {
		_, err := addCategory(ctx, tx, "shelf")
		return err
	}); err != nil {
		t.Error(err)
	}
	cable.CutAt("SELECT COUNT")
	if n, err := db.Read.Category.Query().Count(ctx); n != 1 || err != nil {
		t.Errorf("%d, %v; want 1", n, err)
	}
	cable.CutAt("begin")
	if err := db.WriteAlone(ctx, nil, func(*ent.Tx) error { t.Error("it runs without a transaction"); return nil }); err == nil {
		t.Error("WriteAlone has begun nothing, and says nothing")
	}
	if cable.Cuts() != 2 {
		t.Errorf("%d connections were cut by a statement; that is no test", cable.Cuts())
	}
}

// A transaction whose connection is lost before the commit was undone, and runs again.
func TestWriteRunsAgainWhenItsConnectionIsLost(t *testing.T) {
	ctx := t.Context()
	for _, words := range []string{"begin", `INSERT INTO "categories"`} {
		db, cable := onCable(t)
		busy(t, db)
		runs := 0
		cable.CutAt(words)
		err := db.Write(ctx, func(tx *ent.Tx) error {
			runs++
			_, err := addCategory(ctx, tx, "shelf")
			return err
		})
		if err != nil {
			t.Errorf("cut at %s: %v", words, err)
		}
		if want := map[string]int{"begin": 1}[words]; want == 1 && runs != 1 || want == 0 && runs != 2 || cable.Cuts() != 1 {
			t.Errorf("cut at %s %d times: ran %d times", words, cable.Cuts(), runs)
		}
		if n := db.Read.Category.Query().CountX(ctx); n != 1 {
			t.Errorf("cut at %s: %d rows", words, n)
		}
	}
}

// A commit whose answer is lost may have been done. It is neither told as done nor tried again.
func TestLostCommitIsAnErrorAndNotTriedAgain(t *testing.T) {
	ctx := t.Context()
	db, cable := onCable(t)
	busy(t, db)
	runs := 0
	cable.CutAt("commit")
	err := db.Write(ctx, func(tx *ent.Tx) error {
		runs++
		_, err := addCategory(ctx, tx, "shelf")
		return err
	})
	if !errors.Is(err, database.ErrUnreachable) || runs != 1 || cable.Cuts() != 1 {
		t.Errorf("ran %d times, cut %d times, Write = %v", runs, cable.Cuts(), err)
	}
	if err := db.Write(ctx, func(*ent.Tx) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A server that stays away is given up. The error is not that the caller's time was up, though connecting may have taken too long.
func TestServerThatStaysAway(t *testing.T) {
	cable := databasetest.NewCable(t, databasetest.Postgres(t))
	db := databasetest.Open(t, cable.Source+"&connect_timeout=1", database.WithConnections(fewConnections))
	for how, goAway := range map[string]func(){
		"refusing":  cable.Away,
		"accepting": func() { cable.Silence(); cable.Cut() },
	} {
		busy(t, db)
		goAway()
		_, read := db.Read.Category.Query().Count(t.Context())
		written := db.Write(t.Context(), func(*ent.Tx) error { return nil })
		for _, err := range []error{read, written} {
			if !errors.Is(err, database.ErrUnreachable) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v; want that it cannot be reached", how, err)
			}
		}
		cable.Speak()
		cable.Back(t)
	}
	busy(t, db)
}

// A server that accepts everything and answers nothing keeps nobody for longer than their time, and not one connection of the
// pool. More ask than there are connections, and readers and writers, and some in the middle of a transaction.
func TestServerThatFallsSilent(t *testing.T) {
	db, cable := onCable(t)
	busy(t, db)
	expect := func(what string, err error) {
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, database.ErrUnreachable) {
			t.Errorf("%s: %v; want that the time is up", what, err)
		}
	}
	begun, silenced := sync.WaitGroup{}, make(chan struct{})
	var all sync.WaitGroup
	for range fewConnections / 4 {
		begun.Add(1)
		all.Go(func() {
			first := true
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			expect("in a transaction", db.Write(ctx, func(tx *ent.Tx) error {
				if first {
					first = false
					begun.Done()
					<-silenced
				}
				return tx.Category.Query().Limit(1).Select("id").Scan(ctx, new([]int64))
			}))
		})
	}
	begun.Wait()
	cable.Silence()
	close(silenced)
	for range 2 * fewConnections {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := db.Read.Category.Query().Count(ctx)
			expect("reading", err)
			expect("writing", db.Write(ctx, func(*ent.Tx) error { return nil }))
		})
	}
	all.Wait()
	cable.Speak()
	busy(t, db)
}
