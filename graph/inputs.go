package graph

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// inputs checks the variables of a request against their types, before gqlparser does, which takes them more lightly than
// anybody should: a string that looks like a number for an Int, an enum's value in any case, any number for an ID,
// __typename in every input object, and of @oneOf it knows nothing. What is within the range of a scalar is for the scalar
// to say.
type inputs struct{ schema *ast.Schema }

// check finds the first variable that is not of its type. Those that are absent have their default, which is valid.
func (in inputs) check(operation *ast.OperationDefinition, variables map[string]any) *gqlerror.Error {
	for _, variable := range operation.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(variable.Variable)}
		value, given := variables[variable.Variable]
		switch {
		case given:
			if err := in.value(path, variable.Type, value); err != nil {
				return err
			}
		case variable.Type.NonNull && variable.DefaultValue == nil:
			return invalid(path, "must be defined")
		}
	}
	return nil
}

// checkConditions finds the first of the variables that @skip and @include name that is null. One with a default may be declared as if it
// could be (https://spec.graphql.org/draft/#sec-All-Variable-Usages-Are-Allowed), and gqlgen would panic.
func checkConditions(operation *ast.OperationDefinition, names []string, variables map[string]any) *gqlerror.Error {
	for _, name := range names {
		value, given := variables[name]
		if given && value == nil && operation.VariableDefinitions.ForName(name) != nil {
			return invalid(ast.Path{ast.PathName("variable"), ast.PathName(name)}, "cannot be null")
		}
	}
	return nil
}

func (in inputs) value(path ast.Path, of *ast.Type, value any) *gqlerror.Error {
	switch {
	case value == nil && of.NonNull:
		return invalid(path, "cannot be null")
	case value == nil:
		return nil
	case of.Elem != nil:
		return in.list(path, of.Elem, value)
	}
	definition := in.schema.Types[of.NamedType]
	switch definition.Kind {
	case ast.InputObject:
		return in.object(path, definition, value)
	case ast.Enum:
		return enumValue(path, definition, value)
	default:
		return scalarValue(path, definition, value)
	}
}

// list checks the items of a list, or the single value that stands for a list of one.
func (in inputs) list(path ast.Path, of *ast.Type, value any) *gqlerror.Error {
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	for i, item := range items {
		if err := in.value(below(path, ast.PathIndex(i)), of, item); err != nil {
			return err
		}
	}
	return nil
}

func (in inputs) object(path ast.Path, definition *ast.Definition, value any) *gqlerror.Error {
	members, isObject := value.(map[string]any)
	if !isObject {
		return invalid(path, "must be a "+definition.Name+", not a "+kindOf(value))
	}
	for name := range members {
		if definition.Fields.ForName(name) == nil {
			return invalid(below(path, ast.PathName(name)), "unknown field")
		}
	}
	if definition.Directives.ForName("oneOf") != nil && !exactlyOne(members) {
		return refused(path, fault.BadInput("exactly one field of %s must be given, and not as null", definition.Name))
	}
	for _, field := range definition.Fields {
		at := below(path, ast.PathName(field.Name))
		switch member, given := members[field.Name]; {
		case given:
			if err := in.value(at, field.Type, member); err != nil {
				return err
			}
		case field.Type.NonNull && field.DefaultValue == nil:
			return invalid(at, "must be defined")
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

func enumValue(path ast.Path, definition *ast.Definition, value any) *gqlerror.Error {
	name, isString := value.(string)
	switch {
	case !isString:
		return invalid(path, "cannot use "+kindOf(value)+" as "+definition.Name)
	case definition.EnumValues.ForName(name) != nil:
		return nil
	}
	for _, other := range definition.EnumValues {
		if strings.EqualFold(other.Name, name) {
			return refused(path, fault.BadInput("%s has no such value", definition.Name))
		}
	}
	return invalid(path, name+" is not a valid "+definition.Name)
}

var isInteger = regexp.MustCompile(`^-?[0-9]+$`)

// scalarValue checks what kind of value a scalar is given. Those that are this API's own take what they take.
func scalarValue(path ast.Path, definition *ast.Definition, value any) *gqlerror.Error {
	_, isString := value.(string)
	_, isBool := value.(bool)
	number, isNumber := value.(json.Number)
	ok := true
	switch definition.Name {
	case "Int":
		if isNumber && !isInt64(number) {
			return invalid(path, "cannot use this number as Int")
		}
		ok = isNumber
	case "Float":
		ok = isNumber
	case "String":
		ok = isString || isNumber // which the scalar refuses
	case "Boolean":
		ok = isBool
	case "ID":
		if isNumber && !isWhole(number) {
			return invalid(path, "cannot use this number as ID")
		}
		ok = isString || isNumber
	}
	if !ok {
		return invalid(path, "cannot use "+kindOf(value)+" as "+definition.Name)
	}
	return nil
}

// isInt64 says whether a number is written as an integer and fits 64 bits, beyond which gqlparser reads none.
func isInt64(n json.Number) bool {
	_, err := strconv.ParseInt(n.String(), 10, 64)
	return err == nil
}

// isWhole says whether a number has no fraction, however it is written. (Only what is written as an id names anything.)
func isWhole(n json.Number) bool {
	f, err := n.Float64()
	return isInteger.MatchString(n.String()) || err != nil || f == math.Trunc(f)
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	default:
		return "number"
	}
}

func invalid(path ast.Path, message string) *gqlerror.Error {
	err := validationFailed(message)
	err.Path = path
	return err
}

// below is the path one step further, in a slice of its own.
func below(path ast.Path, step ast.PathElement) ast.Path {
	return append(path[:len(path):len(path)], step)
}
