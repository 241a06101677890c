package catalog_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// warehouse is a catalogue of n products, each with a name of three words, a stock keeping unit and a description of
// thirty words, all made of syllables; with what runs against it, and a back door. They stand on a hundred shelves, two
// levels below the first category; half of them are out of stock, one in twenty is unpublished, one in ten is user 1's. Like
// those of an import, five hundred at a time are made at one moment.
func warehouse(tb testing.TB, n int, opts ...database.Option) (*catalog.Catalog, *statements, *sql.DB) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "test.db")
	empty, err := database.Open(tb.Context(), path, database.WithoutFTS5()) // the index is made of all at once
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := empty.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := empty.Close(); err != nil {
		tb.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", path+"?_journal_mode=WAL")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = raw.Close() })
	fill(tb, raw, n)

	ran := new(statements)
	db, err := database.Open(tb.Context(), path, append(opts, databasetest.Trace(ran.trace))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return catalog.New(db, catalog.NewLocalFeed(), (&clock{time: noon}).now), ran, raw
}

func fill(tb testing.TB, raw *sql.DB, n int) {
	tb.Helper()
	tx, err := raw.BeginTx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	insert := func(statement string, args ...any) {
		if _, err := tx.ExecContext(tb.Context(), statement, args...); err != nil {
			tb.Fatal(err)
		}
	}
	for id := 1; id <= 111; id++ { // 1 above 2 to 11, each above ten others
		above := any((id + 8) / 10)
		if id == 1 {
			above = nil
		}
		name := fmt.Sprint("x", id)
		insert("INSERT INTO categories (id, name, name_key, slug, parent_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			id, name, name, name, above, noon, noon)
	}
	insert("INSERT INTO users (id, username, username_key, email, email_key, password_hash, date_joined) VALUES (1, 'ada', 'ada', 'ada@x', 'ada@x', '-', ?)", noon)
	random := rand.New(rand.NewPCG(5, 6))
	words := func(n int) string {
		var b strings.Builder
		for range n {
			for range 2 + random.IntN(3) {
				b.WriteByte("bdfghjklmnprstvwz"[random.IntN(17)])
				b.WriteByte("aeiou"[random.IntN(5)])
			}
			b.WriteByte(' ')
		}
		return strings.TrimSpace(b.String())
	}
	for i := range n {
		name, sku, description := words(3), fmt.Sprintf("sku-%06d", i), words(30)
		var owner any
		if i%10 == 0 {
			owner = 1
		}
		at := noon.Add(time.Duration(i/500) * time.Second)
		insert("INSERT INTO products (name, name_key, slug, sku, sku_key, description, description_key, price, stock, is_published, category_id, owner_id, created_at, updated_at) "+
			"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", name, name, sku, sku, sku, description, description,
			random.IntN(50_000), random.IntN(2)*random.IntN(100), i%20 != 7, 12+random.IntN(100), owner, at, at)
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}
