//go:build cgo && !windows

package sqliteplan_test

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"github.com/gatehouse/gatehouse/internal/database/sqliteplan"
)

// kept says that this process keeps plans already: tests may run several times in it.
var kept bool

// A pattern of LIKE is where a plan does depend on a value: an index finds what begins with a text, and not what ends with it.
func TestPlansAreOfNoValue(t *testing.T) {
	plan := func() string {
		db, err := sql.Open("sqlite3", ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		if _, err := db.ExecContext(t.Context(), `CREATE TABLE shelf (name TEXT COLLATE NOCASE); CREATE INDEX shelf_name ON shelf (name)`); err != nil {
			t.Fatal(err)
		}
		var id, parent, unused int
		var detail string
		row := db.QueryRowContext(t.Context(), `EXPLAIN QUERY PLAN SELECT * FROM shelf WHERE name LIKE ?`, "Spi%")
		if err := row.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		return detail
	}

	if before := plan(); !kept && !strings.HasPrefix(before, "SEARCH") {
		t.Fatalf("SQLite plans %q before anything was said", before)
	}
	kept = true
	for range 2 {
		if err := sqliteplan.Keep(); err != nil {
			t.Fatal(err)
		}
		if kept := plan(); !strings.HasPrefix(kept, "SCAN") {
			t.Errorf("the plan is %q: it minds the value", kept)
		}
	}
}
