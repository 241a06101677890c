package catalog

import (
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
)

const (
	// MaxFilterDepth is how deep and, or and not may be nested.
	MaxFilterDepth = 8
	// MaxFilterList is how many members a list in a filter may have.
	MaxFilterList = filter.MaxList
	// MaxFilterText is how many characters a text to look for may have.
	MaxFilterText = 200
	// MaxFilterSize is how many conditions a filter may have in all, each member of a list counted: what a
	// database takes in one statement, and has time for, is not endless.
	MaxFilterSize = 1000
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

// condition is a predicate of any ent type.
type condition = filter.Condition

// level is how deep in a filter some conditions stand, and how many more the filter as a whole may have.
type level struct {
	depth int
	left  *int
}

func outermost() level { return level{left: new(MaxFilterSize)} }

func (l level) below() level { return level{depth: l.depth + 1, left: l.left} }

// conditions gathers what must hold together, and the first thing that is wrong with the filter.
type conditions struct {
	level
	all []condition
	err error
}

func (c *conditions) add(holds condition) {
	c.count(1)
	c.all = append(c.all, holds)
}

func (c *conditions) count(n int) {
	if *c.left -= n; *c.left < 0 {
		c.fail("a filter may have at most %d conditions, each member of a list counted", MaxFilterSize)
	}
}

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
	c.count(len(ids))
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
		c.exactly(column, keyColumn, []string{*f.Eq})
	}
	if f.In != nil {
		if len(f.In) > MaxFilterList {
			c.fail("`%s.in` may have at most %d members", field, MaxFilterList)
			return
		}
		c.exactly(column, keyColumn, f.In)
	}
	c.like(field+".contains", keyColumn, f.Contains, sql.FieldContains)
	c.like(field+".startsWith", keyColumn, f.StartsWith, sql.FieldHasPrefix)
}

// exactly holds for rows whose column is one of the texts. So is then their folded column, which has an index.
func (c *conditions) exactly(column, keyColumn string, texts []string) {
	c.count(len(texts))
	canonical, keys := make([]string, len(texts)), make([]string, len(texts))
	for i, text := range texts {
		canonical[i], keys[i] = fold.Canonical(text), fold.Text(text)
	}
	c.add(sql.FieldIn(keyColumn, keys...))
	c.add(sql.FieldIn(column, canonical...))
}

// like holds for rows whose folded column has the text at a place that SQL's LIKE can name.
func (c *conditions) like(field, keyColumn string, text *string, holds func(column, text string) func(*sql.Selector)) {
	switch {
	case text == nil:
	case utf8.RuneCountInString(*text) > MaxFilterText:
		c.fail("`%s` may have at most %d characters", field, MaxFilterText)
	case strings.Contains(*text, "\x00"): // no stored text has one, and SQLite would take it for the pattern's end
		c.add(nothing)
	default:
		c.add(holds(keyColumn, fold.Text(*text)))
	}
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

func (c *conditions) moment(column string, r *filter.DateTimeRange) {
	for _, holds := range r.On(column) {
		c.add(holds)
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
func combine[W any](c *conditions, and, or []*W, not *W, predicate func(w *W, at level) (condition, error)) {
	members := func(field string, list []*W) []condition {
		if len(list) > MaxFilterList {
			c.fail("`%s` may have at most %d members", field, MaxFilterList)
			return nil
		}
		c.count(len(list))
		result := make([]condition, 0, len(list))
		for _, w := range list {
			holds, err := predicate(w, c.below())
			if err != nil {
				c.err = err
				return nil
			}
			result = append(result, holds)
		}
		return result
	}
	if c.depth == MaxFilterDepth && (and != nil || or != nil || not != nil) {
		c.fail("a filter may be nested at most %d deep", MaxFilterDepth)
		return
	}
	c.all = append(c.all, members("and", and)...)
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
func nothing(s *sql.Selector)    { filter.Nothing(s) }
