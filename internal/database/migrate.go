package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/migrations"
)

// lockRetry is how often a program that waits for another's migration looks again.
const lockRetry = 50 * time.Millisecond

// migrationLock is the number of PostgreSQL's advisory lock that whoever migrates a database has: "gatehous" in ASCII.
const migrationLock int64 = 0x6761_7465_686f_7573

// Migration is one versioned change of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero: not yet
}

var (
	// ErrNewer says that a newer Gatehouse has changed the database in a way this one does not know.
	ErrNewer = errors.New("the database was migrated by a newer version of this program")
	// ErrPending says that there are migrations the database has not had.
	ErrPending = errors.New("the database needs migrating: run `gatehouse migrate up`")
)

// Migrate applies the migrations that the database has not had, each in a transaction, and answers them. Then
// on SQLite it makes the search index if there is none, or none that is up to date. Programs that start at once on one
// database take turns. It is ErrNewer for a database it does not know.
func (db *DB) Migrate(ctx context.Context) (applied []Migration, err error) {
	err = db.exclusively(ctx, func(pool *sql.DB) error {
		provider, err := providerOf(db.Dialect(), pool)
		if err != nil {
			return err
		}
		if err := refuseNewer(ctx, provider); err != nil {
			return err
		}
		if db.Dialect() == dialect.SQLite && !db.hasFTS5 { // nor can it change a table that has the search index's triggers
			if err := db.Write(ctx, func(*ent.Tx) error { return nil }); err != nil {
				return err
			}
		}
		results, err := provider.Up(ctx)
		if err != nil {
			return fmt.Errorf("migrating: %w", err)
		}
		for _, r := range results {
			applied = append(applied, Migration{Version: r.Source.Version, Name: r.Source.Path})
		}
		if db.Dialect() == dialect.SQLite {
			return db.updateSearchIndex(ctx)
		}
		return nil
	})
	return applied, err
}

// exclusively runs f while no other program that does so migrates the database, on a pool for that.
func (db *DB) exclusively(ctx context.Context, f func(pool *sql.DB) error) (err error) {
	if db.Dialect() == dialect.Postgres {
		return db.exclusivelyOnPostgres(ctx, f)
	}
	lock := flock.New(db.path + ".migrate.lock")
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return fmt.Errorf("waiting to migrate: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return f(db.writePool)
}

// exclusivelyOnPostgres has a transaction hold the lock, so that it works through a pooler, too, and ends with the
// connection. Migrating may take its time, and so may waiting for another who does.
func (db *DB) exclusivelyOnPostgres(ctx context.Context, f func(pool *sql.DB) error) (err error) {
	config := db.postgres.Copy()
	for _, name := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		config.RuntimeParams[name] = "0"
	}
	pool := openPool(config, 2) // the lock's connection, and one that migrates
	defer func() { err = errors.Join(err, pool.Close()) }()
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("waiting to migrate: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it has done nothing but lock
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
		return fmt.Errorf("waiting to migrate: %w", err)
	}
	return f(pool)
}

// Migrations lists every migration this program knows, the oldest first, and whether the database has
// had it. It is ErrNewer for a database it does not know.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	provider, err := providerOf(db.Dialect(), db.writePool)
	if err != nil {
		return nil, err
	}
	if err := refuseNewer(ctx, provider); err != nil {
		return nil, err
	}
	statuses, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	list := make([]Migration, len(statuses))
	for i, s := range statuses {
		list[i] = Migration{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt}
	}
	return list, nil
}

// CheckMigrated is nil when the database has had exactly the migrations this program knows, and else
// ErrPending or ErrNewer.
func (db *DB) CheckMigrated(ctx context.Context) error {
	list, err := db.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.AppliedAt.IsZero() {
			return ErrPending
		}
	}
	return nil
}

// providerOf is what knows the migrations of a dialect, and applies them through the pool.
func providerOf(name string, pool *sql.DB) (*goose.Provider, error) {
	of, kind := migrations.SQLite, goose.DialectSQLite3
	if name == dialect.Postgres {
		of, kind = migrations.Postgres, goose.DialectPostgres
	}
	files, filling, err := of()
	if err != nil {
		return nil, fmt.Errorf("opening the migrations: %w", err)
	}
	provider, err := goose.NewProvider(kind, pool, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(filling...))
	if err != nil {
		return nil, fmt.Errorf("opening the migrations: %w", err)
	}
	return provider, nil
}

func refuseNewer(ctx context.Context, provider *goose.Provider) error {
	current, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the database's version: %w", err)
	}
	if current > newest {
		return fmt.Errorf("%w: it is at %d, this one knows up to %d", ErrNewer, current, newest)
	}
	return nil
}
