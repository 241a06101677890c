//go:build sqlite_fts5 || fts5

package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	stored "github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// wantIndex expects the database to have a search index, or none that is up to date.
func wantIndex(t *testing.T, db *database.DB, want bool) {
	t.Helper()
	if has, err := db.HasSearchIndex(t.Context()); err != nil || has != want {
		t.Errorf("HasSearchIndex = %v, %v; want %v", has, err, want)
	}
}

// faults is what FTS5 has to say when it compares the index with the products, word by word; nil is well.
func faults(t *testing.T, raw *sql.DB) error {
	t.Helper()
	_, err := raw.ExecContext(t.Context(), "INSERT INTO product_search (product_search, rank) VALUES ('integrity-check', 1)")
	return err
}

func wantWhole(t *testing.T, raw *sql.DB) {
	t.Helper()
	if err := faults(t, raw); err != nil {
		t.Errorf("the index is not that of the products: %v", err)
	}
}

// triggers are the triggers there are.
func triggers(t *testing.T, raw *sql.DB) (names []string) {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestCandidates(t *testing.T) {
	db := databasetest.New(t)
	for _, name := range []string{"green tea", "black tea", "knäckebröd", `50" disc`, "a*b*c", "日本茶", "🍵🍵🍵", "x and y", "\uffff\uffffz", "teapot"} {
		sell(t, db, name)
	}
	all := len(candidates(t, db))
	for _, tt := range []struct {
		words string
		want  []string // nil: all there are
	}{
		{"tea", []string{"green tea", "black tea", "teapot"}},
		{"tea green", []string{"green tea"}},
		{"tea te", []string{"green tea", "black tea", "teapot"}},
		{"ckebr", []string{"knäckebröd"}},
		{"about", []string{"green tea", "black tea", "knäckebröd", `50" disc`, "a*b*c", "日本茶", "🍵🍵🍵", "x and y", "\uffff\uffffz", "teapot"}},
		{"TEA", []string{}},    // words are folded already
		{"knacke", []string{}}, // and marks matter
		{`50"`, []string{`50" disc`}},
		{`"""`, []string{}},
		{"a*b", []string{"a*b*c"}},
		{"a*c", []string{}},
		{"and", []string{"x and y"}},
		{"日本茶", []string{"日本茶"}},
		{"🍵🍵🍵", []string{"🍵🍵🍵"}},
		{"\uffff\uffffz", []string{"\uffff\uffffz"}},
		{"te", nil},
		{"茶", nil},
		{"日本", nil},
		{"", nil},
	} {
		got := candidates(t, db, strings.Fields(tt.words)...)
		if tt.want == nil && len(got) != all {
			t.Errorf("%q may be in %q, want all", tt.words, got)
		} else if tt.want != nil && !slices.Equal(got, tt.want) {
			t.Errorf("%q may be in %q, want %q", tt.words, got, tt.want)
		}
	}
}

// Whatever happens to products, the index follows, and what is undone was never in it.
func TestTheIndexFollowsProducts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, raw := openAt(t, path), backDoor(t, path)
	wantIndex(t, db, true)
	wantWhole(t, raw)
	tea, coffee := sell(t, db, "green tea"), sell(t, db, "coffee")
	wantWhole(t, raw)
	for _, step := range []struct {
		name string
		do   func(tx *ent.Tx) error
	}{
		{"a new name", func(tx *ent.Tx) error {
			return tx.Product.UpdateOneID(tea).SetName("Cocoa").SetNameKey("cocoa").Exec(t.Context())
		}},
		{"a first sku", func(tx *ent.Tx) error {
			return tx.Product.UpdateOneID(tea).SetSku("Ko-1").SetSkuKey("ko-1").Exec(t.Context())
		}},
		{"another sku", func(tx *ent.Tx) error {
			return tx.Product.UpdateOneID(tea).SetSku("Ko-2").SetSkuKey("ko-2").Exec(t.Context())
		}},
		{"no sku", func(tx *ent.Tx) error { return tx.Product.UpdateOneID(tea).ClearSku().ClearSkuKey().Exec(t.Context()) }},
		{"a description", func(tx *ent.Tx) error {
			return tx.Product.UpdateOneID(tea).SetDescription("Hot").SetDescriptionKey("hot").Exec(t.Context())
		}},
		{"the same description", func(tx *ent.Tx) error {
			return tx.Product.UpdateOneID(tea).SetDescription("Hot").SetDescriptionKey("hot").Exec(t.Context())
		}},
		{"no description", func(tx *ent.Tx) error {
			return tx.Product.UpdateOneID(tea).SetDescription("").SetDescriptionKey("").Exec(t.Context())
		}},
		{"something else", func(tx *ent.Tx) error { return tx.Product.UpdateOneID(tea).AddStock(1).Exec(t.Context()) }},
		{"many at once", func(tx *ent.Tx) error { return tx.Product.Update().SetNameKey("all alike").Exec(t.Context()) }},
		{"gone", func(tx *ent.Tx) error { return tx.Product.DeleteOneID(coffee).Exec(t.Context()) }},
		{"made, changed and gone", func(tx *ent.Tx) error {
			id, err := sellIn(t.Context(), tx, "fleeting")
			return errors.Join(err, tx.Product.UpdateOneID(id).SetNameKey("brief").Exec(t.Context()), tx.Product.DeleteOneID(id).Exec(t.Context()))
		}},
	} {
		undone := errors.New("undone")
		for _, err := range []error{undone, nil} {
			if got := db.Write(t.Context(), func(tx *ent.Tx) error { return errors.Join(step.do(tx), err) }); !errors.Is(got, err) {
				t.Errorf("%s: %v, want %v", step.name, got, err)
			}
			wantWhole(t, raw)
		}
	}
	if got := candidates(t, db, "alike"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	if got := candidates(t, db, "green"); len(got) != 0 {
		t.Errorf("found %q by what they no longer have", got)
	}
	// Without its triggers the index would not follow, and the check above would tell.
	execute(t, raw, "DROP TRIGGER product_search_insert")
	sell(t, db, "unnoticed")
	if faults(t, raw) == nil {
		t.Error("a product is missing in the index, and nothing is said")
	}
}

// One program after another, built with FTS5 and without: each can write, each finds what there is, and the
// next one with FTS5 has an index again.
func TestBuildsTakeTurns(t *testing.T) {
	with, without := []database.Option(nil), []database.Option{database.WithoutFTS5()}
	for name, turns := range map[string][][]database.Option{
		"with first":    {with, without, with, without, without, with},
		"without first": {without, with, with, without, with},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			raw := backDoor(t, path)
			for i, opts := range turns {
				db := openAt(t, path, opts...)
				indexed := opts == nil
				wantIndex(t, db, indexed)
				if names := triggers(t, raw); len(names) != map[bool]int{true: 3}[indexed] {
					t.Errorf("turn %d: triggers %q", i, names)
				}
				id := sell(t, db, fmt.Sprintf("brand new %d", i))
				if err := db.Write(t.Context(), func(tx *ent.Tx) error {
					return errors.Join(
						tx.Product.UpdateOneID(id).SetNameKey(fmt.Sprintf("used %d", i)).Exec(t.Context()),
						second(tx.Product.Delete().Where(stored.NameKey(fmt.Sprintf("used %d", i-2))).Exec(t.Context())))
				}); err != nil {
					t.Fatalf("turn %d: %v", i, err)
				}
				if indexed {
					wantWhole(t, raw)
				}
				if got, want := len(candidates(t, db, "used")), min(i+1, 2); got != want {
					t.Errorf("turn %d: found %d, want %d", i, got, want)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// Two programs at once, one built with FTS5 and one without. Whoever writes last is found by both; no write fails.
func TestBuildsSideBySide(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	raw := backDoor(t, path)
	with := openAt(t, path)
	without := openAt(t, path, database.WithoutFTS5())
	wantIndex(t, with, false) // it was told at once
	sell(t, with, "tea one")
	sell(t, without, "tea two")
	if got := candidates(t, with, "tea"); len(got) != 2 {
		t.Errorf("found %q", got)
	}
	if _, err := with.Migrate(t.Context()); err != nil { // as a command would, beside the one that serves
		t.Fatal(err)
	}
	wantIndex(t, with, true)
	sell(t, with, "tea three")
	wantWhole(t, raw)
	sell(t, without, "tea four") // which takes the triggers away again
	wantIndex(t, with, false)
	if got := candidates(t, with, "tea"); len(got) != 4 {
		t.Errorf("found %q", got)
	}
	if _, err := with.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantWhole(t, raw)
	if got := candidates(t, with, "tea"); len(got) != 4 {
		t.Errorf("found %q", got)
	}
}

// An index that another version of the program made, or somebody took apart, is made anew; one that is as it
// should be is left alone.
func TestTheIndexIsMadeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	openAt(t, path)
	var columns string
	const definition = "SELECT substr(sql, instr(sql, '(')) FROM sqlite_schema WHERE name = 'products'"
	if err := backDoor(t, path).QueryRowContext(t.Context(), definition).Scan(&columns); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]string{
		"nothing":                  "",
		"no insert trigger":        "DROP TRIGGER product_search_insert",
		"no update trigger":        "DROP TRIGGER product_search_update",
		"no delete trigger":        "DROP TRIGGER product_search_delete",
		"another trigger":          "DROP TRIGGER product_search_delete; CREATE TRIGGER product_search_delete AFTER DELETE ON products BEGIN SELECT 1; END",
		"no index":                 "DROP TABLE product_search",
		"no index and no triggers": "DROP TRIGGER product_search_insert; DROP TRIGGER product_search_update; DROP TRIGGER product_search_delete; DROP TABLE product_search",
		"another index":            "DROP TABLE product_search; CREATE VIRTUAL TABLE product_search USING fts5(name_key, sku_key, description_key)",
		"a table made anew, as migrations do": "CREATE TABLE new_products " + columns + "; INSERT INTO new_products SELECT * FROM products; " +
			"DROP TABLE products; ALTER TABLE new_products RENAME TO products",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			db, raw := openAt(t, path), backDoor(t, path) // foreign keys are off at the back door
			sell(t, db, "green tea")
			if spoil != "" {
				execute(t, raw, spoil)
			}
			wantIndex(t, db, spoil == "")
			var rebuilt bool
			again := openAt(t, path, databasetest.Trace(func(_ context.Context, text string) {
				rebuilt = rebuilt || strings.Contains(text, "'rebuild'")
			}))
			wantIndex(t, again, true)
			wantWhole(t, raw)
			if rebuilt != (spoil != "") {
				t.Errorf("made anew: %v", rebuilt)
			}
			if got := candidates(t, again, "green"); len(got) != 1 {
				t.Errorf("found %q", got)
			}
		})
	}
}

// What fails on the way leaves everything as it was.
func TestAnIndexIsMadeWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, raw := openAt(t, path), backDoor(t, path)
	sell(t, db, "green tea")
	execute(t, raw, "DROP TRIGGER product_search_insert; DROP TABLE product_search; CREATE TABLE product_search_data (in_the_way)")
	if _, err := db.Migrate(t.Context()); err == nil {
		t.Fatal("an index was made of what another table stood in the way of")
	}
	wantIndex(t, db, false)
	if got := triggers(t, raw); !slices.Equal(got, []string{"product_search_delete", "product_search_update"}) {
		t.Errorf("left are the triggers %q", got)
	}
	execute(t, raw, "DROP TABLE product_search_data")
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantIndex(t, db, true)
	wantWhole(t, raw)
}

// Programs that start at once make one index.
func TestConcurrentStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	first := openAt(t, path, database.WithoutFTS5())
	for i := range 50 {
		sell(t, first, fmt.Sprintf("tea %d", i))
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	raw := backDoor(t, path)
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			db, err := database.Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			if err := db.Write(t.Context(), func(tx *ent.Tx) error {
				_, err := sellIn(t.Context(), tx, fmt.Sprintf("tea of start %d", i))
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	db := openAt(t, path)
	wantIndex(t, db, true)
	wantWhole(t, raw)
	if got := candidates(t, db, "tea"); len(got) != 56 {
		t.Errorf("found %d", len(got))
	}
}

// A program that is told not to migrate takes the index as it is.
func TestWithoutMigrating(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	sell(t, openAt(t, path, database.WithoutFTS5()), "green tea")
	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckMigrated(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantIndex(t, db, false)
	sell(t, db, "black tea")
	if got := candidates(t, db, "tea"); len(got) != 2 {
		t.Errorf("found %q", got)
	}
	openAt(t, path) // `gatehouse migrate up`, while it serves
	wantIndex(t, db, true)
	if got := candidates(t, db, "black"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
}

// The index outlives VACUUM, and goes into copies of the database, which need no new one.
func TestVacuumAndBackup(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "test.db")
	db, raw := openAt(t, path), backDoor(t, path)
	for _, name := range []string{"one tea", "two tea", "three tea"} {
		sell(t, db, name)
	}
	if err := db.Write(t.Context(), func(tx *ent.Tx) error {
		return second(tx.Product.Delete().Where(stored.NameKey("one tea")).Exec(t.Context()))
	}); err != nil {
		t.Fatal(err)
	}
	execute(t, raw, "VACUUM")
	wantIndex(t, db, true)
	wantWhole(t, raw)
	sell(t, db, "four tea")
	wantWhole(t, raw)

	backup := filepath.Join(dir, "copy.db")
	execute(t, raw, "VACUUM INTO '"+backup+"'")
	restored, err := database.Open(t.Context(), backup)
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	wantIndex(t, restored, true)
	wantWhole(t, backDoor(t, backup))
	if got := candidates(t, restored, "tea"); len(got) != 3 {
		t.Errorf("found %q", got)
	}
}
