package graph

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/gatehouse/gatehouse/internal/surrogate"
)

// maxSuggested is how long the longest token of a document may be, in bytes, for names to be suggested in the place of
// misspelled ones. Each is compared with many, which takes as long as it is.
const maxSuggested = 200

// documentRules are the rules by which documents are validated: GraphQL's, as far as gqlparser has them, and two that it
// lacks. The rule that fields can be merged is checked after them, by checkMerges.
type documentRules struct {
	suggesting, quiet []core.Rule // the same, with and without suggestions
}

func newDocumentRules() documentRules {
	suggesting, quiet := rules.NewDefaultRules(), rules.NewDefaultRules()
	for name, rule := range map[string]core.Rule{
		rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
		rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		quiet.ReplaceRule(name, rule.RuleFunc)
	}
	return documentRules{inOrder(suggesting), inOrder(quiet)}
}

// inOrder are the rules in the order of their names, which is that of the mistakes that they find in one place.
func inOrder(all *rules.Rules) (ordered []core.Rule) {
	all.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name)
	all.AddRule("LeafLiterals", leafLiterals)
	all.AddRule("WholeCharacters", wholeCharacters)
	inner := all.GetInner()
	for _, name := range slices.Sorted(maps.Keys(inner)) {
		ordered = append(ordered, core.Rule{Name: name, RuleFunc: inner[name]})
	}
	return ordered
}

// enough ends a validation: as many mistakes are known as are told. A short document can hold thousands.
type enough struct{}

// validate finds the first mistakes in a document, as many as are told.
func (r *reader) validate(doc *ast.QueryDocument, suggest bool) (mistakes gqlerror.List) {
	defer func() {
		if panicked := recover(); panicked != nil && panicked != any(enough{}) {
			panic(panicked)
		}
	}()
	ruleset := r.rules.quiet
	if suggest {
		ruleset = r.rules.suggesting
	}
	observers := &core.Events{}
	for _, rule := range ruleset {
		rule.RuleFunc(observers, func(options ...core.ErrorOption) {
			mistake := &gqlerror.Error{Rule: rule.Name}
			for _, option := range options {
				option(mistake)
			}
			errcode.Set(mistake, errcode.ValidationFailed)
			if mistakes = append(mistakes, mistake); len(mistakes) >= r.limits.RequestErrors {
				panic(enough{})
			}
		})
	}
	core.Walk(r.schema, doc, observers)
	return mistakes
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
