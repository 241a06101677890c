package database

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
)

// editing is the driver of who writes. It has another edition begin with each commit of what changes the catalogue, in
// whatever way that is written.
type editing struct {
	dialect.Driver
	editions *Editions
}

// changesCatalog says whether a statement may change the catalogue. One too many costs only what is kept.
func changesCatalog(statement string) bool {
	return !strings.HasPrefix(statement, "SELECT ") &&
		(strings.Contains(statement, product.Table) || strings.Contains(statement, category.Table))
}

// Exec implements dialect.Driver.
func (d editing) Exec(ctx context.Context, query string, args, v any) error {
	defer d.executed(query)
	return d.Driver.Exec(ctx, query, args, v)
}

// Query implements dialect.Driver.
func (d editing) Query(ctx context.Context, query string, args, v any) error {
	defer d.executed(query)
	return d.Driver.Query(ctx, query, args, v)
}

func (d editing) executed(statement string) {
	if changesCatalog(statement) {
		d.editions.Next()
	}
}

// Tx implements dialect.Driver.
func (d editing) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := d.Driver.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return &editingTx{Tx: tx, editions: d.editions}, nil
}

// BeginTx is as Tx, where the driver can do so with options: ent asks for it by this very interface.
func (d editing) BeginTx(ctx context.Context, options *sql.TxOptions) (dialect.Tx, error) {
	driver, ok := d.Driver.(interface {
		BeginTx(context.Context, *entsql.TxOptions) (dialect.Tx, error)
	})
	if !ok {
		return nil, errors.New("the driver begins no transactions with options")
	}
	tx, err := driver.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	return &editingTx{Tx: tx, editions: d.editions}, nil
}

// editingTx is a transaction of such a driver.
type editingTx struct {
	dialect.Tx
	editions *Editions
	changed  bool
}

// Exec implements dialect.Tx.
func (t *editingTx) Exec(ctx context.Context, query string, args, v any) error {
	t.note(query)
	return t.Tx.Exec(ctx, query, args, v)
}

// Query implements dialect.Tx.
func (t *editingTx) Query(ctx context.Context, query string, args, v any) error {
	t.note(query)
	return t.Tx.Query(ctx, query, args, v)
}

// ExecContext executes a statement as database/sql does: ent asks for it by this very interface.
func (t *editingTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	tx, ok := t.Tx.(interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	})
	if !ok {
		return nil, errors.New("the transaction executes no statements directly")
	}
	t.note(query)
	return tx.ExecContext(ctx, query, args...)
}

// QueryContext is as ExecContext, for statements that tell rows.
func (t *editingTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	tx, ok := t.Tx.(interface {
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	})
	if !ok {
		return nil, errors.New("the transaction asks nothing directly")
	}
	t.note(query)
	return tx.QueryContext(ctx, query, args...)
}

func (t *editingTx) note(statement string) { t.changed = t.changed || changesCatalog(statement) }

// Commit implements dialect.Tx. When it fails, or panics, it may have been done all the same.
func (t *editingTx) Commit() error {
	if t.changed {
		defer t.editions.Next()
	}
	return t.Tx.Commit()
}
