// Package database opens the database, brings its schema up to date and gives transactions. What
// differs between SQL dialects is decided here and nowhere else.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/mattn/go-sqlite3" // the driver

	"github.com/gatehouse/gatehouse/ent"
)

// readers is how many connections read at once. SQLite's readers never wait for its writer.
const readers = 4

// DB is an open database. Many goroutines may use it at once.
type DB struct {
	// Read answers queries outside transactions. It cannot write: its connections are read-only.
	Read *ent.Client

	writer      *ent.Client
	writePool   *sql.DB
	readDriver  dialect.Driver
	writeDriver dialect.Driver
	hasFTS5     bool // the program was built with it
	path        string
}

// Option changes how a database is opened.
type Option func(*options)

type options struct {
	trace       func(context.Context, ...any)
	withoutFTS5 bool
}

// WithTrace has trace called with the text of every statement before it runs, for tests that count them.
func WithTrace(trace func(context.Context, ...any)) Option {
	return func(o *options) { o.trace = trace }
}

// WithoutFTS5 opens a database as a program does that was built without SQLite's FTS5, for tests that compare.
func WithoutFTS5() Option {
	return func(o *options) { o.withoutFTS5 = true }
}

// Open opens the SQLite database in the file at path, making file and folder where there are none, for
// this user's eyes only: password hashes are in it. The schema is left as it is; see Migrate.
//
// One connection writes, each of its transactions taking the write lock at its start, so that no
// transaction fails half-way for want of it. A transaction that was committed survives a crash of the
// program and of the machine (WAL with synchronous=FULL).
func Open(ctx context.Context, path string, opts ...Option) (*DB, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	db := &DB{path: path}
	var err error
	db.writePool, err = sql.Open("sqlite3", dsn(path, url.Values{
		"_txlock":          {"immediate"},
		"_journal_mode":    {"WAL"},
		"_synchronous":     {"FULL"},
		"_foreign_keys":    {"on"},
		"_busy_timeout":    {"5000"},
		"_stmt_cache_size": {"64"},
	}))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	db.writePool.SetMaxOpenConns(1)
	if err := db.writePool.PingContext(ctx); err != nil { // also makes the WAL that readers need
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), db.writePool.Close())
	}
	const fts5 = "SELECT COUNT(*) > 0 FROM pragma_module_list WHERE name = 'fts5'"
	if err := db.writePool.QueryRowContext(ctx, fts5).Scan(&db.hasFTS5); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), db.writePool.Close())
	}
	db.hasFTS5 = db.hasFTS5 && !o.withoutFTS5
	readPool, err := sql.Open("sqlite3", dsn(path, url.Values{
		"mode":             {"ro"},
		"_query_only":      {"on"},
		"_busy_timeout":    {"5000"},
		"_stmt_cache_size": {"64"},
	}))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), db.writePool.Close())
	}
	readPool.SetMaxOpenConns(readers)
	readPool.SetMaxIdleConns(readers)

	db.readDriver, db.writeDriver = o.driver(readPool), o.driver(db.writePool)
	if !db.hasFTS5 {
		db.writeDriver = indexless{db.writeDriver}
	}
	db.Read, db.writer = ent.NewClient(ent.Driver(db.readDriver)), ent.NewClient(ent.Driver(db.writeDriver))
	return db, nil
}

// Close closes the database once no query is running.
func (db *DB) Close() error {
	return errors.Join(db.Read.Close(), db.writer.Close())
}

// Write runs f in a transaction, which is committed when f returns nil and otherwise undone. Its error
// is f's own. Only one Write runs at a time, so what f reads through tx stays true until it is done.
//
// What must outlive a refusal (a revocation, a counted failure) is written in a Write that returns nil;
// the caller refuses afterwards.
func (db *DB) Write(ctx context.Context, f func(tx *ent.Tx) error) (err error) {
	tx, err := db.writer.Tx(ctx)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	committed := false
	defer func() {
		if !committed { // f failed or panicked
			if rollbackErr := tx.Rollback(); rollbackErr != nil && !errors.Is(rollbackErr, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("undoing a transaction: %w", rollbackErr))
			}
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil { // sql.ErrTxDone, if the context has just ended: that is then the reason
		return fmt.Errorf("committing a transaction: %w", errors.Join(err, ctx.Err()))
	}
	committed = true
	return nil
}

func (o options) driver(pool *sql.DB) dialect.Driver {
	driver := entsql.OpenDB(dialect.SQLite, pool)
	if o.trace == nil {
		return driver
	}
	return dialect.DebugWithContext(driver, o.trace)
}

// dsn is the URI of a database file (https://www.sqlite.org/uri.html) with the driver's parameters.
func dsn(path string, params url.Values) string {
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: params.Encode()}
	return uri.String()
}

// createPrivate makes an empty file that only its owner may read, unless there is a file already. SQLite
// gives its side files (-wal, -shm) the same mode.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}
