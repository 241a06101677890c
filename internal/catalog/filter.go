package catalog

import (
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
)

const (
	// MaxFilterDepth is how deep and, or and not may be nested.
	MaxFilterDepth = 8
	// MaxFilterList is how many members a list in a filter may have.
	MaxFilterList = 100
	// MaxFilterText is how many characters a text to look for may have.
	MaxFilterText = 200
)

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

// condition is a predicate of any ent type.
type condition = func(*sql.Selector)

// conditions gathers what must hold together, and the first thing that is wrong with the filter.
type conditions struct {
	all []condition
	err error
}

func (c *conditions) add(holds condition) { c.all = append(c.all, holds) }

func (c *conditions) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fault.BadInput(format, args...)
	}
}

// ids holds for rows with one of the ids; a nil list is absent.
func (c *conditions) ids(field string, ids []int64) {
	if ids == nil {
		return
	}
	if len(ids) > MaxFilterList {
		c.fail("`%s` may have at most %d members", field, MaxFilterList)
		return
	}
	c.add(sql.FieldIn("id", ids...))
}

// text holds for rows whose column, or whose folded column where case is ignored, passes the filter. Rows
// without a text pass none, and so all pass the filter's negation.
func (c *conditions) text(field, column, keyColumn string, f *StringFilter) {
	if f == nil {
		return
	}
	c.add(sql.FieldNotNull(column))
	if f.Eq != nil {
		c.add(sql.FieldEQ(column, fold.Canonical(*f.Eq)))
	}
	if f.In != nil {
		if len(f.In) > MaxFilterList {
			c.fail("`%s.in` may have at most %d members", field, MaxFilterList)
			return
		}
		texts := make([]string, len(f.In))
		for i, text := range f.In {
			texts[i] = fold.Canonical(text)
		}
		c.add(sql.FieldIn(column, texts...))
	}
	if f.Contains != nil && c.textFits(field+".contains", *f.Contains) {
		c.add(sql.FieldContains(keyColumn, fold.Text(*f.Contains)))
	}
	if f.StartsWith != nil && c.textFits(field+".startsWith", *f.StartsWith) {
		c.add(sql.FieldHasPrefix(keyColumn, fold.Text(*f.StartsWith)))
	}
}

func (c *conditions) textFits(field, text string) bool {
	if utf8.RuneCountInString(text) > MaxFilterText {
		c.fail("`%s` may have at most %d characters", field, MaxFilterText)
		return false
	}
	return true
}

// amount holds for rows whose column of minor units lies in the range. A bound between two amounts, such
// as 0.005, is compared exactly: nothing is rounded.
func (c *conditions) amount(column string, r *DecimalRange) {
	if r == nil {
		return
	}
	bound := func(d *money.Decimal, whole, between func(string, any) condition) {
		switch {
		case d == nil:
		case d.IsAmount():
			c.add(whole(column, d.Floor()))
		default:
			c.add(between(column, d.Floor()))
		}
	}
	bound(r.Eq, equal, func(string, any) condition { return nothing })
	bound(r.Gte, atLeast, above)
	bound(r.Gt, above, above)
	bound(r.Lte, atMost, atMost)
	bound(r.Lt, below, atMost)
}

func (c *conditions) number(column string, r *IntRange) {
	if r != nil {
		bounded(c, column, equal, r.Eq)
		bounded(c, column, atLeast, r.Gte)
		bounded(c, column, atMost, r.Lte)
		bounded(c, column, above, r.Gt)
		bounded(c, column, below, r.Lt)
	}
}

func (c *conditions) moment(column string, r *DateTimeRange) {
	if r != nil {
		bounded(c, column, atLeast, r.Gte)
		bounded(c, column, atMost, r.Lte)
		bounded(c, column, above, r.Gt)
		bounded(c, column, below, r.Lt)
	}
}

func bounded[V any](c *conditions, column string, holds func(string, any) condition, bound *V) {
	if bound != nil {
		c.add(holds(column, *bound))
	}
}

func equal(column string, v any) condition   { return sql.FieldEQ(column, v) }
func atLeast(column string, v any) condition { return sql.FieldGTE(column, v) }
func atMost(column string, v any) condition  { return sql.FieldLTE(column, v) }
func above(column string, v any) condition   { return sql.FieldGT(column, v) }
func below(column string, v any) condition   { return sql.FieldLT(column, v) }

// combine adds the and, or and not of a filter, whose members are conditions of the same kind one level
// deeper. Nil lists are absent; of empty ones, and holds always and or never.
func combine[W any](c *conditions, depth int, and, or []*W, not *W, predicate func(w *W, depth int) (condition, error)) {
	members := func(field string, list []*W) []condition {
		if len(list) > MaxFilterList {
			c.fail("`%s` may have at most %d members", field, MaxFilterList)
			return nil
		}
		result := make([]condition, 0, len(list))
		for _, w := range list {
			holds, err := predicate(w, depth+1)
			if err != nil {
				c.err = err
				return nil
			}
			result = append(result, holds)
		}
		return result
	}
	if depth == MaxFilterDepth && (and != nil || or != nil || not != nil) {
		c.fail("a filter may be nested at most %d deep", MaxFilterDepth)
		return
	}
	for _, holds := range members("and", and) {
		c.add(holds)
	}
	if or != nil {
		if any := members("or", or); len(any) > 0 {
			c.add(sql.OrPredicates(any...))
		} else {
			c.add(nothing)
		}
	}
	if not != nil {
		for _, holds := range members("not", []*W{not}) {
			c.add(sql.NotPredicates(holds))
		}
	}
}

// result is the conjunction of everything gathered.
func (c *conditions) result() (condition, error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case len(c.all) == 0:
		return everything, nil
	}
	return sql.AndPredicates(c.all...), nil
}

func everything(s *sql.Selector) { s.Where(sql.ExprP("1 = 1")) }
func nothing(s *sql.Selector)    { s.Where(sql.ExprP("1 = 0")) }
