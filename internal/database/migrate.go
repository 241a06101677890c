package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/migrations"
)

// lockRetry is how often a program that waits for another's migration looks again.
const lockRetry = 50 * time.Millisecond

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
// it makes the search index if there is none, or none that is up to date. Programs that start at once on one
// file take turns. It is ErrNewer for a database it does not know.
func (db *DB) Migrate(ctx context.Context) (applied []Migration, err error) {
	lock := flock.New(db.path + ".migrate.lock")
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return nil, fmt.Errorf("waiting to migrate: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()

	provider, err := db.provider()
	if err != nil {
		return nil, err
	}
	if err := refuseNewer(ctx, provider); err != nil {
		return nil, err
	}
	if !db.hasFTS5 { // nor can it change a table that has the search index's triggers
		if err := db.Write(ctx, func(*ent.Tx) error { return nil }); err != nil {
			return nil, err
		}
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrating: %w", err)
	}
	for _, r := range results {
		applied = append(applied, Migration{Version: r.Source.Version, Name: r.Source.Path})
	}
	return applied, db.updateSearchIndex(ctx)
}

// Migrations lists every migration this program knows, the oldest first, and whether the database has
// had it. It is ErrNewer for a database it does not know.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	provider, err := db.provider()
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

func (db *DB) provider() (*goose.Provider, error) {
	folder, err := migrations.SQLite()
	if err != nil {
		return nil, fmt.Errorf("opening the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.writePool, folder,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(migrations.Filling()...))
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
