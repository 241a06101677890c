package graph

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/graph/scalar"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

const (
	maxDepth      = 12   // fields nested in one another
	maxComplexity = 1000 // objects an answer may hold, by estimate
	listSize      = 20   // the estimate for a list without pages
	maxRootFields = 20   // fields of Query or Mutation in one operation
	maxAliases    = 15   // in an operation and the fragments it uses
	maxDirectives = 10   // likewise
	maxNesting    = 50   // objects and lists nested in one another in the variables
	maxCredential = 1    // of credentialMutations in one operation
)

// credentialMutations each cost a password hash or let a token be tried, so that an operation may have
// only one of them: aliases buy no further attempts.
var credentialMutations = []string{"register", "tokenObtain", "tokenRefresh", "tokenVerify", "tokenRevoke", "passwordChange"}

// The mutation that writes as many rows as it is given, and what it answers.
const (
	bulkMutation = "productsBulkUpsert"
	bulkPayload  = "ProductsBulkPayload"
)

// limits refuses an operation that asks for too much before anything of it runs.
type limits struct{ schema *ast.Schema }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
} = limits{}

// ExtensionName names the extension.
func (limits) ExtensionName() string { return "Limits" }

// Validate has nothing to check.
func (limits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters changes nothing; it is where a request can be refused before its variables are
// read, which takes gqlparser time and memory by the square of their depth.
func (limits) MutateOperationParameters(_ context.Context, request *graphql.RawParams) *gqlerror.Error {
	if deeper(request.Variables, maxNesting) {
		return exceeded("The variables are nested more than %d deep.", maxNesting)
	}
	return nil
}

func deeper(value any, limit int) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, member := range value {
			if limit == 0 || deeper(member, limit-1) {
				return true
			}
		}
	case []any:
		for _, item := range value {
			if limit == 0 || deeper(item, limit-1) {
				return true
			}
		}
	}
	return false
}

// MutateOperationContext changes nothing; it is where an operation can be refused before it runs.
func (l limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	root := l.schema.Query
	switch op.Operation.Operation {
	case ast.Mutation:
		root = l.schema.Mutation
	case ast.Subscription:
		root = l.schema.Subscription
	case ast.Query:
	}
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{root.Name})
	names := census{seen: map[string]bool{}}
	names.count(op.Operation.SelectionSet, false)
	m := &meter{schema: l.schema, variables: op.Variables, fragments: map[fragmentUse]extent{}}
	total := m.selection(op.Operation.SelectionSet, listSize)
	switch {
	case names.aliases > maxAliases:
		return exceeded("The operation has more than %d aliases.", maxAliases)
	case names.hidden > 0:
		return exceeded("Introspection may have %d aliases.", 0)
	case names.directives+len(op.Operation.Directives) > maxDirectives:
		return exceeded("The operation has more than %d directives.", maxDirectives)
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

// census counts what multiplies the work of an operation and costs it nothing else. Fragments count once,
// however often they are spread: their depth and cost are the meter's to know.
type census struct {
	aliases, directives int
	hidden              int // aliases below __schema and __type, where no cost is reckoned
	seen                map[string]bool
}

func (c *census) count(set ast.SelectionSet, introspecting bool) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			c.directives += len(s.Directives)
			if s.Alias != s.Name {
				c.aliases++
				if introspecting {
					c.hidden++
				}
			}
			c.count(s.SelectionSet, introspecting || s.Name == "__schema" || s.Name == "__type")
		case *ast.InlineFragment:
			c.directives += len(s.Directives)
			c.count(s.SelectionSet, introspecting)
		case *ast.FragmentSpread:
			c.directives += len(s.Directives)
			if !c.seen[s.Name] {
				c.seen[s.Name] = true
				c.count(s.Definition.SelectionSet, introspecting)
			}
		}
	}
}

// extent is how much a selection asks for. It saturates just above the limits.
type extent struct{ depth, cost int }

func (e extent) with(other extent) extent {
	return extent{max(e.depth, other.depth), min(e.cost+other.cost, maxComplexity+1)}
}

// meter measures selections. Scalars cost nothing, an object costs one, and a list its size times what
// one item costs. A page whose pageInfo is selected costs its size at the least.
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
	if answersPage && selects(f.SelectionSet, "pageInfo", map[string]bool{}) {
		below.cost = max(below.cost, m.pageSize(f, answersPage)) // it takes the rows to tell where they lie
	}
	items := 1
	switch {
	case f.Name == bulkMutation && f.ObjectDefinition.Name == m.schema.Mutation.Name: // writing a row costs one as well
		return extent{below.depth + 1, min(1+m.rowCount(f)+below.cost, maxComplexity+1)}
	case f.Definition.Type.Elem == nil:
	case f.ObjectDefinition.Name == bulkPayload && f.Name == "products":
		items = pageSize
	case strings.HasSuffix(f.ObjectDefinition.Name, "Connection"):
		items = pageSize
	case f.Name == "nodes" && f.ObjectDefinition.Name == m.schema.Query.Name:
		items = m.idCount(f)
	default:
		items = listSize
	}
	return extent{below.depth + 1, min(items*(1+below.cost), maxComplexity+1)}
}

// selects says whether a field is selected, be it through fragments, each of which is looked into once.
func selects(set ast.SelectionSet, name string, seen map[string]bool) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return s.Name == name
		case *ast.InlineFragment:
			return selects(s.SelectionSet, name, seen)
		case *ast.FragmentSpread:
			known := seen[s.Name]
			seen[s.Name] = true
			return !known && selects(s.Definition.SelectionSet, name, seen)
		}
		return false
	})
}

// pageSize is how many rows a field answers at the most, when it answers a page or the rows it was given.
func (m *meter) pageSize(f *ast.Field, answersPage bool) int {
	if f.Name == bulkMutation {
		return m.rowCount(f)
	}
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

// idCount is how many things a field asks for by their ids.
func (m *meter) idCount(f *ast.Field) int {
	ids, isList := f.ArgumentMap(m.variables)["ids"].([]any)
	if !isList {
		return 1 // a single id stands for a list of one
	}
	return min(len(ids), maxNodes)
}

// rowCount is how many rows a bulk mutation is to write.
func (m *meter) rowCount(f *ast.Field) int {
	rows := reflect.ValueOf(f.ArgumentMap(m.variables)["input"])
	if rows.Kind() != reflect.Slice {
		return 1 // a single row stands for a list of one
	}
	return min(rows.Len(), catalog.MaxUpserts) // the field itself refuses more
}

func exceeded(format string, limit int) *gqlerror.Error {
	return refused(nil, fault.New(fault.LimitExceeded, fmt.Sprintf(format, limit)))
}

func validationFailed(message string) *gqlerror.Error {
	err := gqlerror.Errorf("%s", message)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}
