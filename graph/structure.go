package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// structure is how a document is built, which can be told before it is known whether it makes sense: fragments may be
// missing, or spread one another in circles. To find out the latter takes much longer.
type structure struct {
	doc       *ast.QueryDocument
	fragments map[string]*ast.FragmentDefinition
	depths    map[string]int // of fragments, as far as they are known
}

func newStructure(doc *ast.QueryDocument) *structure {
	s := &structure{doc: doc, fragments: make(map[string]*ast.FragmentDefinition, len(doc.Fragments)), depths: map[string]int{}}
	for _, fragment := range doc.Fragments {
		if s.fragments[fragment.Name] == nil { // of two with one name the first is meant, until that is refused
			s.fragments[fragment.Name] = fragment
		}
	}
	return s
}

// check refuses a document in which any operation exceeds the limits, or a fragment does so by itself: all of them are
// validated, whichever is to be executed.
func (s *structure) check(l Limits) *gqlerror.Error {
	for _, operation := range s.doc.Operations {
		if err := s.sizeOf(operation).check(l); err != nil {
			return err
		}
	}
	for _, fragment := range s.doc.Fragments {
		if err := s.sizeOfFragment(fragment).check(l); err != nil {
			return err
		}
	}
	return nil
}

// size is how large an operation is, with the fragments that it uses.
type size struct {
	depth, aliases, directives int
	hidden                     int  // aliases below __schema and __type
	deepLiterals               bool // a literal is nested deeper than it may be
}

func (z size) check(l Limits) *gqlerror.Error {
	switch {
	case z.aliases > l.Aliases:
		return exceeded(limitAliases, l.Aliases, "The operation has more than %d aliases.")
	case z.hidden > maxIntrospectionAliases:
		return exceeded(limitIntrospectionAliases, maxIntrospectionAliases, "Introspection may have %d aliases.")
	case z.directives > l.Directives:
		return exceeded(limitDirectives, l.Directives, "The operation has more than %d directives.")
	case z.depth > l.Depth:
		return exceeded(limitDepth, l.Depth, "The operation is more than %d fields deep.")
	case z.deepLiterals:
		return exceeded(limitNesting, maxNesting, "A value is nested more than %d deep.")
	}
	return nil
}

func (s *structure) sizeOf(operation *ast.OperationDefinition) size {
	c := census{fragments: s.fragments, seen: map[spread]bool{}}
	for _, variable := range operation.VariableDefinitions {
		c.literal(variable.DefaultValue)
		c.useDirectives(variable.Directives)
	}
	c.useDirectives(operation.Directives)
	c.count(operation.SelectionSet, false)
	c.depth = s.depth(operation.SelectionSet)
	return c.size
}

func (s *structure) sizeOfFragment(fragment *ast.FragmentDefinition) size {
	c := census{fragments: s.fragments, seen: map[spread]bool{}}
	c.useDirectives(fragment.Directives)
	introspecting := isIntrospection(fragment.TypeCondition)
	c.count(fragment.SelectionSet, introspecting)
	if !introspecting {
		c.depth = s.depth(fragment.SelectionSet)
	}
	return c.size
}

// depth is how many fields are nested in one another. Introspection does not count: tools nest it deep, and the schema is
// small and public.
func (s *structure) depth(set ast.SelectionSet) (deepest int) {
	for _, selection := range set {
		depth := 0
		switch selection := selection.(type) {
		case *ast.Field:
			if !isIntrospection(selection.Name) {
				depth = 1 + s.depth(selection.SelectionSet)
			}
		case *ast.InlineFragment:
			depth = s.depth(selection.SelectionSet)
		case *ast.FragmentSpread:
			depth = s.depthOfFragment(selection.Name)
		}
		deepest = max(deepest, depth)
	}
	return deepest
}

// depthOfFragment is 0 for a fragment that is missing, and where one comes by itself again.
func (s *structure) depthOfFragment(name string) int {
	fragment := s.fragments[name]
	if fragment == nil || isIntrospection(fragment.TypeCondition) {
		return 0
	}
	depth, known := s.depths[name]
	if !known {
		s.depths[name] = 0
		depth = s.depth(fragment.SelectionSet)
		s.depths[name] = depth
	}
	return depth
}

// isIntrospection says whether a name is one that GraphQL itself has given.
func isIntrospection(name string) bool { return strings.HasPrefix(name, "__") }

// census counts what multiplies the work of an operation and costs it nothing else. Fragments count once,
// however often they are spread: their depth and complexity are known otherwise.
type census struct {
	size
	fragments map[string]*ast.FragmentDefinition
	seen      map[spread]bool
}

type spread struct {
	fragment      string
	introspecting bool
}

func (c *census) count(set ast.SelectionSet, introspecting bool) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if selection.Alias != selection.Name {
				c.aliases++
				if introspecting {
					c.hidden++
				}
			}
			for _, argument := range selection.Arguments {
				c.literal(argument.Value)
			}
			c.useDirectives(selection.Directives)
			c.count(selection.SelectionSet, introspecting || selection.Name == "__schema" || selection.Name == "__type")
		case *ast.InlineFragment:
			c.useDirectives(selection.Directives)
			c.count(selection.SelectionSet, introspecting)
		case *ast.FragmentSpread:
			c.useDirectives(selection.Directives)
			c.useFragment(selection.Name, introspecting)
		}
	}
}

func (c *census) useFragment(name string, introspecting bool) {
	fragment, use := c.fragments[name], spread{name, introspecting}
	if fragment == nil || c.seen[use] {
		return
	}
	c.seen[use] = true
	c.useDirectives(fragment.Directives)
	c.count(fragment.SelectionSet, introspecting)
}

func (c *census) useDirectives(directives ast.DirectiveList) {
	c.directives += len(directives)
	for _, directive := range directives {
		for _, argument := range directive.Arguments {
			c.literal(argument.Value)
		}
	}
}

func (c *census) literal(value *ast.Value) {
	c.deepLiterals = c.deepLiterals || deepLiteral(value, maxNesting)
}

func deepLiteral(value *ast.Value, limit int) bool {
	if value == nil {
		return false
	}
	for _, child := range value.Children {
		if limit == 0 || deepLiteral(child.Value, limit-1) {
			return true
		}
	}
	return false
}
