package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	entsql "entgo.io/ent/dialect/sql"
)

// database/sql locks its rows for each of them, twice, and finds out by reflection what a value is and where it goes, column by
// column. For a hundred rows that is more than to write their JSON. So those who say beforehand that they scan into few types
// get the driver's rows.

type scanHereKey struct{}

// scanHere returns a context whose queries are scanned into the few types that QueryCatalog tells.
func scanHere(ctx context.Context) context.Context {
	return context.WithValue(ctx, scanHereKey{}, true)
}

func scannedHere(ctx context.Context) bool { return ctx.Value(scanHereKey{}) != nil }

// sqliteRows are rows of SQLite's driver, and implement entsql.ColumnScanner. They give their connection back to the pool as
// lentRows do.
type sqliteRows struct {
	of     driver.Rows
	conn   *sql.Conn
	row    []driver.Value
	err    error // that ended them
	closed bool
}

// readHere asks on a connection of the pool, which it gives back in any case.
func readHere(ctx context.Context, conn *sql.Conn, query string, args any, rows *entsql.Rows) error {
	values, ok := args.([]any)
	if !ok {
		return errors.Join(fmt.Errorf("arguments are a %T", args), conn.Close())
	}
	var found driver.Rows
	err := conn.Raw(func(raw any) (err error) {
		on, ok := raw.(driver.QueryerContext)
		if !ok {
			return fmt.Errorf("a connection is a %T", raw)
		}
		named, err := namedValues(values)
		if err != nil {
			return err
		}
		found, err = on.QueryContext(ctx, query, named)
		return err
	})
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	rows.ColumnScanner = &sqliteRows{of: found, conn: conn, row: make([]driver.Value, len(found.Columns()))}
	return nil
}

// namedValues are arguments as drivers take them.
func namedValues(values []any) ([]driver.NamedValue, error) {
	named := make([]driver.NamedValue, len(values))
	for i, value := range values {
		value, err := driver.DefaultParameterConverter.ConvertValue(value)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	return named, nil
}

// Next implements entsql.ColumnScanner.
func (r *sqliteRows) Next() bool {
	if r.closed {
		return false
	}
	err := r.of.Next(r.row)
	if err == nil {
		return true
	}
	if !errors.Is(err, io.EOF) {
		r.err = err
	}
	r.err = errors.Join(r.err, r.Close())
	return false
}

// Close implements entsql.ColumnScanner. It may be called again.
func (r *sqliteRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return errors.Join(r.of.Close(), r.conn.Close())
}

// Err implements entsql.ColumnScanner.
func (r *sqliteRows) Err() error { return r.err }

// Columns implements entsql.ColumnScanner.
func (r *sqliteRows) Columns() ([]string, error) { return r.of.Columns(), nil }

// ColumnTypes implements entsql.ColumnScanner: nobody needs them.
func (r *sqliteRows) ColumnTypes() ([]*sql.ColumnType, error) {
	return nil, errors.New("the driver's rows have no types of columns")
}

// NextResultSet implements entsql.ColumnScanner.
func (r *sqliteRows) NextResultSet() bool { return false }

// Scan implements entsql.ColumnScanner, for the types that QueryCatalog tells.
func (r *sqliteRows) Scan(dest ...any) error {
	if len(dest) != len(r.row) {
		return fmt.Errorf("a row has %d columns, not %d", len(r.row), len(dest))
	}
	for i, into := range dest {
		if err := assign(into, r.row[i]); err != nil {
			return fmt.Errorf("column %s: %w", r.of.Columns()[i], err)
		}
	}
	return nil
}

// assign stores a value of the driver's.
func assign(into any, value driver.Value) (err error) {
	if bytes, ok := value.([]byte); ok {
		value = string(bytes) // nothing else here is stored as a BLOB
	}
	switch into := into.(type) {
	case *int64:
		*into, err = as[int64](value)
	case *string:
		*into, err = as[string](value)
	case *int:
		*into, err = asInt(value)
	case *bool:
		*into, err = asBool(value)
	case *time.Time:
		*into, err = as[time.Time](value)
	case **int64:
		*into, err = asPointer[int64](value)
	case **string:
		*into, err = asPointer[string](value)
	case **time.Time:
		*into, err = asPointer[time.Time](value)
	case *sql.Null[int64]:
		*into, err = asNull[int64](value)
	case *sql.Null[time.Time]:
		*into, err = asNull[time.Time](value)
	case sql.Scanner:
		return into.Scan(value)
	default:
		return fmt.Errorf("nothing is scanned into a %T here", into)
	}
	return err
}

// as is a value of that type.
func as[T any](value driver.Value) (T, error) {
	v, ok := value.(T)
	if !ok {
		return v, fmt.Errorf("%T is no %T", value, v)
	}
	return v, nil
}

// asNull is a value of that type, or none.
func asNull[T any](value driver.Value) (null sql.Null[T], err error) {
	if value == nil {
		return null, nil
	}
	null.V, err = as[T](value)
	null.Valid = err == nil
	return null, err
}

// asPointer is to a value of that type; nil for NULL.
func asPointer[T any](value driver.Value) (*T, error) {
	if value == nil {
		return nil, nil
	}
	v, err := as[T](value)
	return &v, err
}

// asInt is a number, unless an int has not the bits for it.
func asInt(value driver.Value) (int, error) {
	n, err := as[int64](value)
	if err == nil && int64(int(n)) != n {
		return 0, fmt.Errorf("%d is too large", n)
	}
	return int(n), err
}

// asBool is of a column that SQLite has as a number.
func asBool(value driver.Value) (bool, error) {
	n, isNumber := value.(int64)
	if !isNumber {
		return as[bool](value)
	}
	if n != 0 && n != 1 {
		return false, fmt.Errorf("%d is neither true nor false", n)
	}
	return n == 1, nil
}
