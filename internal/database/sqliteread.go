package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/mattn/go-sqlite3"
)

// database/sql starts a goroutine for each query whose context may end, which waits for that. SQLite's driver sees to it by
// itself, and without one; a goroutine takes longer than many a query. So the reads of SQLite are shown to database/sql as if
// they had no end.

// unwatched is a context that seems to have no end.
type unwatched struct{ context.Context }

// Deadline implements context.Context.
func (unwatched) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Done implements context.Context.
func (unwatched) Done() <-chan struct{} { return nil }

// Err implements context.Context.
func (unwatched) Err() error { return nil }

// sqliteReads is the driver of the pool that reads.
type sqliteReads struct {
	*entsql.Driver

	pool *sql.DB // of sqliteReaders
}

// Query implements dialect.Driver. A connection is waited for until the context ends, and so is each row.
func (d sqliteReads) Query(ctx context.Context, query string, args, v any) error {
	rows, ok := v.(*entsql.Rows)
	if !ok {
		return d.Driver.Query(ctx, query, args, v) // which says what is wrong
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return err
	}
	if columns := columnsAtOnce(ctx); columns > 0 {
		return readAtOnce(ctx, conn, query, columns, args, rows)
	}
	if err := (entsql.Conn{ExecQuerier: conn}).Query(unwatched{ctx}, query, args, rows); err != nil { //nolint:contextcheck // it has the context in it
		return errors.Join(err, conn.Close())
	}
	rows.ColumnScanner = lentRows{rows.ColumnScanner, conn}
	return nil
}

// lentRows give their connection back to the pool with them.
type lentRows struct {
	entsql.ColumnScanner

	conn *sql.Conn
}

// Next implements entsql.ColumnScanner. Behind the last row they are closed by database/sql, and so they are given back then,
// too: not every caller closes what it has read to its end.
func (r lentRows) Next() bool {
	if r.ColumnScanner.Next() {
		return true
	}
	_ = r.conn.Close() // which tells whoever closes it again
	return false
}

// Close implements entsql.ColumnScanner. It may be called again.
func (r lentRows) Close() error {
	err := r.ColumnScanner.Close()
	if given := r.conn.Close(); !errors.Is(given, sql.ErrConnDone) {
		err = errors.Join(err, given)
	}
	return err
}

// sqliteReaders makes connections whose queries end with the context that unwatched hides.
type sqliteReaders struct{ dsn string }

// Driver implements driver.Connector.
func (sqliteReaders) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

// Connect implements driver.Connector.
func (r sqliteReaders) Connect(context.Context) (driver.Conn, error) {
	conn, err := r.Driver().Open(r.dsn)
	if err != nil {
		return nil, err
	}
	of, ok := conn.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection is a %T", conn), conn.Close())
	}
	return sqliteReader{of}, nil
}

type sqliteReader struct{ *sqlite3.SQLiteConn }

// QueryContext implements driver.QueryerContext.
func (c sqliteReader) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) { //nolint:contextcheck // it goes on with the context that is in its own
	if of, ok := ctx.(unwatched); ok {
		ctx = of.Context
	}
	return c.SQLiteConn.QueryContext(ctx, query, args)
}

var _ dialect.Driver = sqliteReads{}
