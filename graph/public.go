package graph

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// publicFields are the fields of Query that everybody may ask for, and of which an anonymous viewer is answered what is in
// the catalogue, and nothing but that decides: neither who asks nor when.
var publicFields = []string{"category", "categories", "product", "products", "__typename"}

// Public says of an operation whether the answer to an anonymous viewer depends on nothing but the operation itself, with its
// variables, and the edition of the catalogue.
func Public(op *graphql.OperationContext) bool {
	if op.Operation.Operation != ast.Query {
		return false
	}
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if !slices.Contains(publicFields, field.Name) {
			return false
		}
	}
	return true
}
