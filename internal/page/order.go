package page

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
)

// Order is how a list is sorted. Ties are broken by id, so that no two rows are equal.
type Order[T any] struct {
	List string // names the list in cursors, so that one list's cursor is no good for another
	ID   func(T) int64
	Keys []Key[T]
}

// Direction is which way an order runs.
type Direction string

// The directions.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// Key is one level of an order. Its SQL expression is never null, unless the key says that it may be.
type Key[T any] struct {
	name     string
	desc     bool
	column   string // of which expr is the value; empty for what is computed
	expr     func(*sql.Selector) sql.Querier
	least    any                  // no value is below it; nil where nothing is said of that
	nullable bool                 // nulls sort behind everything else, whichever way the key runs
	value    func(T) (any, error) // what expr is for a row; nil is null
	decode   func(json.RawMessage) (any, error)
}

// Text is a key that is compared byte by byte: a folded text in a column.
func Text[T any](name, column string, value func(T) string) Key[T] {
	return Key[T]{
		name:   name,
		column: column,
		expr:   columnExpr(column),
		least:  "",
		value:  func(row T) (any, error) { return value(row), nil },
		decode: decodeAs[string],
	}
}

// Number is a whole number in a column.
func Number[T any](name, column string, value func(T) int64) Key[T] {
	return Key[T]{
		name:   name,
		column: column,
		expr:   columnExpr(column),
		least:  int64(math.MinInt64),
		value:  func(row T) (any, error) { return value(row), nil },
		decode: decodeAs[int64],
	}
}

// Moment is a time in a column.
func Moment[T any](name, column string, value func(T) time.Time) Key[T] {
	return Key[T]{
		name:   name,
		column: column,
		expr:   columnExpr(column),
		least:  time.Time{},
		value:  func(row T) (any, error) { return value(row).UTC(), nil },
		decode: decodeAs[time.Time],
	}
}

// MomentIfAny is a time in a column that may be null. Rows without one come last, in both directions.
func MomentIfAny[T any](name, column string, value func(T) *time.Time) Key[T] {
	return Key[T]{
		name:     name,
		column:   column,
		expr:     columnExpr(column),
		nullable: true,
		value: func(row T) (any, error) {
			if at := value(row); at != nil {
				return at.UTC(), nil
			}
			return nil, nil
		},
		decode: ifAny(decodeAs[time.Time]),
	}
}

// Computed is a whole number that the database computes for each row, by the same expression whenever it is
// asked for one. Value reads it back from the row by the name it was selected under, as the Value method of
// ent's rows does.
func Computed[T any](name string, expr func(*sql.Selector) sql.Querier, value func(row T, name string) (any, error)) Key[T] {
	return Key[T]{
		name: name,
		expr: expr,
		value: func(row T) (any, error) {
			return numberIn(row, selectedAs(name), value)
		},
		decode: decodeAs[int64],
	}
}

// computed says that expr is selected beside the row, under the key's own name.
func (k Key[T]) computed() bool { return k.column == "" }

// Descending is the same key, the other way round.
func (k Key[T]) Descending() Key[T] { return k.Directed(Descending) }

// Directed is the same key, running that way.
func (k Key[T]) Directed(d Direction) Key[T] {
	k.desc = d == Descending
	return k
}

func (o Order[T]) withoutRepeats() Order[T] {
	seen := make(map[string]bool, len(o.Keys))
	keys := make([]Key[T], 0, len(o.Keys))
	for _, k := range o.Keys {
		if !seen[k.name] {
			keys = append(keys, k)
		}
		seen[k.name] = true
	}
	o.Keys = keys
	return o
}

// fingerprint tells orders apart: "product PRICE- NAME".
func (o Order[T]) fingerprint() string {
	var b strings.Builder
	b.WriteString(o.List)
	for _, k := range o.Keys {
		b.WriteString(" " + k.name)
		if k.desc {
			b.WriteString("-")
		}
	}
	return b.String()
}

// idDesc is the direction of the id: that of the last key, so that an index over key and id serves both ways.
func (o Order[T]) idDesc() bool {
	return len(o.Keys) > 0 && o.Keys[len(o.Keys)-1].desc
}
