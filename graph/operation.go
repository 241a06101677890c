package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// operationLimits refuse an operation that asks for too much, with the variables that it has, before anything of it runs.
// What depends on the document alone has been checked by then: see structure.
type operationLimits struct {
	limits Limits
	schema *ast.Schema
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = operationLimits{}

// ExtensionName names the extension.
func (operationLimits) ExtensionName() string { return "Limits" }

// Validate has nothing to check.
func (operationLimits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext changes nothing but what is noted of costs, for the client and for transports; it is where an operation can be refused before it runs.
func (o operationLimits) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{o.root(op.Operation.Operation).Name})
	m := &meter{schema: o.schema, variables: op.Variables, fragments: map[fragmentUse]complexity{}}
	total := m.selection(op.Operation.SelectionSet, listSize)
	credentials := credentialFields(fields)
	noteCost(ctx, op, func(c *cost) {
		c.RootFields, c.CredentialMutations, c.Complexity = len(fields), credentials, int(total)
	})
	op.Stats.SetExtension(extension.ComplexityLimit{}.ExtensionName(), // where gqlgen's own limit leaves it
		&extension.ComplexityStats{Complexity: int(total), ComplexityLimit: o.limits.Complexity})
	switch {
	case int64(total) > int64(o.limits.Complexity):
		return exceeded(limitComplexity, o.limits.Complexity, "The operation has a complexity of more than %d.")
	case len(fields) > o.limits.RootFields:
		return exceeded(limitRootFields, o.limits.RootFields, "The operation has more than %d fields at its root.")
	case credentials > o.limits.CredentialMutations:
		return tooManyCredentials(o.limits.CredentialMutations)
	}
	return nil
}

func (o operationLimits) root(operation ast.Operation) *ast.Definition {
	switch operation {
	case ast.Mutation:
		return o.schema.Mutation
	case ast.Subscription:
		return o.schema.Subscription
	case ast.Query:
	}
	return o.schema.Query
}

func credentialFields(fields []graphql.CollectedField) (n int) {
	for _, f := range fields {
		if slices.Contains(credentialMutations, f.Name) {
			n++
		}
	}
	return n
}

// deeper says whether objects and lists are nested more than so many deep in a value. Reading variables takes gqlparser
// time and memory by the square of that.
func deeper(value any, limit int) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, member := range value {
			if limit == 0 || deeper(member, limit-1) {
				return true
			}
		}
	case []any:
		for _, item := range value {
			if limit == 0 || deeper(item, limit-1) {
				return true
			}
		}
	}
	return false
}
