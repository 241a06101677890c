package page

import "entgo.io/ent/dialect/sql"

// position is a place in an order: the sort key and id of a row, which need not exist any more.
type position struct {
	values []any // one for each key
	id     int64
}

// apply sorts a query, turned round when the page is read from the end of the list.
func (o Order[T]) apply(s *sql.Selector, reverse bool) {
	for _, k := range o.Keys {
		expr := k.expr(s)
		if k.computed {
			s.AppendSelectExprAs(sql.Expr(expr), selectedAs(k.name))
		}
		s.OrderExpr(sql.Expr(expr + direction(k.desc != reverse)))
	}
	s.OrderExpr(sql.Expr(s.C("id") + direction(o.idDesc() != reverse)))
}

// beyond holds for the rows that sort after the position, or before it when reverse is true.
//
// For keys a, b it is `a >= x AND (a > x OR (a = x AND (b >= y AND (b > y OR (b = y AND id > z)))))`: the
// first comparison looks redundant, but it is the one that lets an index on a find the place.
func (o Order[T]) beyond(s *sql.Selector, at *position, reverse bool) *sql.Predicate {
	predicate := compare(s.C("id"), strictly(o.idDesc() != reverse), at.id)
	for i := len(o.Keys) - 1; i >= 0; i-- {
		expr, value, descending := o.Keys[i].expr(s), at.values[i], o.Keys[i].desc != reverse
		predicate = sql.And(
			compare(expr, orEqual(descending), value),
			sql.Or(
				compare(expr, strictly(descending), value),
				sql.And(compare(expr, sql.OpEQ, value), predicate),
			),
		)
	}
	return predicate
}

func compare(expr string, op sql.Op, value any) *sql.Predicate {
	return sql.P(func(b *sql.Builder) { b.WriteString(expr).WriteOp(op).Arg(value) })
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

func columnExpr(column string) func(*sql.Selector) string {
	return func(s *sql.Selector) string { return s.C(column) }
}

func selectedAs(key string) string { return "sort_" + key }
