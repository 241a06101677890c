package page

// Shape is what a page's statement depends on, but for its arguments. Plans of the same shape, for the same list, have the same
// statement.
type Shape struct {
	order         string
	size, offset  int
	backward      bool
	after, before bool
}

// Rows is how many rows a statement of the shape answers at the most, one more than the page has; 0 for the zero shape, which is of no page.
func (s Shape) Rows() int {
	if s.size == 0 {
		return 0
	}
	return s.size + 1
}

// Shape is the plan's. It is false for a plan whose statement depends on more: on what the database computes for its order,
// or on whether its cursors have nulls.
func (p *Plan[T]) Shape() (Shape, bool) {
	for _, k := range p.order.Keys {
		if k.computed() || k.nullable {
			return Shape{}, false
		}
	}
	return Shape{
		order: p.order.fingerprint(), size: p.size, offset: p.offset, backward: p.backward,
		after: p.after != nil, before: p.before != nil,
	}, true
}

// Arguments are those of what modify adds to a statement, in their order, for a plan that has a shape.
func (p *Plan[T]) Arguments() (args []any) {
	for _, at := range []*position{p.after, p.before} {
		if at == nil {
			continue
		}
		for _, value := range at.values {
			args = append(args, value, value) // see Key.beyond
		}
		args = append(args, at.id)
	}
	if least, ok := p.order.least(); ok && p.after == nil && p.before == nil {
		args = append(args, least)
	}
	return args
}
