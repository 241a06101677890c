package graph

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// Every field that can be asked for is written by plans, but what subscriptions tell.
func TestEveryFieldIsWrittenByPlans(t *testing.T) {
	byGqlgen := map[string]bool{"Subscription": true, "ProductEvent": true}
	schema, types := Schema(), answers(&Resolver{})
	for name, definition := range schema.Types {
		if definition.Kind != ast.Object || byGqlgen[name] {
			continue
		}
		for _, field := range definition.Fields {
			if _, ok := types[name][field.Name]; !ok {
				t.Errorf("%s.%s is missing", name, field.Name)
			}
		}
	}
	for name, fields := range types {
		for field := range fields {
			if definition := schema.Types[name]; definition == nil || definition.Fields.ForName(field) == nil {
				t.Errorf("there is no %s.%s", name, field)
			}
		}
	}
}
