//go:build cgo && !windows

package database

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/database/sqlitepack"
)

// What rows are scanned into that are read at once is what database/sql scans into it.
func TestSQLiteRowsScanAsDatabaseSQLDoes(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.writePool.ExecContext(t.Context(), `
		CREATE TABLE kinds (whole integer, text text, truth bool, moment datetime);
		INSERT INTO kinds VALUES
			(42, 'Möbius', 1, '2026-11-26 08:00:00.123456+00:00'),
			(-9223372036854775808, '', 0, '0001-01-01 00:00:00+00:00'),
			(NULL, NULL, NULL, NULL),
			(2, x'00ff', 2, '2026-11-26T08:00:00Z'),
			(3, 'more', 1, 1700000000),
			(4, 'more', 1, -1700000000000)`); err != nil {
		t.Fatal(err)
	}
	type money int64
	columns := map[string][]any{
		"whole":  {new(int64), new(int), new(*int64), new(sql.Null[int64]), (*int64)(new(money))},
		"text":   {new(string), new(*string)},
		"truth":  {new(bool)},
		"moment": {new(time.Time), new(*time.Time), new(sql.Null[time.Time])},
	}
	scan := func(row int, column string, into any) error {
		var rows entsql.Rows
		if err := db.QueryCatalog(t.Context(), "SELECT "+column+" FROM kinds WHERE rowid = $1", 1+strings.Count(column, ","), []any{row}, &rows); err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		if _, isHere := rows.ColumnScanner.(*sqliteRows); !isHere || !rows.Next() {
			t.Fatalf("the row is %T: %v", rows.ColumnScanner, rows.Err())
		}
		return rows.Scan(into)
	}
	for column, kinds := range columns {
		for _, kind := range kinds {
			for row := 1; row <= 6; row++ {
				of := reflect.TypeOf(kind).Elem()
				here, there := reflect.New(of), reflect.New(of)
				err := scan(row, column, here.Interface())
				want := db.readPool.QueryRowContext(t.Context(), "SELECT "+column+" FROM kinds WHERE rowid = $1", row).Scan(there.Interface())
				if (err == nil) != (want == nil) {
					t.Errorf("%s of row %d into a %v: %v; database/sql: %v", column, row, of, err, want)
				}
				if err == nil && !reflect.DeepEqual(here.Interface(), there.Interface()) {
					t.Errorf("%s of row %d into a %v: %v; database/sql: %v", column, row, of, here.Elem(), there.Elem())
				}
			}
		}
	}
	for _, into := range []any{new(float64), new([]byte), new(sql.NullInt64), "text", nil} {
		if err := scan(1, "whole", into); err == nil {
			t.Errorf("a number was scanned into a %T", into)
		}
	}
	if err := scan(1, "text", new(int64)); err == nil {
		t.Error("a text was scanned into a number")
	}
	if err := scan(1, "whole, text", new(int64)); err == nil {
		t.Error("two columns were scanned into one")
	}
	if used := db.readPool.Stats().InUse; used > 0 {
		t.Errorf("%d connections were not given back", used)
	}
}

// Rows that are read at once are read while the context goes on, and hold no connection afterwards.
func TestSQLiteRowsAtOnce(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	impatient, hangUp := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer hangUp()
	var rows entsql.Rows
	const endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x % 5 + 1 FROM n) SELECT x FROM n WHERE x > 5"
	if err := db.readDriver.Query(atOnce(impatient, 1), endless, []any{}, &rows); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless query: %v; want the context's error", err)
	}
	held := make([]entsql.Rows, 2*db.readPool.Stats().MaxOpenConnections)
	for i := range held {
		if err := db.readDriver.Query(atOnce(t.Context(), 1), "SELECT 1 UNION ALL SELECT 2", []any{}, &held[i]); err != nil {
			t.Fatal(err)
		}
		if used := db.readPool.Stats().InUse; used > 0 {
			t.Errorf("%d connections are held", used)
		}
	}
	for i := range held {
		seen := 0
		for ; held[i].Next(); seen++ {
			var n int
			if err := held[i].Scan(&n); err != nil || n != seen+1 {
				t.Errorf("row %d is %d: %v", seen, n, err)
			}
		}
		if err := errors.Join(held[i].Err(), held[i].Close(), held[i].Close()); err != nil || seen != 2 {
			t.Errorf("%d rows: %v", seen, err)
		}
		if held[i].Next() {
			t.Error("there is a row behind the last")
		}
	}
	if err := db.readDriver.Query(atOnce(t.Context(), 2), "SELECT 1", []any{}, &rows); err == nil {
		t.Error("one column was read as two")
	}
	// More columns than are packed are read row by row.
	wide := "SELECT 1" + strings.Repeat(", 1", sqlitepack.Most)
	if err := db.readDriver.Query(atOnce(t.Context(), sqlitepack.Most+1), wide, []any{}, &rows); err != nil || !rows.Next() {
		t.Errorf("%d columns: %v", sqlitepack.Most+1, err)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
}
