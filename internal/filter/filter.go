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

// On are the conditions that the range makes for a column of times in whole milliseconds, one for each bound; none for a
// nil range. A bound between two milliseconds is compared exactly: databases do not agree on what comes after microseconds.
func (r *DateTimeRange) On(column string) (all []Condition) {
	if r == nil {
		return nil
	}
	add := func(bound *time.Time, holds func(string, any) Condition, nearest func(time.Time) time.Time) {
		if bound != nil {
			all = append(all, holds(column, nearest(bound.UTC()))) // as times are stored: SQLite compares them as texts
		}
	}
	add(r.Gte, atLeast, millisecondUp)
	add(r.Lte, atMost, millisecondDown)
	add(r.Gt, above, millisecondDown)
	add(r.Lt, below, millisecondUp)
	return all
}

func millisecondDown(t time.Time) time.Time { return t.Truncate(time.Millisecond) }

func millisecondUp(t time.Time) time.Time {
	if down := millisecondDown(t); down.Before(t) {
		return down.Add(time.Millisecond)
	}
	return t
}

// Everything holds always.
func Everything(s *sql.Selector) { s.Where(sql.ExprP("1 = 1")) }

// Nothing holds never.
func Nothing(s *sql.Selector) { s.Where(sql.ExprP("1 = 0")) }
