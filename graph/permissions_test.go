package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph"
)

// TestGuards asks for every root field of the schema, also for those that are yet to be written, as
// everybody who may ask.
func TestGuards(t *testing.T) {
	a := newAPI(t)
	a.signIn("user")
	a.staff("staff")
	schema := graph.Schema()
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			t.Run(root.Name+"."+field.Name, func(t *testing.T) {
				query := strings.ToLower(root.Name) + " { " + call(schema, field) + " { __typename } }"
				bearers := map[string]string{ // anew each time, as some fields end sessions
					"anonymous": "",
					"forger":    a.obtain("user") + "x",
					"user":      a.obtain("user"),
					"staff":     a.obtain("staff"),
				}
				for who, bearer := range bearers {
					reply := a.ask(query, nil, bearer)
					if strings.Contains(reply, "VALIDATION_FAILED") {
						t.Fatalf("the test cannot ask for this: %s\n%s", query, reply)
					}
					got := "allowed"
					for _, code := range []string{"UNAUTHENTICATED", "FORBIDDEN"} {
						if strings.Contains(reply, `"errors":`) && strings.Contains(reply, `"`+code+`"`) {
							got = code
						}
					}
					if want := verdict(field, who); got != want {
						t.Errorf("%s is %s, want %s: %s", who, got, want, cut(reply))
					}
				}
			})
		}
	}
}

// verdict is what the schema promises.
func verdict(field *ast.FieldDefinition, who string) string {
	admin := field.Directives.ForName("admin") != nil
	guarded := admin || field.Directives.ForName("auth") != nil
	switch {
	case guarded && (who == "anonymous" || who == "forger"):
		return "UNAUTHENTICATED"
	case admin && who == "user":
		return "FORBIDDEN"
	}
	return "allowed"
}

// call is the field with arguments of the right types, as few as there must be.
func call(schema *ast.Schema, field *ast.FieldDefinition) string {
	var arguments []string
	for _, argument := range field.Arguments {
		if argument.Type.NonNull && argument.DefaultValue == nil {
			arguments = append(arguments, argument.Name+": "+literal(schema, argument.Type))
		}
	}
	if len(arguments) == 0 {
		return field.Name
	}
	return fmt.Sprintf("%s(%s)", field.Name, strings.Join(arguments, ", "))
}

func literal(schema *ast.Schema, of *ast.Type) string {
	if of.Elem != nil {
		return "[" + literal(schema, of.Elem) + "]"
	}
	def := schema.Types[of.NamedType]
	switch def.Kind {
	case ast.Enum:
		return def.EnumValues[0].Name
	case ast.InputObject:
		var fields []string
		for i, field := range def.Fields {
			oneOf := def.Directives.ForName("oneOf") != nil && i == 0
			if oneOf || field.Type.NonNull && field.DefaultValue == nil {
				fields = append(fields, field.Name+": "+literal(schema, field.Type))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case ast.Scalar, ast.Object, ast.Interface, ast.Union:
	}
	switch def.Name {
	case "Int", "Decimal":
		return "1"
	case "Boolean":
		return "false"
	case "DateTime":
		return `"2026-01-31T09:30:00Z"`
	}
	return `"1"`
}
