package database_test

import (
	"testing"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// Whoever asks gives back what they asked with, whether they read to the end, close, or both.
func TestReadersAreGivenBack(t *testing.T) {
	db := databasetest.New(t)
	for range 10 {
		if _, err := db.Standing(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, read := range []func(*sql.Rows) error{
			func(rows *sql.Rows) error {
				for rows.Next() {
				}
				return rows.Err()
			},
			(*sql.Rows).Close,
			func(rows *sql.Rows) error {
				for rows.Next() {
				}
				return rows.Close()
			},
		} {
			var rows sql.Rows
			if err := db.QueryCatalog(t.Context(), "SELECT id FROM categories", 1, []any{}, &rows); err != nil {
				t.Fatal(err)
			}
			if err := read(&rows); err != nil {
				t.Fatal(err)
			}
		}
		if inUse := db.Pools()["read"].Stats().InUse; inUse != 0 {
			t.Fatalf("%d connections are in use", inUse)
		}
	}
}
