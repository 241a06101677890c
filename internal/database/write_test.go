package database_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// What no row may be, the database itself refuses, whatever the code above it does.
func TestConstraints(t *testing.T) {
	ctx := t.Context()
	db := databasetest.New(t)
	for name, try := range map[string]func(tx *ent.Tx, shelf int64) error{
		"a product nowhere": func(tx *ent.Tx, _ int64) error { return product(tx, 1).Exec(ctx) },
		"a negative price":  func(tx *ent.Tx, shelf int64) error { return product(tx, shelf).SetPrice(-1).Exec(ctx) },
		"too high a price":  func(tx *ent.Tx, shelf int64) error { return product(tx, shelf).SetPrice(10_000_000_000).Exec(ctx) },
		"a negative stock":  func(tx *ent.Tx, shelf int64) error { return product(tx, shelf).SetStock(-1).Exec(ctx) },
		"nobody's product":  func(tx *ent.Tx, shelf int64) error { return product(tx, shelf).SetOwnerID(5).Exec(ctx) },
		"a slug twice": func(tx *ent.Tx, shelf int64) error {
			return errors.Join(product(tx, shelf).Exec(ctx), product(tx, shelf).Exec(ctx))
		},
		"a shelf taken away from below a product": func(tx *ent.Tx, shelf int64) error {
			return errors.Join(product(tx, shelf).Exec(ctx), tx.Category.DeleteOneID(shelf).Exec(ctx))
		},
	} {
		err := db.Write(ctx, func(tx *ent.Tx) error {
			shelf, err := addCategory(ctx, tx, "shelf")
			if err != nil {
				t.Fatal(err)
			}
			return try(tx, shelf.ID)
		})
		if !ent.IsConstraintError(err) {
			t.Errorf("%s: %v; want a constraint error", name, err)
		}
	}
	if n := db.Read.Category.Query().CountX(ctx); n != 0 {
		t.Errorf("%d rows are left of what was refused", n)
	}
}

func product(tx *ent.Tx, shelf int64) *ent.ProductCreate {
	return tx.Product.Create().SetName("x").SetNameKey("x").SetSlug("x").SetPrice(1).SetCategoryID(shelf).SetCreatedAt(noon).SetUpdatedAt(noon)
}

// A request that is given up, or whose time is up, when all is written but not committed is told so: database/sql, which
// undoes the transaction meanwhile, says only that it is over.
func TestWriteCancelledBeforeTheCommit(t *testing.T) {
	db := databasetest.New(t)
	given, cancel := context.WithCancel(t.Context())
	timed, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	for _, tt := range []struct {
		ctx  context.Context
		end  func()
		want error
	}{
		{given, cancel, context.Canceled},
		{timed, func() {}, context.DeadlineExceeded},
	} {
		err := db.Write(tt.ctx, func(tx *ent.Tx) error {
			if _, err := addCategory(tt.ctx, tx, "given-up"); err != nil {
				return err
			}
			tt.end()
			for over := false; !over; { // until it has been undone
				_, err := addCategory(t.Context(), tx, "never")
				over = errors.Is(err, sql.ErrTxDone)
			}
			return nil
		})
		if !errors.Is(err, tt.want) {
			t.Errorf("Write = %v, want %v", err, tt.want)
		}
	}
	if n := db.Read.Category.Query().CountX(t.Context()); n != 0 {
		t.Errorf("%d rows are left of what was given up", n)
	}
}

// A request that is given up in the middle of a transaction undoes it, and does not keep the lock.
func TestCancelledWrite(t *testing.T) {
	db := databasetest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, func(tx *ent.Tx) error {
		if _, err := addCategory(ctx, tx, "given-up"); err != nil {
			return err
		}
		cancel()
		_, err := addCategory(ctx, tx, "never")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v, want that it was cancelled", err)
	}
	if err := db.Write(ctx, func(*ent.Tx) error { t.Error("ran for nobody"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v, want that it was cancelled", err)
	}
	if err := db.Write(t.Context(), func(tx *ent.Tx) error {
		_, err := addCategory(t.Context(), tx, "next")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := db.Read.Category.Query().OnlyX(t.Context()); got.Slug != "next" {
		t.Errorf("stored %s", got.Slug)
	}
}

// Readers neither wait for a writer nor see what it has not committed, and at once what it has.
func TestReadersBesideAWriter(t *testing.T) {
	ctx := t.Context()
	db := databasetest.New(t)
	count := func() int { return db.Read.Category.Query().CountX(ctx) }
	if err := db.Write(ctx, func(tx *ent.Tx) error {
		if _, err := addCategory(ctx, tx, "a"); err != nil {
			return err
		}
		if n := count(); n != 0 {
			t.Errorf("%d rows seen before they were committed", n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Errorf("%d rows seen after they were committed", n)
	}
}

// Another program that writes is waited for.
func TestWriteWaitsForOtherPrograms(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := database.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var mode string
	if err := other.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %s, %v", mode, err)
	}
	tx, err := other.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _ = tx.Rollback() })
	if err := db.Write(ctx, func(tx *ent.Tx) error {
		_, err := addCategory(ctx, tx, "patient")
		return err
	}); err != nil {
		t.Error(err)
	}
}

func TestTrace(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	db := databasetest.New(t, databasetest.Trace(func(_ context.Context, text string) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, text)
	}))
	if err := db.Write(t.Context(), func(tx *ent.Tx) error {
		_, err := addCategory(t.Context(), tx, "a")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	db.Read.Category.Query().CountX(t.Context())
	all := strings.Join(seen, "\n")
	if !strings.Contains(all, "query=INSERT INTO `categories`") || !strings.Contains(all, "query=SELECT COUNT") {
		t.Errorf("traced %s", all)
	}
}

func TestOpenWhatIsNoDatabase(t *testing.T) {
	if _, err := database.Open(t.Context(), t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}
