package database

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// Products are searched by an index of FTS5: for every three characters in a row it knows in the folded texts
// of which products they are, though not where. So it leads to all that may contain a word, and a little more.
//
// Programs can be built without FTS5, and such a one cannot even write to a table whose triggers name the
// index. That is why the index is not made by the versioned migrations. Migrate makes it, where it can, and a
// program that cannot takes the triggers away before it writes (see indexless). What then happens to products
// the index is not told. It is as good as its triggers are whole, and there is no other mark of it: they come
// and go in transactions, and are only ever made together with a new index.

// createSearchIndex makes the index, which is empty then. It keeps no texts of its own (content) and nothing
// that is only good for phrases and ranks (detail, columnsize): a fifth of the size.
const createSearchIndex = `CREATE VIRTUAL TABLE product_search USING fts5(name_key, sku_key, description_key, ` +
	`content='products', content_rowid='id', tokenize='trigram case_sensitive 1', detail=none, columnsize=0)`

// trigger is a trigger of the index.
type trigger struct{ name, definition string }

// searchTriggers tell the index what happens to products.
func searchTriggers() []trigger {
	const (
		add    = `INSERT INTO product_search (rowid, name_key, sku_key, description_key) VALUES (new.id, new.name_key, new.sku_key, new.description_key); `
		remove = `INSERT INTO product_search (product_search, rowid, name_key, sku_key, description_key) VALUES ('delete', old.id, old.name_key, old.sku_key, old.description_key); `
	)
	return []trigger{
		{"product_search_insert", `AFTER INSERT ON products BEGIN ` + add + `END`},
		{"product_search_delete", `AFTER DELETE ON products BEGIN ` + remove + `END`},
		{"product_search_update", `AFTER UPDATE OF name_key, sku_key, description_key ON products ` +
			`WHEN old.name_key <> new.name_key OR old.sku_key IS NOT new.sku_key OR old.description_key <> new.description_key ` +
			`BEGIN ` + remove + add + `END`},
	}
}

// create is the statement that makes the trigger. The database keeps it word for word.
func (t trigger) create() string { return "CREATE TRIGGER " + t.name + " " + t.definition }

// HasSearchIndex says whether products are searched by an index, and not one after the other: it is there, it
// is what this program would have made, and it is up to date.
//
// PostgreSQL's is made by a migration, and is like any other.
func (db *DB) HasSearchIndex(ctx context.Context) (has bool, err error) {
	if db.Dialect() == dialect.Postgres {
		return true, nil
	}
	if !db.hasFTS5 {
		return false, nil
	}
	definitions := []any{createSearchIndex}
	for _, t := range searchTriggers() {
		definitions = append(definitions, t.create())
	}
	wanted := entsql.Dialect(db.readDriver.Dialect()).
		Select("COUNT(*)").From(entsql.Table("sqlite_schema")).Where(entsql.In("sql", definitions...))
	query, args := wanted.Query()
	var rows entsql.Rows
	if err := db.readDriver.Query(ctx, query, args, &rows); err != nil {
		return false, fmt.Errorf("looking for the search index: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found, err := entsql.ScanInt(rows)
	if err != nil {
		return false, fmt.Errorf("looking for the search index: %w", err)
	}
	return found == len(definitions), nil
}

// updateSearchIndex makes the index anew unless it is up to date, or cannot be. It is one transaction: whatever
// interrupts it, the database is as it was.
func (db *DB) updateSearchIndex(ctx context.Context) error {
	if has, err := db.HasSearchIndex(ctx); has || err != nil || !db.hasFTS5 {
		return err
	}
	tx, err := db.writeDriver.Tx(ctx)
	if err != nil {
		return fmt.Errorf("making the search index: %w", err)
	}
	if err := makeSearchIndex(ctx, tx); err != nil {
		return errors.Join(fmt.Errorf("making the search index: %w", err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("making the search index: %w", err)
	}
	return nil
}

func makeSearchIndex(ctx context.Context, tx dialect.ExecQuerier) error {
	if err := dropSearchTriggers(ctx, tx); err != nil {
		return err
	}
	statements := []string{
		"DROP TABLE IF EXISTS product_search",
		createSearchIndex,
		"INSERT INTO product_search (product_search) VALUES ('rebuild')",
	}
	for _, t := range searchTriggers() {
		statements = append(statements, t.create())
	}
	for _, statement := range statements {
		if err := tx.Exec(ctx, statement, []any{}, nil); err != nil {
			return err
		}
	}
	return nil
}

func dropSearchTriggers(ctx context.Context, tx dialect.ExecQuerier) error {
	for _, t := range searchTriggers() {
		if err := tx.Exec(ctx, "DROP TRIGGER IF EXISTS "+t.name, []any{}, nil); err != nil {
			return fmt.Errorf("taking the trigger %s away: %w", t.name, err)
		}
	}
	return nil
}

// indexless is the driver of a program that was built without FTS5: each of its transactions begins by taking
// the index's triggers away, in case another program has made them meanwhile.
type indexless struct{ dialect.Driver }

// Tx begins a transaction.
func (d indexless) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := d.Driver.Tx(ctx)
	if err != nil {
		return nil, err
	}
	if err := dropSearchTriggers(ctx, tx); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}
