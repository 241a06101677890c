package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/kept"
)

// How much is kept of counts, of which one takes about 300 bytes, most of them the statement's.
const (
	keptCounts     = 10_000
	keptCountBytes = 4 << 20
)

type countsKey struct{}

// WithKeptCounts returns a context in which DB.Catalog answers a query whose rows are whole numbers alone, such as a COUNT(*),
// by what the same statement with the same arguments answered before, if the catalogue is still of the same edition. What it
// asks has to depend on nothing else.
func WithKeptCounts(ctx context.Context) context.Context {
	return context.WithValue(ctx, countsKey{}, true)
}

// counting is a driver that keeps counts for those who ask for that.
type counting struct {
	dialect.Driver
	store *kept.Store[counted]
}

func newCounting(driver dialect.Driver, editions *Editions) counting {
	return counting{driver, kept.New[counted](keptCounts, keptCountBytes, editions.Now)}
}

// counted is an answer, or why there is none.
type counted struct {
	columns []string
	rows    [][]int64
	err     error
}

// Query implements dialect.Driver.
func (d counting) Query(ctx context.Context, query string, args, v any) error {
	rows, wanted := v.(*entsql.Rows)
	if !wanted || ctx.Value(countsKey{}) == nil {
		return d.Driver.Query(ctx, query, args, v)
	}
	key, ok := statementKey(query, args)
	if !ok {
		return d.Driver.Query(ctx, query, args, v)
	}
	answer, err := d.store.Find(ctx, key, func(ctx context.Context) kept.Found[counted] {
		answer := d.count(ctx, query, args)
		return kept.Found[counted]{Value: answer, Bytes: answer.size(), Keep: answer.err == nil}
	})
	if err = errors.Join(err, answer.err); err != nil {
		return err
	}
	rows.ColumnScanner = &countedRows{answer: answer}
	return nil
}

// statementKey is a text that no other statement with other arguments has. There is none for arguments that it cannot tell
// apart.
func statementKey(query string, args any) (key string, ok bool) {
	values, ok := args.([]any)
	if !ok {
		return "", false
	}
	text := make([]byte, 0, len(query)+16*len(values)+16)
	text = append(binary.AppendUvarint(text, uint64(len(query))), query...)
	for _, value := range values {
		if text, ok = appendValue(text, value); !ok {
			return "", false
		}
	}
	return string(text), true
}

// appendValue appends a value with its type, so that it cannot be taken for another, nor run into the next.
func appendValue(text []byte, value any) (_ []byte, ok bool) {
	number := func(kind byte, n int64) []byte { return binary.AppendVarint(append(text, kind), n) }
	switch v := value.(type) {
	case nil:
		return append(text, '0'), true
	case string:
		return append(binary.AppendUvarint(append(text, 's'), uint64(len(v))), v...), true
	case int64:
		return number('i', v), true
	case int:
		return number('i', int64(v)), true
	case bool:
		if v {
			return append(text, 't'), true
		}
		return append(text, 'f'), true
	case time.Time: // as both databases store times: of no zone, to the microsecond at the most
		return number('z', v.UnixNano()), v.Year() > 1700 && v.Year() < 2200 // of which nanoseconds are an int64
	case driver.Valuer:
		stored, err := v.Value()
		if _, again := stored.(driver.Valuer); err != nil || again {
			return nil, false
		}
		return appendValue(text, stored)
	}
	if v := reflect.ValueOf(value); v.CanInt() { // such as an amount of money
		return number('i', v.Int()), true
	}
	return nil, false
}

// count asks the database.
func (d counting) count(ctx context.Context, query string, args any) (c counted) {
	var rows entsql.Rows
	// Not at once: rows that are have no names of columns, which are kept, too.
	if c.err = d.Driver.Query(atOnce(ctx, 0), query, args, &rows); c.err != nil {
		return c
	}
	defer func() { c.err = errors.Join(c.err, rows.Err(), rows.Close()) }()
	if c.columns, c.err = rows.Columns(); c.err != nil {
		return c
	}
	for rows.Next() {
		row := make([]int64, len(c.columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if c.err = rows.Scan(into...); c.err != nil {
			return c
		}
		c.rows = append(c.rows, row)
	}
	return c
}

// size is how many bytes an answer takes.
func (c counted) size() int {
	bytes := 0
	for _, column := range c.columns {
		bytes += 16 + len(column)
	}
	return bytes + len(c.rows)*(24+8*len(c.columns))
}

// countedRows are the rows of an answer, once more.
type countedRows struct {
	answer counted
	next   int
}

// Next implements entsql.ColumnScanner.
func (r *countedRows) Next() bool {
	r.next++
	return r.next <= len(r.answer.rows)
}

// Scan implements entsql.ColumnScanner, into whole numbers.
func (r *countedRows) Scan(dest ...any) error {
	row := r.answer.rows[r.next-1]
	if len(dest) != len(row) {
		return fmt.Errorf("a count has %d columns, not %d", len(row), len(dest))
	}
	for i, into := range dest {
		switch into := into.(type) {
		case *int:
			*into = int(row[i])
		case *int64:
			*into = row[i]
		case **int: // of a column that might be null, as ent sees it
			*into = new(int(row[i]))
		case **int64:
			*into = new(row[i])
		default:
			return fmt.Errorf("a count is no %T", into)
		}
	}
	return nil
}

// Columns implements entsql.ColumnScanner.
func (r *countedRows) Columns() ([]string, error) { return r.answer.columns, nil }

// ColumnTypes implements entsql.ColumnScanner: nobody needs them.
func (r *countedRows) ColumnTypes() ([]*sql.ColumnType, error) {
	return nil, errors.New("kept counts have no types of columns")
}

// NextResultSet implements entsql.ColumnScanner.
func (r *countedRows) NextResultSet() bool { return false }

// Err implements entsql.ColumnScanner.
func (r *countedRows) Err() error { return nil }

// Close implements entsql.ColumnScanner.
func (r *countedRows) Close() error { return nil }
