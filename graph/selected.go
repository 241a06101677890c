package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/page"
)

// selected are the fields that the client selected below the one being resolved, so that the domain loads
// what is asked for and nothing else.
func selected(ctx context.Context) page.Fields {
	field := graphql.GetFieldContext(ctx).Field
	return collect(graphql.GetOperationContext(ctx), field.Selections, field.Definition.Type.Name())
}

// selectedOf are the fields selected for one of the types that the field being resolved may answer.
func selectedOf(ctx context.Context, typeName string) page.Fields {
	return collect(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Selections, typeName)
}

// place is where in the client's query the field being resolved stands: its response keys, from the root. In one place
// a field has the same arguments and selections for every row.
func place(ctx context.Context) string {
	var keys []string
	for at := graphql.GetFieldContext(ctx); at != nil; at = at.Parent {
		if at.Index == nil && at.Field.Field != nil {
			keys = append(keys, at.Field.Alias)
		}
	}
	slices.Reverse(keys)
	return strings.Join(keys, ".")
}

func collect(op *graphql.OperationContext, set ast.SelectionSet, typeName string) page.Fields {
	fields := page.Fields{}
	// Node is the only interface there is; validation keeps it away from types that are none.
	for _, f := range graphql.CollectFields(op, set, []string{typeName, "Node"}) {
		below := page.Fields{}
		if f.Definition != nil && len(f.Selections) > 0 { // __typename has no definition
			below = collect(op, f.Selections, f.Definition.Type.Name())
		}
		fields.Add(f.Name, below)
	}
	return fields
}
