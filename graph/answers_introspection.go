package graph

import (
	"github.com/99designs/gqlgen/graphql/introspection"

	"github.com/gatehouse/gatehouse/graph/compiled"
)

// introspectionAnswers are of what a schema tells of itself (https://spec.graphql.org/draft/#sec-Schema-Introspection). It is read by
// tools mostly, but whole, and gqlgen takes a goroutine and a context for each of its ten thousand fields.
func introspectionAnswers() compiled.Types {
	return compiled.Types{
		"__Schema": {
			"description":      compiled.TextIfAny((*introspection.Schema).Description),
			"types":            compiled.Objects(func(s *introspection.Schema) []*introspection.Type { return pointers(s.Types()) }),
			"queryType":        compiled.Object((*introspection.Schema).QueryType),
			"mutationType":     compiled.Object((*introspection.Schema).MutationType),
			"subscriptionType": compiled.Object((*introspection.Schema).SubscriptionType),
			"directives":       compiled.Objects(func(s *introspection.Schema) []*introspection.Directive { return pointers(s.Directives()) }),
		},
		"__Type": {
			"kind":           compiled.Text((*introspection.Type).Kind),
			"name":           compiled.TextIfAny((*introspection.Type).Name),
			"description":    compiled.TextIfAny((*introspection.Type).Description),
			"specifiedByURL": compiled.TextIfAny((*introspection.Type).SpecifiedByURL),
			"fields":         deprecatedToo((*introspection.Type).Fields),
			"interfaces":     compiled.Objects(func(t *introspection.Type) []*introspection.Type { return pointers(t.Interfaces()) }),
			"possibleTypes":  compiled.Objects(func(t *introspection.Type) []*introspection.Type { return pointers(t.PossibleTypes()) }),
			"enumValues":     deprecatedToo((*introspection.Type).EnumValues),
			"inputFields":    deprecatedToo((*introspection.Type).VisibleInputFields),
			"ofType":         compiled.Object((*introspection.Type).OfType),
			"isOneOf":        compiled.Bool((*introspection.Type).IsOneOf),
		},
		"__Field": {
			"name":              compiled.Text(func(f *introspection.Field) string { return f.Name }),
			"description":       compiled.TextIfAny((*introspection.Field).Description),
			"args":              deprecatedToo((*introspection.Field).VisibleArgs),
			"type":              compiled.Object(func(f *introspection.Field) *introspection.Type { return f.Type }),
			"isDeprecated":      compiled.Bool((*introspection.Field).IsDeprecated),
			"deprecationReason": compiled.TextIfAny((*introspection.Field).DeprecationReason),
		},
		"__InputValue": {
			"name":              compiled.Text(func(v *introspection.InputValue) string { return v.Name }),
			"description":       compiled.TextIfAny((*introspection.InputValue).Description),
			"type":              compiled.Object(func(v *introspection.InputValue) *introspection.Type { return v.Type }),
			"defaultValue":      compiled.TextIfAny(func(v *introspection.InputValue) *string { return v.DefaultValue }),
			"isDeprecated":      compiled.Bool((*introspection.InputValue).IsDeprecated),
			"deprecationReason": compiled.TextIfAny((*introspection.InputValue).DeprecationReason),
		},
		"__EnumValue": {
			"name":              compiled.Text(func(v *introspection.EnumValue) string { return v.Name }),
			"description":       compiled.TextIfAny((*introspection.EnumValue).Description),
			"isDeprecated":      compiled.Bool((*introspection.EnumValue).IsDeprecated),
			"deprecationReason": compiled.TextIfAny((*introspection.EnumValue).DeprecationReason),
		},
		"__Directive": {
			"name":         compiled.Text(func(d *introspection.Directive) string { return d.Name }),
			"description":  compiled.TextIfAny((*introspection.Directive).Description),
			"isRepeatable": compiled.Bool(func(d *introspection.Directive) bool { return d.IsRepeatable }),
			"locations":    compiled.Texts(func(d *introspection.Directive) []string { return d.Locations }),
			"args":         deprecatedToo((*introspection.Directive).VisibleArgs),
		},
	}
}

// deprecatedToo is a list that has what is deprecated in it if its argument says so.
func deprecatedToo[T, V any](all func(of T, includeDeprecated bool) []V) compiled.Field {
	return compiled.ObjectsCalled(func(of T, call compiled.Call) []*V {
		return pointers(all(of, argument[bool](call.Args, "includeDeprecated")))
	})
}

// pointers are to the elements of a list; nil for no list.
func pointers[V any](all []V) []*V {
	if all == nil {
		return nil
	}
	to := make([]*V, len(all))
	for i := range all {
		to[i] = &all[i]
	}
	return to
}
