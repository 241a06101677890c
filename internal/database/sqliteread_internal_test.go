package database

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
)

// Readers get their connection in turns: who waits for one gives up with their context, and each is given back however reading
// ends.
func TestSQLiteReadersShareConnections(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { shareConnections(way(t.Context()), t) })
	}
}

// ways are those of reading from SQLite: by database/sql, and by the driver's own rows.
var ways = map[string]func(context.Context) context.Context{
	"database/sql": func(ctx context.Context) context.Context { return ctx },
	"driver":       scanHere,
}

func shareConnections(ctx context.Context, t *testing.T) {
	db, err := Open(ctx, filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var held [readers]entsql.Rows
	for i := range held {
		if err := db.readDriver.Query(ctx, "SELECT 1 UNION ALL SELECT 2", []any{}, &held[i]); err != nil {
			t.Fatal(err)
		}
	}
	patient, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	var rows entsql.Rows
	if err := db.readDriver.Query(patient, "SELECT 1", []any{}, &rows); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a connection: %v; want the context's error", err)
	}
	for i := range held {
		if i%2 == 0 { // not to the end
			held[i].Next()
		}
		for range 2 {
			if err := held[i].Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := db.readDriver.Query(ctx, "SELECT no_such_column", []any{}, &rows); err == nil {
		t.Error("a statement that is wrong was executed")
	}
	for _, arguments := range []any{"no arguments", []any{struct{}{}}} {
		if err := db.readDriver.Query(ctx, "SELECT ?", arguments, &rows); err == nil {
			t.Errorf("%v were taken for arguments", arguments)
		}
	}
	if err := db.readDriver.Query(ctx, "SELECT 1", []any{}, "no rows"); err == nil {
		t.Error("rows were read into a string")
	}
	if used := db.readPool.Stats().InUse; used > 0 {
		t.Errorf("%d connections were not given back", used)
	}
}

// A context that is over ends the reading of rows between two of them, too.
func TestSQLiteRowsEndWithTheirContext(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { endWithTheirContext(way(t.Context()), t) })
	}
}

func endWithTheirContext(ctx context.Context, t *testing.T) {
	db, err := Open(ctx, filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	var rows entsql.Rows
	if err := db.readDriver.Query(ctx, "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n", []any{}, &rows); err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for seen := 0; rows.Next(); seen++ {
		if seen == 10 {
			hangUp()
		}
	}
	if err := rows.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("the rows ended with %v, want the context's error", err)
	}
}
