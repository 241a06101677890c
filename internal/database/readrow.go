package database

import (
	"context"
	"errors"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"
)

// ReadRow reads the one row that a statement selects into what the pointers point to, in the order of its columns, and says
// whether there is one. It is for the few statements that are written by hand because every request has them, and takes the
// way of all that is read by Read, and is scanned as by QueryCatalog. The statement holds in both dialects, and has $1, $2
// and so on for the arguments, each once and in that order.
func (db *DB) ReadRow(ctx context.Context, statement string, args []any, into ...any) (found bool, err error) {
	var rows entsql.Rows
	if err := db.readDriver.Query(atOnce(ctx, len(into)), statement, args, &rows); err != nil {
		return false, fmt.Errorf("asking for a row: %w", err)
	}
	defer func() {
		if closed := rows.Close(); closed != nil {
			found, err = false, errors.Join(err, fmt.Errorf("reading a row: %w", closed))
		}
	}()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return false, fmt.Errorf("reading a row: %w", err)
		}
		return false, nil
	}
	if err := rows.Scan(into...); err != nil {
		return false, fmt.Errorf("reading a row: %w", err)
	}
	return true, nil
}
