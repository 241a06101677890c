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
	ctx := t.Context()
	db, err := Open(ctx, filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	held := make([]entsql.Rows, db.readPool.Stats().MaxOpenConnections)
	for i := range held {
		if err := db.readDriver.Query(ctx, "SELECT 1 UNION ALL SELECT 2", []any{}, &held[i]); err != nil {
			t.Fatal(err)
		}
	}
	patient, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	var rows entsql.Rows
	for way, ctx := range ways(patient) {
		if err := db.readDriver.Query(ctx, "SELECT 1", []any{}, &rows); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without a connection, %s: %v; want the context's error", way, err)
		}
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
	for way, ctx := range ways(ctx) {
		if err := db.readDriver.Query(ctx, "SELECT no_such_column", []any{}, &rows); err == nil {
			t.Errorf("%s: a statement that is wrong was executed", way)
		}
		for _, arguments := range []any{"no arguments", []any{struct{}{}}} {
			if err := db.readDriver.Query(ctx, "SELECT ?", arguments, &rows); err == nil {
				t.Errorf("%s: %v were taken for arguments", way, arguments)
			}
		}
		if err := db.readDriver.Query(ctx, "SELECT 1", []any{}, "no rows"); err == nil {
			t.Errorf("%s: rows were read into a string", way)
		}
	}
	if used := db.readPool.Stats().InUse; used > 0 {
		t.Errorf("%d connections were not given back", used)
	}
}

// ways are those of reading from SQLite: row by row, and all at once.
func ways(ctx context.Context) map[string]context.Context {
	return map[string]context.Context{"row by row": ctx, "at once": atOnce(ctx, 1)}
}

// A context that is over ends the reading of rows between two of them, too.
func TestSQLiteRowsEndWithTheirContext(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, hangUp := context.WithCancel(t.Context())
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

func TestReaders(t *testing.T) {
	for cores, want := range map[int]int{1: 2, 2: 2, 3: 3, 4: 4, 64: 4} {
		if got := readers(cores); got != want {
			t.Errorf("with %d cores %d connections read, want %d", cores, got, want)
		}
	}
}
