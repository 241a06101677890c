package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/graph/scalar"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

const (
	maxDepth      = 12   // fields nested in one another
	maxComplexity = 1000 // objects an answer may hold, by estimate
	listSize      = 20   // the estimate for a list without pages
	maxRootFields = 20   // fields of Query or Mutation in one operation
	maxCredential = 1    // of credentialMutations in one operation
)

// credentialMutations each cost a password hash or let a token be tried, so that an operation may have
// only one of them: aliases buy no further attempts.
var credentialMutations = []string{"register", "tokenObtain", "tokenRefresh", "tokenVerify", "tokenRevoke"}

// limits refuses an operation that asks for too much before anything of it runs.
type limits struct{ schema *ast.Schema }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = limits{}

// ExtensionName names the extension.
func (limits) ExtensionName() string { return "Limits" }

// Validate has nothing to check.
func (limits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext changes nothing; it is where an operation can be refused before it runs.
func (l limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	root := l.schema.Query
	if op.Operation.Operation == ast.Mutation {
		root = l.schema.Mutation
	}
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{root.Name})
	m := &meter{schema: l.schema, variables: op.Variables, fragments: map[fragmentUse]extent{}}
	total := m.selection(op.Operation.SelectionSet, listSize)
	switch {
	case total.depth > maxDepth:
		return exceeded("The operation is more than %d fields deep.", maxDepth)
	case total.cost > maxComplexity:
		return exceeded("The operation has a complexity of more than %d.", maxComplexity)
	case len(fields) > maxRootFields:
		return exceeded("The operation has more than %d fields at its root.", maxRootFields)
	case credentialFields(fields) > maxCredential:
		return exceeded("The operation has more than %d of the fields "+strings.Join(credentialMutations, ", ")+".", maxCredential)
	}
	return nil
}

func credentialFields(fields []graphql.CollectedField) (n int) {
	for _, f := range fields {
		if slices.Contains(credentialMutations, f.Name) {
			n++
		}
	}
	return n
}

// extent is how much a selection asks for. It saturates just above the limits.
type extent struct{ depth, cost int }

func (e extent) with(other extent) extent {
	return extent{max(e.depth, other.depth), min(e.cost+other.cost, maxComplexity+1)}
}

// meter measures selections. Scalars cost nothing, an object costs one, and a list its size times what
// one item costs.
type meter struct {
	schema    *ast.Schema
	variables map[string]any
	fragments map[fragmentUse]extent // measured once each: fragments may spread one another many times over
}

type fragmentUse struct {
	name     string
	pageSize int
}

// selection measures a selection set, which may be a connection's with the given page size.
func (m *meter) selection(set ast.SelectionSet, pageSize int) (total extent) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			total = total.with(m.field(s, pageSize))
		case *ast.InlineFragment:
			total = total.with(m.selection(s.SelectionSet, pageSize))
		case *ast.FragmentSpread:
			use := fragmentUse{s.Name, pageSize}
			measured, known := m.fragments[use]
			if !known {
				measured = m.selection(s.Definition.SelectionSet, pageSize)
				m.fragments[use] = measured
			}
			total = total.with(measured)
		}
	}
	return total
}

func (m *meter) field(f *ast.Field, pageSize int) extent {
	if strings.HasPrefix(f.Name, "__") || f.Definition == nil { // introspection: the schema is small and public
		return extent{}
	}
	if len(f.SelectionSet) == 0 {
		return extent{depth: 1}
	}
	answersPage := strings.HasSuffix(f.Definition.Type.Name(), "Connection")
	below := m.selection(f.SelectionSet, m.pageSize(f, answersPage))
	items := 1
	switch {
	case f.Definition.Type.Elem == nil:
	case strings.HasSuffix(f.ObjectDefinition.Name, "Connection"):
		items = pageSize
	default:
		items = listSize
	}
	return extent{below.depth + 1, min(items*(1+below.cost), maxComplexity+1)}
}

// pageSize is how many rows a field answers at the most, when it answers a page.
func (m *meter) pageSize(f *ast.Field, answersPage bool) int {
	if !answersPage {
		return listSize
	}
	arguments := f.ArgumentMap(m.variables)
	for _, name := range []string{"first", "last"} {
		if arguments[name] == nil {
			continue
		}
		if n, err := scalar.UnmarshalInt(arguments[name]); err == nil && 0 <= n && n <= page.MaxSize {
			return n
		}
		return page.MaxSize // the field itself refuses it
	}
	return page.DefaultSize
}

func exceeded(format string, limit int) *gqlerror.Error {
	return refused(nil, fault.New(limitExceeded, fmt.Sprintf(format, limit)))
}

func validationFailed(message string) *gqlerror.Error {
	err := gqlerror.Errorf("%s", message)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}
