package main

import (
	"context"
	"database/sql"
	"net/url"
	"runtime"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver for PostgreSQL
	_ "github.com/mattn/go-sqlite3"    // the driver for SQLite
)

// texts are the statements as a database wants them.
type texts struct{ page, count, byID, nested, viewer string }

var onSQLite = texts{
	// CROSS JOIN has SQLite walk the index of names rather than sort.
	page: `SELECT p.id, p.name, p.price, c.id, c.name FROM products p CROSS JOIN categories c ON c.id = p.category_id
		WHERE p.is_published ORDER BY p.name_key, p.id LIMIT ?`,
	count: `SELECT COUNT(*) FROM products WHERE is_published`,
	byID: `SELECT p.id, p.name, p.price, c.id, c.name FROM products p CROSS JOIN categories c ON c.id = p.category_id
		WHERE p.is_published AND p.id = ?`,
	nested: `SELECT c.id, p.name FROM (SELECT id, name_key FROM categories ORDER BY name_key, id LIMIT 10) c
		LEFT JOIN products p ON p.id IN
			(SELECT id FROM products WHERE category_id = c.id AND is_published ORDER BY name_key, id LIMIT 3)
		ORDER BY c.name_key, c.id, p.name_key, p.id`,
	viewer: `SELECT u.username, u.email, u.is_active, s.ends_at, s.revoked_at
		FROM users u JOIN sessions s ON s.user_id = u.id WHERE u.id = ? AND s.id = ?`,
}

var onPostgres = texts{
	page: `SELECT p.id, p.name, p.price, c.id, c.name FROM products p JOIN categories c ON c.id = p.category_id
		WHERE p.is_published ORDER BY p.name_key, p.id LIMIT $1`,
	count: `SELECT COUNT(*) FROM products WHERE is_published`,
	byID: `SELECT p.id, p.name, p.price, c.id, c.name FROM products p JOIN categories c ON c.id = p.category_id
		WHERE p.is_published AND p.id = $1`,
	nested: `SELECT c.id, p.name FROM (SELECT id, name_key FROM categories ORDER BY name_key, id LIMIT 10) c
		LEFT JOIN LATERAL
			(SELECT id, name, name_key FROM products WHERE category_id = c.id AND is_published ORDER BY name_key, id LIMIT 3) p ON true
		ORDER BY c.name_key, c.id, p.name_key, p.id`,
	viewer: `SELECT u.username, u.email, u.is_active, s.ends_at, s.revoked_at
		FROM users u JOIN sessions s ON s.user_id = u.id WHERE u.id = $1 AND s.id = $2`,
}

// open opens an SQLite file or the PostgreSQL database of a URL, and answers what is asked of it. It has as many connections as
// Gatehouse has for reading.
func open(database string) (*sql.DB, texts, error) {
	driver, asked, connections := "pgx", onPostgres, 4*runtime.GOMAXPROCS(0)
	if !strings.HasPrefix(database, "postgres") {
		driver, asked, connections = "sqlite3", onSQLite, min(max(runtime.GOMAXPROCS(0), 2), 4)
		database = (&url.URL{Scheme: "file", Opaque: database, RawQuery: "_journal_mode=WAL&_query_only=on"}).String()
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		return nil, asked, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, asked, nil
}

// statements of what is asked, prepared once.
type statements struct{ page, count, byID, nested, viewer *sql.Stmt }

func prepare(ctx context.Context, db *sql.DB, t texts) (s statements, err error) {
	for _, one := range []struct {
		into **sql.Stmt
		text string
	}{{&s.page, t.page}, {&s.count, t.count}, {&s.byID, t.byID}, {&s.nested, t.nested}, {&s.viewer, t.viewer}} {
		if *one.into, err = db.PrepareContext(ctx, one.text); err != nil {
			return s, err
		}
	}
	return s, nil
}
