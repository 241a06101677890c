package graph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// credentialMutations each cost a password hash or let a token be tried, so that an operation may have
// only one of them: aliases buy no further attempts.
var credentialMutations = []string{"register", "tokenObtain", "tokenRefresh", "tokenVerify", "tokenRevoke", "passwordChange"}

// tellsCredentials says whether there may be a password or token in a document, rather than in its variables. Such a document
// must not be registered under its hash: that it is known would tell, and as often as one likes, that a guess at it is right.
func tellsCredentials(doc *ast.QueryDocument) bool {
	t := teller{}
	for _, operation := range doc.Operations {
		for _, variable := range operation.VariableDefinitions {
			t.value(variable.DefaultValue)
		}
		t.selection(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		t.selection(fragment.SelectionSet)
	}
	return t.mutations && t.texts
}

// teller looks for credential mutations, and for texts, anywhere.
type teller struct{ mutations, texts bool }

func (t *teller) selection(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			t.mutations = t.mutations || slices.Contains(credentialMutations, s.Name)
			for _, argument := range s.Arguments {
				t.value(argument.Value)
			}
			t.selection(s.SelectionSet)
		case *ast.InlineFragment:
			t.selection(s.SelectionSet)
		case *ast.FragmentSpread: // its definition is in the document, too
		}
	}
}

func (t *teller) value(value *ast.Value) {
	if value == nil {
		return
	}
	t.texts = t.texts || value.Kind == ast.StringValue || value.Kind == ast.BlockValue
	for _, child := range value.Children {
		t.value(child.Value)
	}
}
