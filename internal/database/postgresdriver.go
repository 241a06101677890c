package database

import (
	"context"
	"database/sql"
	"errors"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// postgresDriver makes a driver of PostgreSQL behave as SQLite's in what it takes and tells: every argument is a storable
// text, and what fails because a context is over fails with that context's error.
type postgresDriver struct{ *entsql.Driver }

// Exec implements dialect.Driver.
func (d postgresDriver) Exec(ctx context.Context, query string, args, v any) error {
	return because(ctx, d.Driver.Exec(ctx, query, storableArgs(args), v))
}

// Query implements dialect.Driver.
func (d postgresDriver) Query(ctx context.Context, query string, args, v any) error {
	return queryOn(ctx, d.Driver, query, args, v)
}

// Tx implements dialect.Driver.
func (d postgresDriver) Tx(ctx context.Context) (dialect.Tx, error) { return d.BeginTx(ctx, nil) }

// BeginTx begins a transaction with options, for which ent's client looks.
func (d postgresDriver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	tx, err := d.Driver.BeginTx(ctx, opts)
	if err != nil {
		return nil, because(ctx, err)
	}
	return postgresTx{tx.(*entsql.Tx)}, nil
}

// postgresTx is a transaction of a postgresDriver. What ent has no words for it executes with the caller's own arguments.
type postgresTx struct{ *entsql.Tx }

// Exec implements dialect.Tx.
func (t postgresTx) Exec(ctx context.Context, query string, args, v any) error {
	return because(ctx, t.Tx.Exec(ctx, query, storableArgs(args), v))
}

// Query implements dialect.Tx.
func (t postgresTx) Query(ctx context.Context, query string, args, v any) error {
	return queryOn(ctx, t.Tx, query, args, v)
}

// ExecContext executes a statement as database/sql does.
func (t postgresTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	result, err := t.Tx.ExecContext(ctx, query, args...)
	return result, because(ctx, err)
}

func queryOn(ctx context.Context, on dialect.ExecQuerier, query string, args, v any) error {
	if err := on.Query(ctx, query, storableArgs(args), v); err != nil {
		return because(ctx, err)
	}
	if rows, ok := v.(*entsql.Rows); ok {
		rows.ColumnScanner = contextRows{rows.ColumnScanner, ctx}
	}
	return nil
}

// contextRows are rows that are read under a context.
type contextRows struct {
	entsql.ColumnScanner
	ctx context.Context //nolint:containedctx // the rows' own, as within database/sql
}

// Err implements entsql.ColumnScanner.
func (r contextRows) Err() error { return because(r.ctx, r.ColumnScanner.Err()) }

// because is an error that tells that the context was over when it came about. PostgreSQL says only that somebody
// cancelled the statement.
func because(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return errors.Join(ctx.Err(), err)
}
