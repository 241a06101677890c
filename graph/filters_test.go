package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph"
)

// TestFiltersAreLimited nests every filter there is and fills every list in it: filters may be eight deep, and lists have a
// hundred members. What is more is refused.
func TestFiltersAreLimited(t *testing.T) {
	a := newAPI(t)
	root := a.staff("root")
	fill := filler{schema: graph.Schema()}
	ask := func(p place, value any, fits bool) {
		t.Helper()
		query, variables := fill.question(p, value)
		reply := a.ask(query, variables, root)
		if strings.Contains(reply, "BAD_USER_INPUT") == fits || strings.Contains(reply, `"errors"`) == fits {
			t.Errorf("%s of %.100s: %s", p, written(value), cut(reply))
		}
	}
	seen := map[string]bool{}
	for _, name := range fieldNames(fill.schema.Query) {
		field := fill.schema.Query.Fields.ForName(name)
		where := field.Arguments.ForName("where")
		if where == nil {
			continue
		}
		at := place{root: fill.schema.Query, field: field, path: []string{"where"}}
		def := fill.schema.Types[where.Type.Name()]
		for _, member := range def.Fields {
			if fill.schema.Types[member.Type.Name()] == def {
				seen[member.Name] = true
				ask(at, nest(member, 8), true)
				ask(at, nest(member, 9), false)
			}
		}
		for _, list := range listsIn(fill.schema, at, where.Type) {
			seen[list.path[len(list.path)-1]] = true
			var member any = map[string]any{}
			if list.of.Kind != ast.InputObject {
				member = fill.any(list.of)
			}
			ask(list, slices.Repeat([]any{member}, 100), true)
			ask(list, slices.Repeat([]any{member}, 101), false)
		}
	}
	for _, name := range []string{"and", "or", "not", "ids", "in", "kinds"} {
		if !seen[name] {
			t.Errorf("no filter has %s: the test does not see what it should", name)
		}
	}
}

// nest is a filter with a member in itself, so many times.
func nest(member *ast.FieldDefinition, levels int) any {
	var filter any = map[string]any{}
	for range levels {
		if member.Type.Elem != nil {
			filter = []any{filter}
		}
		filter = map[string]any{member.Name: filter}
	}
	return filter
}

// listsIn are all places of lists in a filter, of its own kind as well.
func listsIn(schema *ast.Schema, at place, of *ast.Type, within ...string) (lists []place) {
	at.of = schema.Types[of.Name()]
	if of.Elem != nil {
		lists = append(lists, at)
	}
	if at.of.Kind != ast.InputObject || slices.Contains(within, at.of.Name) {
		return lists
	}
	for _, member := range at.of.Fields {
		below := at
		below.path = append(slices.Clone(at.path), member.Name)
		lists = append(lists, listsIn(schema, below, member.Type, append(within, at.of.Name)...)...)
	}
	return lists
}
