package graph

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// makeExact makes the number literals of a valid document exact, and counts its selections and values.
//
// gqlgen reads a literal like 18.10 as a float and panics at a whole number beyond 64 bits. Where the
// schema wants a Decimal or an ID, or the number fits no integer, the literal is turned into a string of
// the same digits, which the scalar then reads or refuses. It must be done before the document is shared between requests.
func makeExact(doc *ast.QueryDocument) (nodes int) {
	var l literals
	for _, operation := range doc.Operations {
		for _, variable := range operation.VariableDefinitions {
			l.value(variable.DefaultValue)
		}
		l.directives(operation.Directives)
		l.selection(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		l.directives(fragment.Directives)
		l.selection(fragment.SelectionSet)
	}
	return l.visited
}

// literals makes literals exact, and counts what it comes by.
type literals struct{ visited int }

func (l *literals) selection(set ast.SelectionSet) {
	for _, selection := range set {
		l.visited++
		switch s := selection.(type) {
		case *ast.Field:
			for _, argument := range s.Arguments {
				l.value(argument.Value)
			}
			l.directives(s.Directives)
			l.selection(s.SelectionSet)
		case *ast.InlineFragment:
			l.directives(s.Directives)
			l.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			l.directives(s.Directives)
		}
	}
}

func (l *literals) directives(directives ast.DirectiveList) {
	for _, directive := range directives {
		for _, argument := range directive.Arguments {
			l.value(argument.Value)
		}
	}
}

func (l *literals) value(value *ast.Value) {
	if value == nil {
		return
	}
	l.visited++
	if value.Kind == ast.IntValue || value.Kind == ast.FloatValue {
		_, err := strconv.ParseInt(value.Raw, 10, 64)
		exact := value.Definition != nil && (value.Definition.Name == "Decimal" || value.Definition.Name == "ID")
		if exact || value.Kind == ast.IntValue && err != nil {
			value.Kind = ast.StringValue
		}
	}
	for _, child := range value.Children {
		l.value(child.Value)
	}
}
