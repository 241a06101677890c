package graph_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// place is where in the arguments of a root field a scalar or an enum may stand.
type place struct {
	root  *ast.Definition
	field *ast.FieldDefinition
	path  []string // the argument, and the members below it
	of    *ast.Definition
}

// String names the place: productCreate.input.name.
func (p place) String() string { return p.field.Name + "." + strings.Join(p.path, ".") }

// isBelow says whether the place is the one at the path, or in something there.
func (p place) isBelow(path []string) bool {
	return len(path) <= len(p.path) && slices.Equal(path, p.path[:len(path)])
}

// places are all there are in the arguments of the roots' fields; in what an input holds of its own kind there are none.
func places(schema *ast.Schema, roots ...*ast.Definition) (all []place) {
	for _, root := range roots {
		for _, name := range fieldNames(root) {
			field := root.Fields.ForName(name)
			for _, argument := range field.Arguments {
				at := place{root: root, field: field, path: []string{argument.Name}}
				all = append(all, placesIn(schema, at, argument.Type)...)
			}
		}
	}
	return all
}

func placesIn(schema *ast.Schema, at place, of *ast.Type, within ...string) (all []place) {
	at.of = schema.Types[of.Name()]
	if at.of.Kind != ast.InputObject {
		return []place{at}
	}
	if slices.Contains(within, at.of.Name) {
		return nil
	}
	for _, member := range at.of.Fields {
		below := at
		below.path = append(slices.Clone(at.path), member.Name)
		all = append(all, placesIn(schema, below, member.Type, append(within, at.of.Name)...)...)
	}
	return all
}

// filler fills in arguments: with what is usual in a place, and else with as little as there must be.
type filler struct {
	schema *ast.Schema
	usual  map[string]any // by the names of places
}

// question asks for the field of a place, with a value in it, and for whatever that answers.
func (f filler) question(p place, value any) (query string, variables map[string]any) {
	variables = map[string]any{}
	var declared, given []string
	for _, argument := range p.field.Arguments {
		path := []string{argument.Name}
		if p.isBelow(path) || argument.Type.NonNull && argument.DefaultValue == nil {
			variables[argument.Name] = f.fill(p, path, argument.Type, value)
			declared = append(declared, fmt.Sprintf("$%s: %s", argument.Name, argument.Type))
			given = append(given, fmt.Sprintf("%s: $%[1]s", argument.Name))
		}
	}
	var selected []string
	for _, to := range f.schema.GetPossibleTypes(f.schema.Types[p.field.Type.Name()]) {
		selected = append(selected, "... on "+to.Name+" { "+aside(f.schema, to, nil)+" }")
	}
	return fmt.Sprintf("%s (%s) { %s(%s) { %s } }", strings.ToLower(p.root.Name),
		strings.Join(declared, ", "), p.field.Name, strings.Join(given, ", "), strings.Join(selected, " ")), variables
}

func (f filler) fill(p place, path []string, of *ast.Type, value any) any {
	def := f.schema.Types[of.Name()]
	filled, isUsual := f.usual[p.field.Name+"."+strings.Join(path, ".")]
	switch {
	case p.isBelow(path) && len(path) == len(p.path):
		filled = value
	case def.Kind == ast.InputObject:
		filled = f.object(p, path, def, value)
	case !isUsual:
		filled = f.any(def)
	}
	if _, isList := filled.([]any); of.Elem != nil && !isList {
		return []any{filled}
	}
	return filled
}

// any is a value of a scalar or an enum.
func (f filler) any(of *ast.Definition) any {
	if of.Kind == ast.Enum {
		return of.EnumValues[0].Name
	}
	if value, ok := map[string]any{"Int": 1, "Boolean": false, "DateTime": "2026-01-31T09:30:00Z"}[of.Name]; ok {
		return value
	}
	return "1"
}

func (f filler) object(p place, path []string, def *ast.Definition, value any) map[string]any {
	object := map[string]any{}
	isOneOf := def.Directives.ForName("oneOf") != nil
	for i, member := range def.Fields {
		at := append(slices.Clone(path), member.Name)
		_, isUsual := f.usual[p.field.Name+"."+strings.Join(at, ".")]
		isNeeded := isUsual || member.Type.NonNull && member.DefaultValue == nil
		if isOneOf {
			isNeeded = i == 0 && !p.isBelow(path)
		}
		if p.isBelow(at) || isNeeded {
			object[member.Name] = f.fill(p, at, member.Type, value)
		}
	}
	return object
}
