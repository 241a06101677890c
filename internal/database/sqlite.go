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
	"runtime"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/mattn/go-sqlite3"

	"github.com/gatehouse/gatehouse/internal/database/sqlitepack"
	"github.com/gatehouse/gatehouse/internal/database/sqliteplan"
)

// readers is how many connections read at once with so many cores: one for each, since reading is computing once a file is in memory,
// but two at the least and four at the most. SQLite's readers never wait for its writer.
func readers(cores int) int { return min(max(cores, 2), 4) }

// busyTimeout is how long to wait for who has a lock.
const busyTimeout = 5 * time.Second

// openSQLite opens the SQLite database in the file at path, making file and folder where there are none, for
// this user's eyes only: password hashes are in it.
//
// One connection writes, each of its transactions taking the write lock at its start, so that no
// transaction fails half-way for want of it. A transaction that was committed survives a crash of the
// program and of the machine (WAL with synchronous=FULL).
func openSQLite(ctx context.Context, path string, o options) (*DB, error) {
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	if err := errors.Join(sqliteplan.Keep(), sqlitepack.Add()); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	writePool, err := sql.Open("sqlite3", dsn(path, url.Values{
		"_txlock":          {"immediate"},
		"_journal_mode":    {"WAL"},
		"_synchronous":     {"FULL"},
		"_foreign_keys":    {"on"},
		"_busy_timeout":    {milliseconds(busyTimeout)},
		"_stmt_cache_size": {"64"},
		"_mutex":           {"no"},
	}))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	writePool.SetMaxOpenConns(1)
	if err := beginWAL(ctx, writePool); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), writePool.Close())
	}
	hasFTS5 := false
	const fts5 = "SELECT COUNT(*) > 0 FROM pragma_module_list WHERE name = 'fts5'"
	if err := writePool.QueryRowContext(ctx, fts5).Scan(&hasFTS5); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), writePool.Close())
	}
	readOnly := dsn(path, url.Values{
		"mode":             {"ro"},
		"_query_only":      {"on"},
		"_busy_timeout":    {milliseconds(busyTimeout)},
		"_stmt_cache_size": {"64"},
		"_mutex":           {"no"},
	})
	readPool := sql.OpenDB(sqliteReaders{readOnly})
	most := readers(runtime.GOMAXPROCS(0))
	readPool.SetMaxOpenConns(most)
	readPool.SetMaxIdleConns(most)
	watchPool, err := sql.Open("sqlite3", readOnly) // connects when it is first asked
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), writePool.Close(), readPool.Close())
	}
	watchPool.SetMaxOpenConns(1)

	db := newDB(dialect.SQLite, readPool, writePool, o)
	db.readDriver = o.around(sqliteReads{entsql.OpenDB(dialect.SQLite, readPool), readPool})
	db.path, db.hasFTS5 = path, hasFTS5 && !o.withoutFTS5
	db.watchPool = watchPool
	db.Editions = newEditions(SQLitePace, (&strangers{reads: watchPool, writes: writePool, patience: writerPatience}).changed, o.now)
	db.Editions.Hears(true)
	if !db.hasFTS5 {
		db.writeDriver = indexless{db.writeDriver}
	}
	return db.connect(), nil
}

// beginWAL makes the first connection, and with it the log that readers need. SQLite does not wait for another program that is
// just doing the same, whatever the timeout for locks says (https://www.sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY"):
// so it is tried again for as long.
func beginWAL(ctx context.Context, pool *sql.DB) error {
	patient, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	for {
		err := pool.PingContext(ctx)
		var refused sqlite3.Error
		if !errors.As(err, &refused) || refused.Code != sqlite3.ErrBusy {
			return err
		}
		if Pause(patient, longestPause) != nil {
			return err
		}
	}
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
