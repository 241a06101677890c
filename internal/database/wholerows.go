package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5/stdlib"
)

// wholeConnector makes connections whose queries answer all rows or none: what fails in the middle of an answer has
// told nobody anything, and can be asked elsewhere.
type wholeConnector struct {
	driver.Connector

	// until bounds the context of everything that is waited for.
	until func(context.Context) (context.Context, context.CancelFunc)
}

// Connect implements driver.Connector.
func (c wholeConnector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, end := c.until(ctx)
	defer end()
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	of, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection is a %T", conn), conn.Close())
	}
	return wholeConn{of, c.until}, nil
}

type wholeConn struct {
	*stdlib.Conn

	until func(context.Context) (context.Context, context.CancelFunc)
}

// QueryContext implements driver.QueryerContext.
func (c wholeConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx, end := c.until(ctx)
	defer end()
	rows, err := c.Conn.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	whole := &wholeRows{columns: rows.Columns()}
	for {
		row := make([]driver.Value, len(whole.columns))
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return whole, rows.Close()
		} else if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		for i, value := range row {
			if bytes, ok := value.([]byte); ok { // good until the next row only
				row[i] = slices.Clone(bytes)
			}
		}
		whole.rows = append(whole.rows, row)
	}
}

// wholeRows are rows that have all been read.
type wholeRows struct {
	columns []string
	rows    [][]driver.Value
}

// Columns implements driver.Rows.
func (r *wholeRows) Columns() []string { return r.columns }

// Close implements driver.Rows.
func (r *wholeRows) Close() error { return nil }

// Next implements driver.Rows.
func (r *wholeRows) Next(into []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(into, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}
