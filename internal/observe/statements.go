package observe

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// maxStatement is how much is told of a statement, in bytes: one that adds a hundred rows is long.
const maxStatement = 2048

// Driver puts around a driver what makes a span of each statement of a request, with its text and without what is filled
// in. It is nil if nothing is traced.
func (o *Observer) Driver() func(dialect.Driver) dialect.Driver {
	if o.traces == nil {
		return nil
	}
	return func(driver dialect.Driver) dialect.Driver {
		return tracedDriver{Driver: driver, tracedStatements: o.traces.statements(driver, driver.Dialect())}
	}
}

// tracedDriver traces statements outside of transactions, and how long transactions wait to begin.
type tracedDriver struct {
	dialect.Driver
	tracedStatements
}

// Exec implements dialect.Driver.
func (d tracedDriver) Exec(ctx context.Context, query string, args, v any) error {
	return d.tracedStatements.Exec(ctx, query, args, v)
}

// Query implements dialect.Driver.
func (d tracedDriver) Query(ctx context.Context, query string, args, v any) error {
	return d.tracedStatements.Query(ctx, query, args, v)
}

// Tx implements dialect.Driver.
func (d tracedDriver) Tx(ctx context.Context) (tx dialect.Tx, err error) {
	err = d.traced(ctx, "BEGIN", func(ctx context.Context) error {
		tx, err = d.Driver.Tx(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.within(ctx, tx), nil
}

// BeginTx is as Tx, where the driver can do so with options: ent asks for it by this very interface.
func (d tracedDriver) BeginTx(ctx context.Context, options *entsql.TxOptions) (tx dialect.Tx, err error) {
	driver, ok := d.Driver.(interface {
		BeginTx(context.Context, *entsql.TxOptions) (dialect.Tx, error)
	})
	if !ok {
		return nil, errors.New("the driver begins no transactions with options")
	}
	err = d.traced(ctx, "BEGIN", func(ctx context.Context) error {
		tx, err = driver.BeginTx(ctx, options)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.within(ctx, tx), nil
}

func (d tracedDriver) within(ctx context.Context, tx dialect.Tx) dialect.Tx {
	if !recording(ctx) {
		return tx
	}
	within := d.tracedStatements
	within.to = tx
	return tracedTx{Tx: tx, tracedStatements: within, ctx: ctx}
}

// tracedTx traces the statements of a transaction, and its end.
type tracedTx struct {
	dialect.Tx
	tracedStatements
	ctx context.Context // in which it was begun
}

// Exec implements dialect.Tx.
func (t tracedTx) Exec(ctx context.Context, query string, args, v any) error {
	return t.tracedStatements.Exec(ctx, query, args, v)
}

// Query implements dialect.Tx.
func (t tracedTx) Query(ctx context.Context, query string, args, v any) error {
	return t.tracedStatements.Query(ctx, query, args, v)
}

// Commit implements dialect.Tx.
func (t tracedTx) Commit() error {
	return t.traced(t.ctx, "COMMIT", func(context.Context) error { return t.Tx.Commit() })
}

// Rollback implements dialect.Tx.
func (t tracedTx) Rollback() error {
	return t.traced(t.ctx, "ROLLBACK", func(context.Context) error { return t.Tx.Rollback() })
}

// tracedStatements traces what is executed.
type tracedStatements struct {
	to     dialect.ExecQuerier
	tracer trace.Tracer
	system string // of the database, as OpenTelemetry calls it
}

func (t *traces) statements(to dialect.ExecQuerier, of string) tracedStatements {
	system := of
	switch of {
	case dialect.SQLite:
		system = "sqlite"
	case dialect.Postgres:
		system = "postgresql"
	}
	return tracedStatements{to: to, tracer: t.tracer, system: system}
}

// Exec implements dialect.ExecQuerier.
func (s tracedStatements) Exec(ctx context.Context, query string, args, v any) error {
	return s.traced(ctx, query, func(ctx context.Context) error { return s.to.Exec(ctx, query, args, v) })
}

// Query implements dialect.ExecQuerier. The span lasts until the rows are closed: SQLite finds them as they are read.
func (s tracedStatements) Query(ctx context.Context, query string, args, v any) error {
	if !recording(ctx) {
		return s.to.Query(ctx, query, args, v)
	}
	ctx, span := s.begin(ctx, query)
	err := s.to.Query(ctx, query, args, v)
	rows, ok := v.(*entsql.Rows)
	if err != nil || !ok {
		end(span, err)
		return err
	}
	rows.ColumnScanner = tracedRows{rows.ColumnScanner, span}
	return nil
}

// ExecContext is as Exec, where what executes can do so in this form: ent asks for it by this very interface.
func (s tracedStatements) ExecContext(ctx context.Context, query string, args ...any) (result sql.Result, err error) {
	to, ok := s.to.(interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	})
	if !ok {
		return nil, errors.New("the driver executes no statements directly")
	}
	err = s.traced(ctx, query, func(ctx context.Context) error {
		result, err = to.ExecContext(ctx, query, args...)
		return err
	})
	return result, err
}

// traced does something in a span of its own, if it belongs to one that is to be sent.
func (s tracedStatements) traced(ctx context.Context, statement string, do func(context.Context) error) error {
	if !recording(ctx) {
		return do(ctx)
	}
	ctx, span := s.begin(ctx, statement)
	err := do(ctx)
	end(span, err)
	return err
}

func (s tracedStatements) begin(ctx context.Context, statement string) (context.Context, trace.Span) {
	verb, _, _ := strings.Cut(statement, " ")
	return s.tracer.Start(ctx, verb, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", s.system),
		attribute.String("db.operation.name", verb),
		attribute.String("db.query.text", strings.ToValidUTF8(statement[:min(len(statement), maxStatement)], ""))))
}

// end ends a span. An error's text may hold what was filled in, and is not told.
func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// tracedRows ends a span with the rows.
type tracedRows struct {
	entsql.ColumnScanner
	span trace.Span
}

// Close implements entsql.ColumnScanner. It may be called again.
func (r tracedRows) Close() error {
	end(r.span, r.Err())
	return r.ColumnScanner.Close()
}
