package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/mattn/go-sqlite3"

	"github.com/gatehouse/gatehouse/internal/database/sqlitepack"
)

// For a hundred rows, fetching each from SQLite and finding out by reflection where its values go takes more than to write their
// JSON. So those who say beforehand how many columns they scan, into few types, get all rows at once.

type atOnceKey struct{}

// atOnce returns a context whose queries have so many columns, which are scanned into the few types that QueryCatalog tells.
func atOnce(ctx context.Context, columns int) context.Context {
	return context.WithValue(ctx, atOnceKey{}, columns)
}

// columnsAtOnce is how many columns a query has that is read at once; 0: it is not.
func columnsAtOnce(ctx context.Context) int {
	columns, _ := ctx.Value(atOnceKey{}).(int)
	if !sqlitepack.Available || columns > sqlitepack.Most {
		return 0
	}
	return columns
}

// readAtOnce asks on a connection of the pool, and gives it back.
func readAtOnce(ctx context.Context, conn *sql.Conn, query string, columns int, args any, rows *entsql.Rows) error {
	values, ok := args.([]any)
	if !ok {
		return errors.Join(fmt.Errorf("arguments are a %T", args), conn.Close())
	}
	named, err := namedValues(values)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	var packed string
	err = conn.Raw(func(raw any) (err error) {
		packed, err = readPacked(ctx, raw, sqlitepack.Query(query, columns), named)
		return err
	})
	if err := errors.Join(err, conn.Close()); err != nil {
		return err
	}
	rows.ColumnScanner = &sqliteRows{values: sqlitepack.NewReader(packed), columns: columns}
	return nil
}

// readPacked answers the one value that a query has.
func readPacked(ctx context.Context, conn any, query string, args []driver.NamedValue) (packed string, err error) {
	on, ok := conn.(driver.QueryerContext)
	if !ok {
		return "", fmt.Errorf("a connection is a %T", conn)
	}
	found, err := on.QueryContext(ctx, query, args)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	var row [1]driver.Value
	if err := found.Next(row[:]); err != nil {
		return "", err
	}
	switch value := row[0].(type) {
	case nil:
		return "", nil
	case []byte:
		return unsafe.String(unsafe.SliceData(value), len(value)), nil //nolint:gosec // the driver has made it for this row, and nobody else has it to write to
	default:
		return "", fmt.Errorf("packed rows are a %T", value)
	}
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

// sqliteRows are rows that were read, and implement entsql.ColumnScanner.
type sqliteRows struct {
	values  *sqlitepack.Reader
	columns int
	row     []sqlitepack.Value // nil before the first
	err     error
}

// Next implements entsql.ColumnScanner.
func (r *sqliteRows) Next() bool {
	if r.err != nil || !r.values.More() {
		return false
	}
	if r.row == nil {
		r.row = make([]sqlitepack.Value, r.columns)
	}
	for i := range r.row {
		if r.row[i], r.err = r.values.Next(); r.err != nil {
			return false
		}
	}
	return true
}

// Close implements entsql.ColumnScanner. It may be called again.
func (r *sqliteRows) Close() error {
	r.values = sqlitepack.NewReader("")
	return nil
}

// Err implements entsql.ColumnScanner.
func (r *sqliteRows) Err() error { return r.err }

var errNotKept = errors.New("rows that are read at once have values alone")

// Columns implements entsql.ColumnScanner: nobody needs them.
func (r *sqliteRows) Columns() ([]string, error) { return nil, errNotKept }

// ColumnTypes implements entsql.ColumnScanner: nobody needs them.
func (r *sqliteRows) ColumnTypes() ([]*sql.ColumnType, error) { return nil, errNotKept }

// NextResultSet implements entsql.ColumnScanner.
func (r *sqliteRows) NextResultSet() bool { return false }

// Scan implements entsql.ColumnScanner, for the types that QueryCatalog tells.
func (r *sqliteRows) Scan(dest ...any) error {
	if len(dest) != len(r.row) {
		return fmt.Errorf("a row has %d columns, not %d", len(r.row), len(dest))
	}
	for i, into := range dest {
		if err := assign(into, r.row[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// assign stores a value.
func assign(into any, value sqlitepack.Value) (err error) {
	switch into := into.(type) {
	case *int64:
		*into, err = asNumber(value)
	case *string:
		*into, err = asText(value)
	case *int:
		*into, err = asInt(value)
	case *bool:
		*into, err = asBool(value)
	case *time.Time:
		*into, err = asTime(value)
	case **int64:
		*into, err = asPointer(value, asNumber)
	case **string:
		*into, err = asPointer(value, asText)
	case **time.Time:
		*into, err = asPointer(value, asTime)
	case *sql.Null[int64]:
		*into, err = asNull(value, asNumber)
	case *sql.Null[time.Time]:
		*into, err = asNull(value, asTime)
	default:
		return fmt.Errorf("nothing is scanned into a %T here", into)
	}
	return err
}

// asNull is what a value is as a T, or none for NULL.
func asNull[T any](value sqlitepack.Value, as func(sqlitepack.Value) (T, error)) (null sql.Null[T], err error) {
	if value.Kind == sqlitepack.Null {
		return null, nil
	}
	null.V, err = as(value)
	null.Valid = err == nil
	return null, err
}

// asPointer is to what a value is as a T; nil for NULL.
func asPointer[T any](value sqlitepack.Value, as func(sqlitepack.Value) (T, error)) (*T, error) {
	if value.Kind == sqlitepack.Null {
		return nil, nil
	}
	v, err := as(value)
	return &v, err
}

func asNumber(value sqlitepack.Value) (int64, error) {
	if value.Kind != sqlitepack.Integer {
		return 0, fmt.Errorf("a value of kind %d is no whole number", value.Kind)
	}
	return value.Number, nil
}

// asText is a text, or the bytes of a BLOB: nothing else here is stored as one.
func asText(value sqlitepack.Value) (string, error) {
	if value.Kind != sqlitepack.Text && value.Kind != sqlitepack.Blob {
		return "", fmt.Errorf("a value of kind %d is no text", value.Kind)
	}
	return value.Text, nil
}

// asInt is a number, unless an int has not the bits for it.
func asInt(value sqlitepack.Value) (int, error) {
	n, err := asNumber(value)
	if err == nil && int64(int(n)) != n {
		return 0, fmt.Errorf("%d is too large", n)
	}
	return int(n), err
}

// asBool is of a column that SQLite has as a number.
func asBool(value sqlitepack.Value) (bool, error) {
	n, err := asNumber(value)
	if err == nil && n != 0 && n != 1 {
		return false, fmt.Errorf("%d is neither true nor false", n)
	}
	return n == 1, err
}

// longMoment is from which number on the driver takes one for milliseconds, since 1970 as well.
const longMoment = 1e12

// asTime is the point in time that the driver has written as a text. As by the driver, a number is one in Unix time.
func asTime(value sqlitepack.Value) (time.Time, error) {
	if n := value.Number; value.Kind == sqlitepack.Integer {
		if n > longMoment || n < -longMoment {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	text, err := asText(value)
	if err != nil {
		return time.Time{}, err
	}
	text = strings.TrimSuffix(text, "Z")
	for _, layout := range sqlite3.SQLiteTimestampFormats {
		if at, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", text)
}
