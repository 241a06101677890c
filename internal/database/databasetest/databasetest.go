// Package databasetest gives tests a database of their own.
package databasetest

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse/gatehouse/internal/database"
)

// New is a new, empty database with the current schema, gone when the test ends.
func New(t testing.TB, opts ...database.Option) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
