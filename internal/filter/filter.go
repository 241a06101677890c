// Package filter has the conditions by which lists of different packages are filtered alike.
package filter

import (
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/money"
)

// MaxList is how many members a list in a filter may have.
const MaxList = 100

// Condition is a predicate of any ent type.
type Condition = func(*sql.Selector)

// StringFilter holds for a text when all that is set does.
type StringFilter struct {
	Eq         *string  // exactly
	In         []string // exactly one of; nil is absent, empty holds for nothing
	Contains   *string  // case ignored
	StartsWith *string  // case ignored
}

// DecimalRange holds for an amount within all the bounds that are set.
type DecimalRange struct{ Eq, Gte, Lte, Gt, Lt *money.Decimal }

// IntRange holds for a number within all the bounds that are set.
type IntRange struct{ Eq, Gte, Lte, Gt, Lt *int }

// DateTimeRange holds for a moment within all the bounds that are set.
type DateTimeRange struct{ Gte, Lte, Gt, Lt *time.Time }

// On are the conditions that the range makes for a column, one for each bound; none for a nil range.
func (r *DateTimeRange) On(column string) (all []Condition) {
	if r == nil {
		return nil
	}
	add := func(bound *time.Time, holds func(string, any) Condition) {
		if bound != nil {
			all = append(all, holds(column, bound.UTC())) // as times are stored: SQLite compares them as texts
		}
	}
	add(r.Gte, func(c string, v any) Condition { return sql.FieldGTE(c, v) })
	add(r.Lte, func(c string, v any) Condition { return sql.FieldLTE(c, v) })
	add(r.Gt, func(c string, v any) Condition { return sql.FieldGT(c, v) })
	add(r.Lt, func(c string, v any) Condition { return sql.FieldLT(c, v) })
	return all
}

// Everything holds always.
func Everything(s *sql.Selector) { s.Where(sql.ExprP("1 = 1")) }

// Nothing holds never.
func Nothing(s *sql.Selector) { s.Where(sql.ExprP("1 = 0")) }
