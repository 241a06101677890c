package graph

import (
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/gatehouse/gatehouse/internal/surrogate"
)

// maxRequestErrors is how many mistakes in a document are told. Each pair of conflicting fields is one, so
// that a short document can hold a hundred thousand.
const maxRequestErrors = 5

// documentRules are the rules by which a document is validated: GraphQL's, as far as gqlparser has them, and
// two that it lacks. They are made anew for every document, as they count.
func documentRules() *rules.Rules {
	all, told := rules.NewDefaultRules(), 0
	all.AddRule("LeafLiterals", leafLiterals)
	all.AddRule("WholeCharacters", wholeCharacters)
	for name, rule := range all.GetInner() {
		all.ReplaceRule(name, func(observers *core.Events, addError core.AddErrFunc) {
			rule(observers, func(options ...core.ErrorOption) {
				if told++; told <= maxRequestErrors {
					addError(options...)
				}
			})
		})
	}
	return all
}

// leafLiterals refuses {} for a scalar or an enum, which gqlparser lets pass and gqlgen panics at.
func leafLiterals(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		if value.Kind == ast.ObjectValue && len(value.Children) == 0 &&
			value.Definition != nil && value.Definition.Kind != ast.InputObject {
			addError(core.Message("%s cannot represent an object.", value.Definition.Name), core.At(value.Position))
		}
	})
}

// wholeCharacters refuses strings that escape half a character, in whose place gqlparser puts U+FFFD.
func wholeCharacters(observers *core.Events, addError core.AddErrFunc) {
	var document []rune // positions count characters
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		if value.Kind != ast.StringValue || !strings.ContainsRune(value.Raw, utf8.RuneError) {
			return
		}
		if document == nil {
			document = []rune(value.Position.Src.Input)
		}
		if surrogate.Unpaired(string(document[value.Position.Start:value.Position.End])) {
			addError(core.Message("A string cannot hold half a character."), core.At(value.Position))
		}
	})
}
