package database

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/pressly/goose/v3"
)

// Standing is how a database stands to the migrations that this program knows.
type Standing struct {
	// Pending are the names of those that it has not had.
	Pending []string
	// Unknown are the versions of those that it has had and that this program does not know: a newer one's.
	Unknown []int64
}

// Err is nil for a database that has had exactly the migrations this program knows, and else ErrPending or ErrNewer.
func (s Standing) Err() error {
	switch {
	case len(s.Unknown) > 0:
		return fmt.Errorf("%w: it has had %d", ErrNewer, s.Unknown[0])
	case len(s.Pending) > 0:
		return ErrPending
	}
	return nil
}

// Answers is nil when the database answers, and else says why it does not. It waits for no writer.
func (db *DB) Answers(ctx context.Context) error {
	query, args := entsql.Dialect(db.readDriver.Dialect()).
		Select("version_id").From(entsql.Table(goose.DefaultTablename)).Limit(1).Query()
	var rows entsql.Rows
	if err := db.readDriver.Query(ctx, query, args, &rows); err != nil {
		return fmt.Errorf("asking the database: %w", err)
	}
	for rows.Next() {
		continue // that it can be read is all
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("asking the database: %w", err)
	}
	return nil
}

// Standing tells how the database stands, by one query that writes nothing and waits for no writer. It is an error for a
// database that was never migrated.
func (db *DB) Standing(ctx context.Context) (Standing, error) {
	provider, err := providerOf(db.Dialect(), db.writePool)
	if err != nil {
		return Standing{}, err
	}
	return standing(ctx, db.readDriver, provider.ListSources())
}

func standing(ctx context.Context, driver dialect.Driver, known []*goose.Source) (_ Standing, err error) {
	var applied []struct {
		Version int64 `sql:"version_id"`
		Applied bool  `sql:"is_applied"`
	}
	query, args := entsql.Dialect(driver.Dialect()).
		Select("version_id", "is_applied").From(entsql.Table(goose.DefaultTablename)).OrderBy("id").Query()
	var rows entsql.Rows
	if err := driver.Query(ctx, query, args, &rows); err != nil {
		return Standing{}, fmt.Errorf("reading the migrations: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := entsql.ScanSlice(&rows, &applied); err != nil {
		return Standing{}, fmt.Errorf("reading the migrations: %w", err)
	}
	has := map[int64]bool{}
	for _, row := range applied { // the last one of a version is what holds
		has[row.Version] = row.Applied
	}
	var s Standing
	delete(has, 0) // goose's own first row
	for _, source := range known {
		if !has[source.Version] {
			s.Pending = append(s.Pending, source.Path)
		}
		delete(has, source.Version)
	}
	for _, row := range applied {
		if has[row.Version] {
			s.Unknown = append(s.Unknown, row.Version)
			delete(has, row.Version)
		}
	}
	return s, nil
}
