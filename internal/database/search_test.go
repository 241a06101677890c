package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
)

// openAt opens the database in a file as a program does at its start.
func openAt(t *testing.T, path string, opts ...database.Option) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// backDoor is a connection to a database beside the program's own.
func backDoor(t *testing.T, path string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}

func execute(t *testing.T, raw *sql.DB, statement string) {
	t.Helper()
	if _, err := raw.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// sell makes a product with a name, on a shelf of its own.
func sell(t *testing.T, db *database.DB, name string) int64 {
	t.Helper()
	var id int64
	if err := db.Write(t.Context(), func(tx *ent.Tx) error {
		var err error
		id, err = sellIn(t.Context(), tx, name)
		return err
	}); err != nil {
		t.Fatalf("writing %s: %v", name, err)
	}
	return id
}

func sellIn(ctx context.Context, tx *ent.Tx, name string) (int64, error) {
	shelf, err := addCategory(ctx, tx, name)
	if err != nil {
		return 0, err
	}
	row, err := tx.Product.Create().SetName(name).SetNameKey(name).SetSlug(name).SetPrice(1).SetCategoryID(shelf.ID).
		SetDescription("about " + name).SetDescriptionKey("about " + name).SetCreatedAt(noon).SetUpdatedAt(noon).Save(ctx)
	if err != nil {
		return 0, err
	}
	return row.ID, nil
}

// candidates are the names of the products that may have the words.
func candidates(t *testing.T, db *database.DB, words ...string) (names []string) {
	t.Helper()
	narrow, err := db.ProductsWith(t.Context(), words)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Read.Product.Query().Where(narrow).All(t.Context())
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	for _, row := range rows {
		names = append(names, row.Name)
	}
	return names
}

// A program without FTS5 has no index, and whatever is looked for, every product may be it.
func TestWithoutFTS5EveryProductMayBeIt(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "test.db"), database.WithoutFTS5())
	sell(t, db, "green tea")
	sell(t, db, "coffee")
	if has, err := db.HasSearchIndex(t.Context()); has || err != nil {
		t.Errorf("HasSearchIndex = %v, %v", has, err)
	}
	for _, words := range [][]string{nil, {"tea"}, {"nothing"}, {`"`}, {"\x00"}} {
		if got := candidates(t, db, words...); len(got) != 2 {
			t.Errorf("%q may be in %q, want both", words, got)
		}
	}
}

// Programs that were built alike or not may work on one database at once: none of their writes fails.
func TestWritersOfAnyBuildSucceed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	for i := range 3 {
		for j, opts := range [][]database.Option{nil, {database.WithoutFTS5()}} {
			db := openAt(t, path, opts...)
			sell(t, db, fmt.Sprintf("product %d-%d", i, j))
			if n := db.Read.Product.Query().CountX(t.Context()); n != 2*i+j+1 {
				t.Errorf("%d products, want %d", n, 2*i+j+1)
			}
		}
	}
}
