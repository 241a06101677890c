package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/graph/compiled"
)

// planFor reads a query; its plan is that of the first field, for variables.
func planFor(t *testing.T, text string) (*plans, func(variables map[string]any) *compiled.Plan) {
	t.Helper()
	read, mistakes := newReader(Schema(), Limits{Tokens: 1 << 20, Depth: 100, Aliases: 1 << 20, Directives: 100, RequestErrors: 1}, false).read(text)
	if mistakes != nil {
		t.Fatal(mistakes)
	}
	compiler := &compiled.Compiler{Schema: Schema(), Types: answers(&Resolver{}), TypeOf: nodeType}
	return read.plans, func(variables map[string]any) *compiled.Plan {
		op := &graphql.OperationContext{Doc: read.doc, Operation: read.doc.Operations[0], Variables: variables}
		return read.plans.of(compiler, op, "Query", graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"})[0])
	}
}

// What is kept of a document is bounded, whatever its fields are called and however its fragments spread one another.
func TestPlansAreBounded(t *testing.T) {
	_, plan := planFor(t, `{ categories { nodes { name } } }`)
	if plan(nil) == nil {
		t.Error("there is no plan of what everybody asks for")
	}

	long := strings.Repeat("x", 10_000)
	fields := ""
	for i := range 10 {
		fields += fmt.Sprintf(" %s%d: name", long, i)
	}
	if _, plan := planFor(t, `{ categories { nodes {`+fields+` } } }`); plan(nil) != nil {
		t.Error("there is a plan with names of 100,000 bytes")
	}

	spreading := `{ categories { nodes { ...F0 } } }`
	for i := range 8 {
		spreading += fmt.Sprintf(` fragment F%d on Category { parent { ...F%[2]d } children { ...F%[2]d } ancestors { ...F%[2]d } }`, i, i+1)
	}
	if _, plan := planFor(t, spreading+` fragment F8 on Category { name }`); plan(nil) != nil {
		t.Error("there is a plan of 3^8 fields")
	}

	conditions, selected := "", ""
	for i := range 12 {
		conditions += fmt.Sprintf(" $c%d: Boolean!", i)
		selected += fmt.Sprintf(" f%d: name @include(if: $c%[1]d)", i)
	}
	kept, plan := planFor(t, `query (`+conditions+`) { categories { nodes { id`+selected+` } } }`)
	for i := range 1 << 12 {
		variables := map[string]any{}
		for bit := range 12 {
			variables[fmt.Sprintf("c%d", bit)] = i&(1<<bit) != 0
		}
		plan(variables)
	}
	if n := len(kept.made); n == 0 || n > 500 || kept.left < 0 {
		t.Errorf("%d plans are kept, and there is room for %d steps", n, kept.left)
	}
}

// A condition that is null is another than one that is false, and nothing is known of it.
func TestConditionsThatAreNull(t *testing.T) {
	_, plan := planFor(t, `query ($c: Boolean = true) { categories { nodes { id name @include(if: $c) } } }`)
	if plan(map[string]any{"c": false}) == nil {
		t.Fatal("there is no plan")
	}
	if plan(map[string]any{"c": nil}) != nil {
		t.Error("there is a plan for null")
	}
}
