package graph_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql/introspection"
)

// TestIntrospectionByPlans asks for what tools ask for, and for each list that may have what is deprecated in it, and wants the bytes of
// gqlgen's answer.
func TestIntrospectionByPlans(t *testing.T) {
	var byPlan atomic.Int64
	a := newRivals(t, func(compiled bool) {
		if compiled {
			byPlan.Add(1)
		}
	})
	byPlan.Store(0)
	asked := []*document{{text: introspection.Query}}
	for _, list := range []string{
		`__type(name: "Product") { fields(%s) { name isDeprecated deprecationReason } }`,
		`__type(name: "Query") { fields { name args(%s) { name defaultValue type { kind name ofType { kind name } } } } }`,
		`__type(name: "ProductOrder") { inputFields(%s) { name isDeprecated } }`,
		`__type(name: "ProductOrderField") { enumValues(%s) { name isDeprecated deprecationReason } }`,
		`__schema { directives { name isRepeatable locations args(%s) { name } } types { name fields(%[1]s) { name } enumValues(%[1]s) { name } } }`,
	} {
		for _, argument := range []string{"true", "false", "null"} {
			asked = append(asked, &document{text: "{ " + fmt.Sprintf(list, "includeDeprecated: "+argument) + " }"})
		}
		text := "query ($v: Boolean) { " + fmt.Sprintf(list, "includeDeprecated: $v") + " }"
		for _, variables := range []map[string]any{nil, {"v": nil}, {"v": true}, {"v": false}} {
			asked = append(asked, &document{text: text, variables: variables})
		}
	}
	for _, d := range asked {
		want, got := a.answer(a.interpreted, d, ""), a.answer(a.compiled, d, "")
		if want != got || !strings.HasPrefix(got, `{"data":`) {
			t.Errorf("%s\nwith %v\ngqlgen: %.2000s\n  plan: %.2000s", d.text, d.variables, want, got)
		}
	}
	if wrote := int(byPlan.Load()); wrote != len(asked) {
		t.Errorf("plans wrote %d of %d answers", wrote, len(asked))
	}
}
