package filter

import (
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
)

const (
	// MaxDepth is how deep and, or and not may be nested.
	MaxDepth = 8
	// MaxText is how many characters a text to look for may have.
	MaxText = 200
	// MaxSize is how many conditions a filter may have in all, each member of a list counted: what a database
	// takes in one statement, and has time for, is not endless.
	MaxSize = 1000
)

// Level is how deep in a filter some conditions stand, and how many more the filter as a whole may have.
type Level struct {
	depth int
	left  *int
}

// Outermost is where a filter begins.
func Outermost() Level { return Level{left: new(MaxSize)} }

func (l Level) below() Level { return Level{depth: l.depth + 1, left: l.left} }

// Conditions gathers what must hold together at one level, and the first thing that is wrong with the filter.
type Conditions struct {
	level Level
	all   []Condition
	err   error
}

// At is where nothing is gathered yet.
func At(level Level) *Conditions { return &Conditions{level: level} }

// Add gathers one more condition.
func (c *Conditions) Add(holds Condition) { c.AddAs(1, holds) }

// AddAs gathers one more condition, which counts as so many.
func (c *Conditions) AddAs(n int, holds Condition) {
	c.count(n)
	c.all = append(c.all, holds)
}

func (c *Conditions) count(n int) {
	if *c.level.left -= n; *c.level.left < 0 {
		c.Fail("a filter may have at most %d conditions, each member of a list counted", MaxSize)
	}
}

// Fail notes what is wrong with the filter: BAD_USER_INPUT, in these words.
func (c *Conditions) Fail(format string, args ...any) {
	if c.err == nil {
		c.err = fault.BadInput(format, args...)
	}
}

// IDs holds for rows with one of the ids; a nil list is absent.
func (c *Conditions) IDs(field string, ids []int64) {
	if ids == nil {
		return
	}
	if len(ids) > MaxList {
		c.Fail("`%s` may have at most %d members", field, MaxList)
		return
	}
	c.count(len(ids))
	c.Add(sql.FieldIn("id", ids...))
}

// Column is a column of texts, with the one in which they are folded.
type Column struct {
	Name string
	Key  string              // indexed, and compared where case is ignored
	Fold func(string) string // makes the key of a text
}

// Text holds for rows whose column, or whose folded column where case is ignored, passes the filter. Rows
// without a text pass none, and so all pass the filter's negation.
func (c *Conditions) Text(field string, column Column, f *StringFilter) {
	if f == nil {
		return
	}
	c.Add(sql.FieldNotNull(column.Name))
	if f.Eq != nil {
		c.exactly(column, []string{*f.Eq})
	}
	if f.In != nil {
		if len(f.In) > MaxList {
			c.Fail("`%s.in` may have at most %d members", field, MaxList)
			return
		}
		c.exactly(column, f.In)
	}
	c.like(field+".contains", column, f.Contains, sql.FieldContains)
	c.like(field+".startsWith", column, f.StartsWith, sql.FieldHasPrefix)
}

// exactly holds for rows whose column is one of the texts. So is then their folded column, which has an index.
func (c *Conditions) exactly(column Column, texts []string) {
	c.count(len(texts))
	canonical, keys := make([]string, len(texts)), make([]string, len(texts))
	for i, text := range texts {
		canonical[i], keys[i] = fold.Canonical(text), column.Fold(text)
	}
	c.Add(sql.FieldIn(column.Key, keys...))
	c.Add(sql.FieldIn(column.Name, canonical...))
}

// like holds for rows whose folded column has the text at a place that SQL's LIKE can name.
func (c *Conditions) like(field string, column Column, text *string, holds func(column, text string) func(*sql.Selector)) {
	switch {
	case text == nil:
	case utf8.RuneCountInString(*text) > MaxText:
		c.Fail("`%s` may have at most %d characters", field, MaxText)
	case strings.Contains(*text, "\x00"): // no stored text has one, and SQLite would take it for the pattern's end
		c.Add(Nothing)
	default:
		c.Add(holds(column.Key, column.Fold(*text)))
	}
}

// Amount holds for rows whose column of minor units lies in the range. A bound between two amounts, such
// as 0.005, is compared exactly: nothing is rounded.
func (c *Conditions) Amount(column string, r *DecimalRange) {
	if r == nil {
		return
	}
	bound := func(d *money.Decimal, whole, between func(string, any) Condition) {
		switch {
		case d == nil:
		case d.IsAmount():
			c.Add(whole(column, d.Floor()))
		default:
			c.Add(between(column, d.Floor()))
		}
	}
	bound(r.Eq, equal, func(string, any) Condition { return Nothing })
	bound(r.Gte, atLeast, above)
	bound(r.Gt, above, above)
	bound(r.Lte, atMost, atMost)
	bound(r.Lt, below, atMost)
}

// Number holds for rows whose column lies in the range.
func (c *Conditions) Number(column string, r *IntRange) {
	if r != nil {
		bounded(c, column, equal, r.Eq)
		bounded(c, column, atLeast, r.Gte)
		bounded(c, column, atMost, r.Lte)
		bounded(c, column, above, r.Gt)
		bounded(c, column, below, r.Lt)
	}
}

// Moment holds for rows whose column lies in the range.
func (c *Conditions) Moment(column string, r *DateTimeRange) {
	for _, holds := range r.On(column) {
		c.Add(holds)
	}
}

func bounded[V any](c *Conditions, column string, holds func(string, any) Condition, bound *V) {
	if bound != nil {
		c.Add(holds(column, *bound))
	}
}

func equal(column string, v any) Condition   { return sql.FieldEQ(column, v) }
func atLeast(column string, v any) Condition { return sql.FieldGTE(column, v) }
func atMost(column string, v any) Condition  { return sql.FieldLTE(column, v) }
func above(column string, v any) Condition   { return sql.FieldGT(column, v) }
func below(column string, v any) Condition   { return sql.FieldLT(column, v) }

// Combine adds the and, or and not of a filter, whose members are filters of the same kind one level deeper.
// Nil lists are absent; of empty ones, and holds always and or never.
func Combine[W any](c *Conditions, and, or []*W, not *W, condition func(w *W, at Level) (Condition, error)) {
	members := func(field string, list []*W) []Condition {
		if len(list) > MaxList {
			c.Fail("`%s` may have at most %d members", field, MaxList)
			return nil
		}
		c.count(len(list))
		result := make([]Condition, 0, len(list))
		for _, w := range list {
			holds, err := condition(w, c.level.below())
			if err != nil {
				c.err = err
				return nil
			}
			result = append(result, holds)
		}
		return result
	}
	if c.level.depth == MaxDepth && (and != nil || or != nil || not != nil) {
		c.Fail("a filter may be nested at most %d deep", MaxDepth)
		return
	}
	c.all = append(c.all, members("and", and)...)
	if or != nil {
		if any := members("or", or); len(any) > 0 {
			c.Add(sql.OrPredicates(any...))
		} else {
			c.Add(Nothing)
		}
	}
	if not != nil {
		for _, holds := range members("not", []*W{not}) {
			c.Add(sql.NotPredicates(holds))
		}
	}
}

// Result is the conjunction of everything gathered, or what is wrong with it: BAD_USER_INPUT.
func (c *Conditions) Result() (Condition, error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case len(c.all) == 0:
		return Everything, nil
	}
	return sql.AndPredicates(c.all...), nil
}
