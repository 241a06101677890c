// Package databasetest gives tests a database of their own: an SQLite file or, where GATEHOUSE_DATABASE_URL names a
// PostgreSQL server, a database on that.
package databasetest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse/gatehouse/internal/database"
)

// New is a new, empty database with the current schema, gone when the test ends.
func New(t testing.TB, opts ...database.Option) *database.DB {
	t.Helper()
	return Open(t, Source(t), opts...)
}

// Source names a new database, for tests that open it more than once or have a program do so. On PostgreSQL it has the
// current schema already. It is gone when the test ends.
func Source(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("GATEHOUSE_DATABASE_URL"); database.IsPostgres(server) {
		return newPostgres(t, server)
	}
	return filepath.Join(t.TempDir(), "test.db")
}

// Empty is Source, but without any schema.
func Empty(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("GATEHOUSE_DATABASE_URL"); database.IsPostgres(server) {
		return create(t, server, "template1")
	}
	return filepath.Join(t.TempDir(), "test.db")
}

// SQLite is New on SQLite whatever the environment says, for tests of what only SQLite has.
func SQLite(t testing.TB, opts ...database.Option) *database.DB {
	t.Helper()
	return Open(t, filepath.Join(t.TempDir(), "test.db"), opts...)
}

// OnPostgres says whether tests run on PostgreSQL, for what is to be expected.
func OnPostgres() bool { return database.IsPostgres(os.Getenv("GATEHOUSE_DATABASE_URL")) }

// Open opens a database and brings its schema up to date. It is closed when the test ends.
func Open(t testing.TB, source string, opts ...database.Option) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), source, opts...)
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
