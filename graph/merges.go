package graph

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// checkMerges finds fields that would be answered under one name though they are not the same, in a document that is
// otherwise valid: https://spec.graphql.org/draft/#sec-Field-Selection-Merging.
//
// gqlparser's rule for it compares each field with every other of its name, and 2,000 of one name make two million pairs.
// But to be the same is an equivalence: here each is compared with the first. The documents that it refuses are those
// that gqlparser's rule refuses, and besides those that would take too many steps.
func checkMerges(schema *ast.Schema, doc *ast.QueryDocument, l Limits) gqlerror.List {
	m := &merges{
		schema: schema, limits: l, left: comparisonsPerToken * l.Tokens,
		numbers: map[*ast.Field]uint64{}, compared: map[string]bool{},
	}
	for _, operation := range doc.Operations {
		m.selections(nil, []ast.SelectionSet{operation.SelectionSet}, false)
	}
	if m.left < 0 {
		most := comparisonsPerToken * l.Tokens
		return gqlerror.List{exceeded(limitComparisons, most, "To find out whether its fields can be merged, the document takes more than %d steps.")}
	}
	return m.mistakes
}

type merges struct {
	schema   *ast.Schema
	limits   Limits
	left     int // steps that may still be taken; negative: too many were
	numbers  map[*ast.Field]uint64
	compared map[string]bool // groups of fields
	mistakes gqlerror.List
}

// over says that nothing more is to be found out.
func (m *merges) over() bool { return m.left < 0 || len(m.mistakes) >= m.limits.RequestErrors }

// selections compares what is selected by several selection sets of one object. Exclusive are sets of which only one will
// be answered, as their objects are of different types: then only the shape of the answer matters.
func (m *merges) selections(path []string, sets []ast.SelectionSet, exclusive bool) {
	groups := fieldGroups{byName: map[string][]*ast.Field{}, spread: map[string]bool{}}
	for _, set := range sets {
		groups.collect(set, m)
	}
	for _, name := range groups.names {
		if m.over() {
			return
		}
		m.group(append(path[:len(path):len(path)], name), groups.byName[name], exclusive)
	}
}

// fieldGroups are fields by the names under which they are answered.
type fieldGroups struct {
	names  []string // in the order in which they came
	byName map[string][]*ast.Field
	spread map[string]bool // fragments that were looked into
}

func (g *fieldGroups) collect(set ast.SelectionSet, m *merges) {
	for _, selection := range set {
		if m.left--; m.left < 0 {
			return
		}
		switch selection := selection.(type) {
		case *ast.Field:
			name := selection.Alias
			if g.byName[name] == nil {
				g.names = append(g.names, name)
			}
			g.byName[name] = append(g.byName[name], selection)
		case *ast.InlineFragment:
			g.collect(selection.SelectionSet, m)
		case *ast.FragmentSpread:
			if !g.spread[selection.Name] {
				g.spread[selection.Name] = true
				g.collect(selection.Definition.SelectionSet, m)
			}
		}
	}
}

// group compares fields that are answered under one name. What lies below a single one is told without it.
func (m *merges) group(path []string, fields []*ast.Field, exclusive bool) {
	if !m.begin(fields, exclusive) {
		return
	}
	if exclusive {
		if m.sameShapes(path, fields) {
			m.selections(within(path, fields), selectionSets(fields), true)
		}
		return
	}
	parts := byParent(fields)
	if len(parts) > 1 {
		m.group(path, fields, true)
	}
	for _, part := range parts {
		if m.sameFields(path, part) && (len(parts) > 1 || m.sameShapes(path, part)) {
			m.selections(within(path, part), selectionSets(part), false)
		}
	}
}

// begin says whether a group of fields is to be compared: not a second time, and not if there are no steps left. Fragments
// that are spread in many places lead to the same groups again and again.
func (m *merges) begin(fields []*ast.Field, exclusive bool) bool {
	if m.left -= len(fields); m.left < 0 {
		return false
	}
	numbers := make([]uint64, len(fields))
	for i, field := range fields {
		number, known := m.numbers[field]
		if !known {
			number = uint64(len(m.numbers))
			m.numbers[field] = number
		}
		numbers[i] = number
	}
	slices.Sort(numbers)
	key := make([]byte, 1, 1+2*len(numbers))
	if exclusive {
		key[0] = 1
	}
	for _, number := range numbers {
		key = binary.AppendUvarint(key, number)
	}
	if m.compared[string(key)] {
		return false
	}
	m.compared[string(key)] = true
	return true
}

// byParent parts fields into those of which several may be answered for one object: of each type of objects its own, and
// those of interfaces with each of them.
func byParent(fields []*ast.Field) (parts [][]*ast.Field) {
	var parents []string
	for _, field := range fields {
		if parent := field.ObjectDefinition; parent.Kind == ast.Object && !slices.Contains(parents, parent.Name) {
			parents = append(parents, parent.Name)
		}
	}
	if len(parents) < 2 {
		return [][]*ast.Field{fields}
	}
	for _, name := range parents {
		var part []*ast.Field
		for _, field := range fields {
			if field.ObjectDefinition.Kind != ast.Object || field.ObjectDefinition.Name == name {
				part = append(part, field)
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// sameFields says whether all are the same field with the same arguments.
func (m *merges) sameFields(path []string, fields []*ast.Field) bool {
	first := fields[0]
	for _, field := range fields[1:] {
		switch {
		case field.Name != first.Name:
			m.mistake(path, field, fmt.Sprintf("%q and %q are different fields", first.Name, field.Name))
			return false
		case !sameArguments(first.Arguments, field.Arguments):
			m.mistake(path, field, "they have differing arguments")
			return false
		}
	}
	return true
}

// sameShapes says whether all have answers of the same form.
func (m *merges) sameShapes(path []string, fields []*ast.Field) bool {
	first := fields[0].Definition.Type
	for _, field := range fields[1:] {
		if !m.sameShape(first, field.Definition.Type) {
			m.mistake(path, field, fmt.Sprintf(`they return conflicting types "%s" and "%s"`, first, field.Definition.Type))
			return false
		}
	}
	return true
}

func (m *merges) sameShape(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return m.sameShape(a.Elem, b.Elem)
	}
	leaf := m.schema.Types[a.NamedType].IsLeafType() || m.schema.Types[b.NamedType].IsLeafType()
	return !leaf || a.NamedType == b.NamedType
}

// mistake notes a conflict in the words of the reference implementation.
func (m *merges) mistake(path []string, at *ast.Field, reason string) {
	if m.over() {
		return
	}
	for _, name := range slices.Backward(path[1:]) {
		reason = fmt.Sprintf("subfields %q conflict because %s", name, reason)
	}
	mistake := validationFailed(fmt.Sprintf("Fields %q conflict because %s. Use different aliases on the fields to fetch both if this was intentional.", path[0], reason))
	mistake.Locations = []gqlerror.Location{{Line: at.Position.Line, Column: at.Position.Column}}
	m.mistakes = append(m.mistakes, mistake)
}

// within is the path of what lies below fields, as far as it matters.
func within(path []string, fields []*ast.Field) []string {
	if len(fields) == 1 {
		return nil
	}
	return path
}

func selectionSets(fields []*ast.Field) (sets []ast.SelectionSet) {
	for _, field := range fields {
		if len(field.SelectionSet) > 0 {
			sets = append(sets, field.SelectionSet)
		}
	}
	return sets
}

// sameArguments says whether two fields have the same arguments, in whatever order.
func sameArguments(a, b ast.ArgumentList) bool {
	if len(a) != len(b) {
		return false
	}
	for _, argument := range a {
		other := b.ForName(argument.Name)
		if other == nil || !sameValue(argument.Value, other.Value) {
			return false
		}
	}
	return true
}

// sameValue says whether two values are written alike, but for the order of the members of objects.
func sameValue(a, b *ast.Value) bool {
	if a.Kind != b.Kind || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	for i, child := range a.Children {
		other := b.Children[i].Value
		if a.Kind == ast.ObjectValue {
			other = b.Children.ForName(child.Name)
		}
		if other == nil || !sameValue(child.Value, other) {
			return false
		}
	}
	return true
}
