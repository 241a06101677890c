package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/graph/compiled"
	"github.com/gatehouse/gatehouse/internal/page"
)

// selected are the fields that the client selected below the one being resolved, so that the domain loads
// what is asked for and nothing else.
func selected(ctx context.Context) page.Fields {
	return selectedOf(ctx, graphql.GetFieldContext(ctx).Field.Definition.Type.Name())
}

// selectedOf are the fields selected for one of the types that the field being resolved may answer.
func selectedOf(ctx context.Context, typeName string) page.Fields {
	field := graphql.GetFieldContext(ctx).Field
	if known, ok := selectedByPlan(ctx, field.Field, typeName); ok {
		return known
	}
	return compiled.Collect(Schema(), graphql.GetOperationContext(ctx), field.Selections, typeName)
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
