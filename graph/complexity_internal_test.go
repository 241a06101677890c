package graph

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// An argument is what gqlparser has it for, however it is given or left out.
func TestArgument(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { list(first: Int, size: Int = 7, ids: [ID!], input: [In!]): Int } input In { a: Int b: Int = 2 }`})
	variable := regexp.MustCompile(`\$(\w+)`)
	types := map[string]string{"n": "Int", "absent": "Int", "given": "Int = 4", "unset": "Int = 4", "id": "ID!", "ids": "[ID!]", "rows": "[In!]"}
	for _, arguments := range []string{
		``, `(first: 3)`, `(first: null)`, `(first: $n)`, `(first: $absent)`, `(first: $given)`, `(size: $unset)`, `(size: 9)`, `(size: null)`, `(size: $n)`, `(size: $absent)`,
		`(ids: ["1", "2"])`, `(ids: "1")`, `(ids: [$id])`, `(ids: $ids)`, `(ids: [])`, `(input: [{a: 1}, {b: null}])`, `(input: {a: $n})`, `(input: $rows)`,
	} {
		variables := ""
		for _, used := range variable.FindAllStringSubmatch(arguments, -1) {
			variables = "(" + used[0] + ": " + types[used[1]] + ")"
		}
		document, err := gqlparser.LoadQueryWithRules(schema, "query "+variables+"{ list"+arguments+" }", nil)
		if err != nil {
			t.Fatalf("%s: %v", arguments, err)
		}
		field, _ := document.Operations[0].SelectionSet[0].(*ast.Field)
		m := &meter{variables: map[string]any{"n": nil, "given": int64(4), "id": "x", "ids": []any{"1"}, "rows": []any{map[string]any{"a": int64(1)}}}}
		all := field.ArgumentMap(m.variables)
		for _, name := range []string{"first", "size", "ids", "input", "other"} {
			if got := m.argument(field, name); !reflect.DeepEqual(got, all[name]) {
				t.Errorf("%s of list%s is %v, want %v", name, arguments, got, all[name])
			}
		}
	}
}
