package graph_test

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// step is one field on a way through the schema, and the object it leads to: of the field's type, or of one of those
// that implement it.
type step struct {
	of    *ast.Definition
	field *ast.FieldDefinition
	to    *ast.Definition
}

// String is the step's name: Query.products, or Query.node:Product.
func (s step) String() string {
	name := s.of.Name + "." + s.field.Name
	if s.field.Type.Name() != s.to.Name {
		name += ":" + s.to.Name
	}
	return name
}

// way is how one comes from Query or Mutation to some type.
type way []step

// String names all its steps.
func (w way) String() string {
	names := make([]string, len(w))
	for i, s := range w {
		names[i] = s.String()
	}
	return strings.Join(names, " ")
}

// takes says whether the way has a step of that name.
func (w way) takes(name string) bool {
	return slices.ContainsFunc(w, func(s step) bool { return s.String() == name })
}

// waysTo are all ways from a root to the type of that name that take no step twice.
func waysTo(schema *ast.Schema, root *ast.Definition, name string) (ways []way) {
	leads := leadingTo(schema, name)
	var walk func(at *ast.Definition, so way)
	walk = func(at *ast.Definition, so way) {
		for _, next := range steps(schema, at) {
			if !leads[next.to.Name] || slices.Contains(so, next) {
				continue
			}
			further := append(so[:len(so):len(so)], next)
			if next.to.Name == name {
				ways = append(ways, further)
			}
			walk(next.to, further)
		}
	}
	walk(root, nil)
	return ways
}

// steps are those that can be taken from an object.
func steps(schema *ast.Schema, from *ast.Definition) (all []step) {
	for _, field := range from.Fields {
		for _, to := range schema.GetPossibleTypes(schema.Types[field.Type.Name()]) {
			all = append(all, step{from, field, to})
		}
	}
	return all
}

// leadingTo are the names of the types from which there is a way to the one of that name, its own included.
func leadingTo(schema *ast.Schema, name string) map[string]bool {
	leads := map[string]bool{name: true}
	for known := 0; known != len(leads); {
		known = len(leads)
		for _, def := range schema.Types {
			if def.Kind == ast.Object && slices.ContainsFunc(steps(schema, def), func(s step) bool { return leads[s.to.Name] }) {
				leads[def.Name] = true
			}
		}
	}
	return leads
}

// subscriptions are all there are, each with the test that shows what it tells whom: these tests cannot ask for what it tells.
var subscriptions = map[string]string{
	"Subscription.productChanged": "TestWhoIsToldOfWhat of internal/catalog, and the conversation product-changed",
}

// untested are the subscriptions that lead to the type of that name, and of which no test is known.
func untested(schema *ast.Schema, name string) (names []string) {
	if schema.Subscription == nil {
		return nil
	}
	leads := leadingTo(schema, name)
	for _, s := range steps(schema, schema.Subscription) {
		if leads[s.to.Name] && subscriptions[s.String()] == "" {
			names = append(names, s.String())
		}
	}
	return names
}

// aside is what can be asked of an object beside the way that goes on from it: its scalars, and those of the objects
// from which no way goes on.
func aside(schema *ast.Schema, of *ast.Definition, leads map[string]bool) string {
	fields := scalars(schema, of)
	for _, s := range steps(schema, of) {
		if s.to.Kind == ast.Object && !leads[s.to.Name] {
			fields = append(fields, call(schema, s.field)+" { "+strings.Join(scalars(schema, s.to), " ")+" }")
		}
	}
	return strings.Join(fields, " ")
}

// scalars are an object's fields that are no objects.
func scalars(schema *ast.Schema, of *ast.Definition) []string {
	fields := []string{"__typename"}
	for _, name := range fieldNames(of) {
		field := of.Fields.ForName(name)
		if kind := schema.Types[field.Type.Name()].Kind; kind == ast.Scalar || kind == ast.Enum {
			fields = append(fields, call(schema, field))
		}
	}
	return fields
}
