package page

import "entgo.io/ent/dialect/sql"

// position is a place in an order: the sort key and id of a row, which need not exist any more.
type position struct {
	values []any // one for each key; nil is null
	id     int64
}

// apply sorts a query, turned round when the page is read from the end of the list.
func (o Order[T]) apply(s *sql.Selector, reverse bool) {
	for _, k := range o.Keys {
		expr := k.expr(s)
		if k.computed() {
			s.AppendSelectExprAs(expr, selectedAs(k.name))
			expr = sql.ExprFunc(func(b *sql.Builder) { b.Ident(selectedAs(k.name)) }) // and not once more
		}
		s.OrderExprFunc(func(b *sql.Builder) { b.Join(expr).WriteString(direction(k.desc != reverse) + k.nulls(reverse)) })
	}
	s.OrderExpr(sql.Expr(s.C("id") + direction(o.idDesc() != reverse)))
}

// begin has a query begin at an end of the index of the first key. With more keys behind it, SQLite would read and sort
// every row, unless something is asked of the first: here, that it is not below the least there can be.
func (o Order[T]) begin(s *sql.Selector) {
	if least, ok := o.least(); ok {
		s.Where(compare(o.Keys[0].expr(s), sql.OpGTE, least))
	}
}

// least is what no value of the first key is below, if that has to be said.
func (o Order[T]) least() (any, bool) {
	if len(o.Keys) < 2 || o.Keys[0].least == nil {
		return nil, false
	}
	return o.Keys[0].least, true
}

// beyond holds for the rows that sort after the position, or before it when reverse is true.
func (o Order[T]) beyond(s *sql.Selector, at *position, reverse bool) *sql.Predicate {
	predicate := compare(sql.Raw(s.C("id")), strictly(o.idDesc() != reverse), at.id)
	for i := len(o.Keys) - 1; i >= 0; i-- {
		predicate = o.Keys[i].beyond(s, at.values[i], reverse, predicate)
	}
	return predicate
}

// beyond holds for the rows whose key is beyond the value, and for those of the rest whose key is the value.
//
// For keys a, b it is `a >= x AND (a <> x OR (b >= y AND (b <> y OR id > z)))`. The first comparison lets an index on a
// find the place, and is the only one that is good for an index: for each side of an OR that is, SQLite would search by
// itself, and then sort all that it found.
//
// A null is equal to nothing in SQL, not even to itself, so it is asked for by IS NULL wherever it lies beyond.
func (k Key[T]) beyond(s *sql.Selector, value any, reverse bool, rest *sql.Predicate) *sql.Predicate {
	expr, descending := k.expr(s), k.desc != reverse
	switch {
	case value == nil && reverse: // everything that is not null lies before the nulls
		return sql.Or(isNull(expr, false), sql.And(isNull(expr, true), rest))
	case value == nil:
		return sql.And(isNull(expr, true), rest)
	}
	found := sql.And(
		compare(expr, orEqual(descending), value),
		sql.Or(compare(expr, sql.OpNEQ, value), rest),
	)
	if k.nullable && !reverse {
		return sql.Or(found, isNull(expr, true))
	}
	return found
}

// nulls says in SQL that nulls come last, and so first when the page is read from the end: databases do not agree
// on where they belong.
func (k Key[T]) nulls(reverse bool) string {
	switch {
	case !k.nullable:
		return ""
	case reverse:
		return " NULLS FIRST"
	}
	return " NULLS LAST"
}

func isNull(expr sql.Querier, null bool) *sql.Predicate {
	test := " IS NOT NULL"
	if null {
		test = " IS NULL"
	}
	return sql.P(func(b *sql.Builder) { b.Join(expr).WriteString(test) })
}

func compare(expr sql.Querier, op sql.Op, value any) *sql.Predicate {
	return sql.P(func(b *sql.Builder) { b.Join(expr).WriteOp(op).Arg(value) })
}

func strictly(descending bool) sql.Op {
	if descending {
		return sql.OpLT
	}
	return sql.OpGT
}

func orEqual(descending bool) sql.Op {
	if descending {
		return sql.OpLTE
	}
	return sql.OpGTE
}

func direction(descending bool) string {
	if descending {
		return " DESC"
	}
	return " ASC"
}

func columnExpr(column string) func(*sql.Selector) sql.Querier {
	return func(s *sql.Selector) sql.Querier { return sql.Raw(s.C(column)) }
}

func selectedAs(key string) string { return "sort_" + key }
