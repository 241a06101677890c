package graph

import (
	"context"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// inputs checks in variables what gqlparser checks in literals only: that a @oneOf input object has exactly
// one member, and not as null, and that an enum's value is spelled as it is, case and all.
type inputs struct{ schema *ast.Schema }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = inputs{}

// ExtensionName names the extension.
func (inputs) ExtensionName() string { return "Inputs" }

// Validate has nothing to check.
func (inputs) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext changes nothing; it is where an operation can be refused before it runs.
func (in inputs) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, variable := range op.Operation.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(variable.Variable)}
		if err := in.check(path, variable.Type, op.Variables[variable.Variable]); err != nil {
			return err
		}
	}
	return nil
}

func (in inputs) check(path ast.Path, of *ast.Type, value any) *gqlerror.Error {
	if of.Elem != nil {
		return in.checkList(path, of.Elem, value)
	}
	definition := in.schema.Types[of.NamedType]
	if definition == nil {
		return nil
	}
	switch value := value.(type) {
	case string:
		if definition.Kind == ast.Enum && definition.EnumValues.ForName(value) == nil {
			return refused(path, fault.BadInput("%s has no such value", definition.Name))
		}
	case map[string]any:
		if definition.Kind == ast.InputObject {
			return in.checkObject(path, definition, value)
		}
	}
	return nil
}

// checkList checks the items of a list, or the single value that stands for a list of one. gqlparser makes
// slices of different types of either.
func (in inputs) checkList(path ast.Path, of *ast.Type, value any) *gqlerror.Error {
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice {
		return in.check(path, of, value)
	}
	for i := range list.Len() {
		if err := in.check(below(path, ast.PathIndex(i)), of, list.Index(i).Interface()); err != nil {
			return err
		}
	}
	return nil
}

func (in inputs) checkObject(path ast.Path, definition *ast.Definition, members map[string]any) *gqlerror.Error {
	if definition.Directives.ForName("oneOf") != nil && !exactlyOne(members) {
		return refused(path, fault.BadInput("exactly one field of %s must be given, and not as null", definition.Name))
	}
	for name, member := range members {
		field := definition.Fields.ForName(name)
		if field == nil {
			continue
		}
		if err := in.check(below(path, ast.PathName(name)), field.Type, member); err != nil {
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

// below is the path one step further, in a slice of its own.
func below(path ast.Path, step ast.PathElement) ast.Path {
	return append(path[:len(path):len(path)], step)
}
