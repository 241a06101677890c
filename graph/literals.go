package graph

import (
	"context"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// documents caches parsed and validated documents, with their number literals made exact.
//
// gqlgen reads a literal like 18.10 as a float and panics at a whole number beyond 64 bits. Where the
// schema wants a Decimal or an ID, or the number fits no integer, the literal is turned into a string of
// the same digits, which the scalar then reads or refuses. It is done here because this is the only time a
// document is seen before it is shared between requests.
type documents struct {
	graphql.Cache[*ast.QueryDocument]
}

const (
	cachedDocuments = 512     // documents that are kept
	maxCachedQuery  = 8 << 10 // bytes; a longer document is parsed anew each time, so that few can fill the memory
)

// Add makes the literals of a document exact, and keeps it unless it is a long one.
func (d documents) Add(ctx context.Context, query string, doc *ast.QueryDocument) {
	for _, operation := range doc.Operations {
		for _, variable := range operation.VariableDefinitions {
			makeExact(variable.DefaultValue)
		}
		makeDirectivesExact(operation.Directives)
		makeSelectionExact(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		makeDirectivesExact(fragment.Directives)
		makeSelectionExact(fragment.SelectionSet)
	}
	if len(query) <= maxCachedQuery {
		d.Cache.Add(ctx, query, doc)
	}
}

func makeSelectionExact(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			for _, argument := range s.Arguments {
				makeExact(argument.Value)
			}
			makeDirectivesExact(s.Directives)
			makeSelectionExact(s.SelectionSet)
		case *ast.InlineFragment:
			makeDirectivesExact(s.Directives)
			makeSelectionExact(s.SelectionSet)
		case *ast.FragmentSpread:
			makeDirectivesExact(s.Directives)
		}
	}
}

func makeDirectivesExact(directives ast.DirectiveList) {
	for _, directive := range directives {
		for _, argument := range directive.Arguments {
			makeExact(argument.Value)
		}
	}
}

func makeExact(value *ast.Value) {
	if value == nil {
		return
	}
	if value.Kind == ast.IntValue || value.Kind == ast.FloatValue {
		_, err := strconv.ParseInt(value.Raw, 10, 64)
		exact := value.Definition != nil && (value.Definition.Name == "Decimal" || value.Definition.Name == "ID")
		if exact || value.Kind == ast.IntValue && err != nil {
			value.Kind = ast.StringValue
		}
	}
	for _, child := range value.Children {
		makeExact(child.Value)
	}
}
