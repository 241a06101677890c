package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// oneOf refuses a variable whose @oneOf input object has not exactly one member, or a null one. gqlparser
// checks literals only.
type oneOf struct{ schema *ast.Schema }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = oneOf{}

// ExtensionName names the extension.
func (oneOf) ExtensionName() string { return "OneOf" }

// Validate has nothing to check.
func (oneOf) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext changes nothing; it is where an operation can be refused before it runs.
func (o oneOf) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, variable := range op.Operation.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(variable.Variable)}
		if err := o.check(path, variable.Type, op.Variables[variable.Variable]); err != nil {
			return err
		}
	}
	return nil
}

func (o oneOf) check(path ast.Path, of *ast.Type, value any) *gqlerror.Error {
	if of.Elem != nil {
		list, isList := value.([]any)
		if !isList { // a single value stands for a list of one
			return o.check(path, of.Elem, value)
		}
		for i, item := range list {
			if err := o.check(append(path[:len(path):len(path)], ast.PathIndex(i)), of.Elem, item); err != nil {
				return err
			}
		}
		return nil
	}
	definition := o.schema.Types[of.NamedType]
	members, isObject := value.(map[string]any)
	if definition == nil || definition.Kind != ast.InputObject || !isObject {
		return nil
	}
	if definition.Directives.ForName("oneOf") != nil && !exactlyOne(members) {
		return refused(path, fault.BadInput("exactly one field of %s must be given, and not as null", definition.Name))
	}
	for name, member := range members {
		field := definition.Fields.ForName(name)
		if field == nil {
			continue
		}
		if err := o.check(append(path[:len(path):len(path)], ast.PathName(name)), field.Type, member); err != nil {
			return err
		}
	}
	return nil
}

func exactlyOne(members map[string]any) bool {
	for _, member := range members {
		return len(members) == 1 && member != nil
	}
	return false
}
