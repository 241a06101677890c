package database

import (
	"context"
	"database/sql"
	"strings"

	"entgo.io/ent/dialect"
)

// PostgreSQL's texts are valid UTF-8 without NUL, and it fails on an argument that is not. SQLite takes anything, and so
// may a client ask for anything, or a program name itself so in its User-Agent. No stored text that clients can ask for
// has a control character but line breaks and tabs, so NUL finds, and sorts, as U+0001 does: nothing is the same, and
// everything that is more is more.

// storable is a text as PostgreSQL takes it.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\x01")
}

// textDriver makes all arguments storable.
type textDriver struct{ dialect.Driver }

// Exec implements dialect.Driver.
func (d textDriver) Exec(ctx context.Context, query string, args, v any) error {
	return d.Driver.Exec(ctx, query, storableArgs(args), v)
}

// Query implements dialect.Driver.
func (d textDriver) Query(ctx context.Context, query string, args, v any) error {
	return d.Driver.Query(ctx, query, storableArgs(args), v)
}

// Tx implements dialect.Driver.
func (d textDriver) Tx(ctx context.Context) (dialect.Tx, error) { return d.BeginTx(ctx, nil) }

// BeginTx begins a transaction with options, for which ent's client looks.
func (d textDriver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	tx, err := d.Driver.(interface {
		BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error)
	}).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return textTx{tx}, nil
}

// textTx makes all arguments storable.
type textTx struct{ dialect.Tx }

// Exec implements dialect.Tx.
func (t textTx) Exec(ctx context.Context, query string, args, v any) error {
	return t.Tx.Exec(ctx, query, storableArgs(args), v)
}

// Query implements dialect.Tx.
func (t textTx) Query(ctx context.Context, query string, args, v any) error {
	return t.Tx.Query(ctx, query, storableArgs(args), v)
}

// ExecContext executes what ent has no words for; its arguments are the caller's own.
func (t textTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.Tx.(interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}).ExecContext(ctx, query, args...)
}

// QueryContext is as ExecContext, with an answer.
func (t textTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.Tx.(interface {
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	}).QueryContext(ctx, query, args...)
}

// storableArgs are the arguments of a statement, the same where there is nothing to change. Ent hands on its own.
func storableArgs(args any) any {
	list, ok := args.([]any)
	if !ok {
		return args
	}
	changed := false
	for i, arg := range list {
		text, ok := arg.(string)
		if !ok {
			continue
		}
		if fit := storable(text); fit != text {
			if !changed {
				list, changed = append([]any(nil), list...), true
			}
			list[i] = fit
		}
	}
	return list
}
