package database

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// A statement ends with the context it runs in, though it had no other end: here, none at all. The connection is good for the
// next one then, on the side that reads as on the one that writes, of which there is one connection.
func TestStatementsEndWithTheirContext(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	const (
		endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
		copying = "CREATE TEMP TABLE endless AS " + endless
	)
	query := func(driver dialect.Driver, text string) func(context.Context) error {
		return func(ctx context.Context) error {
			var rows entsql.Rows
			if err := driver.Query(ctx, text, []any{}, &rows); err != nil {
				return err
			}
			for rows.Next() {
				continue
			}
			return errors.Join(rows.Err(), rows.Close())
		}
	}
	for name, run := range map[string]struct{ endless, next func(context.Context) error }{
		"reading":                 {query(db.readDriver, endless), query(db.readDriver, "SELECT 1")},
		"reading where it writes": {query(db.writeDriver, endless), query(db.writeDriver, "SELECT 1")},
		"writing": {
			func(ctx context.Context) error { return db.writeDriver.Exec(ctx, copying, []any{}, nil) },
			func(ctx context.Context) error {
				return db.writeDriver.Exec(ctx, "CREATE TABLE written (x)", []any{}, nil)
			},
		},
		"writing in a transaction": {
			func(ctx context.Context) error {
				tx, err := db.writeDriver.Tx(ctx)
				if err != nil {
					return err
				}
				return errors.Join(tx.Exec(ctx, copying, []any{}, nil), tx.Rollback())
			},
			func(ctx context.Context) error {
				return db.writeDriver.Exec(ctx, "CREATE TABLE written_later (x)", []any{}, nil)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range db.readPool.Stats().MaxOpenConnections + 1 { // so that no connection is left out
				ctx, hangUp := context.WithCancel(t.Context())
				time.AfterFunc(20*time.Millisecond, hangUp)
				if err := run.endless(ctx); !errors.Is(err, context.Canceled) {
					t.Fatalf("error %v, want the context's", err)
				}
			}
			if err := run.next(t.Context()); err != nil {
				t.Errorf("the next statement: %v", err)
			}
		})
	}
}
