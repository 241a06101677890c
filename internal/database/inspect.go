package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
)

// Report is what Inspect finds in a copy of a database.
type Report struct {
	// Problems are why it is not whole; there are none in one that is.
	Problems []string
	Standing Standing
	// How many rows there are.
	Users, Sessions, Categories, Products int
}

// maxProblems is how many damages of one kind are told.
const maxProblems = 10

// Inspect reads all of an SQLite database in a file and tells whether it is whole, by SQLite's own checks, and whether this
// program can serve it: migrations that are pending are no problem, since it can apply them. The file is only read, and
// nothing is made beside it. The error says that it cannot be read as a database at all.
func Inspect(ctx context.Context, file string) (_ *Report, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", file)
	}
	pool, err := sql.Open("sqlite3", copyDSN(file))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	report := new(Report)
	for _, inspect := range []func(context.Context, *sql.DB) error{report.checkIntegrity, report.checkReferences, report.checkMigrations, report.count} {
		if err := inspect(ctx, pool); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
	}
	return report, nil
}

// copyDSN is the URI by which a copy is read: as one that nobody writes to, so that nothing is made beside it, unless a log
// lies there that belongs to it.
func copyDSN(file string) string {
	params := url.Values{"mode": {"ro"}, "_busy_timeout": {milliseconds(busyTimeout)}}
	if info, err := os.Stat(file + "-wal"); err != nil || info.Size() == 0 {
		params.Set("immutable", "1")
	}
	return dsn(file, params)
}

func (r *Report) checkIntegrity(ctx context.Context, pool *sql.DB) error {
	var found []string
	if err := rowsOf(ctx, pool, fmt.Sprintf("PRAGMA integrity_check(%d)", maxProblems), func(rows *sql.Rows) error {
		var text string
		defer func() { found = append(found, text) }()
		return rows.Scan(&text)
	}); err != nil {
		return err
	}
	if len(found) == 1 && found[0] == "ok" {
		return nil
	}
	r.Problems = append(r.Problems, found...)
	return nil
}

func (r *Report) checkReferences(ctx context.Context, pool *sql.DB) error {
	const broken = "SELECT \"table\", parent, COUNT(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2"
	return rowsOf(ctx, pool, broken, func(rows *sql.Rows) error {
		var table, parent string
		var count int
		if err := rows.Scan(&table, &parent, &count); err != nil {
			return err
		}
		r.Problems = append(r.Problems, fmt.Sprintf("%d rows of %s refer to rows of %s that are not there", count, table, parent))
		return nil
	})
}

func (r *Report) checkMigrations(ctx context.Context, pool *sql.DB) error {
	provider, err := providerOf(dialect.SQLite, pool)
	if err != nil {
		return err
	}
	if r.Standing, err = standing(ctx, entsql.OpenDB(dialect.SQLite, pool), provider.ListSources()); err != nil {
		return err
	}
	if err := r.Standing.Err(); errors.Is(err, ErrNewer) {
		r.Problems = append(r.Problems, err.Error())
	}
	return nil
}

func (r *Report) count(ctx context.Context, pool *sql.DB) error {
	for table, count := range map[string]*int{
		user.Table: &r.Users, session.Table: &r.Sessions, category.Table: &r.Categories, product.Table: &r.Products,
	} {
		query, args := entsql.Dialect(dialect.SQLite).Select("COUNT(*)").From(entsql.Table(table)).Query()
		if err := pool.QueryRowContext(ctx, query, args...).Scan(count); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf has each row of a query scanned.
func rowsOf(ctx context.Context, pool *sql.DB, query string, scan func(*sql.Rows) error) (err error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
