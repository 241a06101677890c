package graph

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph/scalar"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/page"
)

// listSize is the estimate for a list without pages.
const listSize = 20

// The mutation that writes as many rows as it is given, and what it answers.
const (
	bulkMutation = "productsBulkUpsert"
	bulkPayload  = "ProductsBulkPayload"
)

// complexity is how many objects an answer may hold, by estimate. It does not grow beyond mostComplexity.
type complexity int64

const mostComplexity complexity = math.MaxInt32

func (c complexity) plus(other complexity) complexity { return min(c+other, mostComplexity) }

func (c complexity) times(n int) complexity { return min(c*complexity(n), mostComplexity) }

// meter measures selections. Scalars cost nothing, an object costs one, and a list its size times what
// one item costs. A page whose pageInfo is selected costs its size at the least.
type meter struct {
	schema    *ast.Schema
	variables map[string]any
	fragments map[fragmentUse]complexity // measured once each: fragments may spread one another many times over
}

type fragmentUse struct {
	name     string
	pageSize int
}

// selection measures a selection set, which may be a connection's with the given page size.
func (m *meter) selection(set ast.SelectionSet, pageSize int) (total complexity) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			total = total.plus(m.field(s, pageSize))
		case *ast.InlineFragment:
			total = total.plus(m.selection(s.SelectionSet, pageSize))
		case *ast.FragmentSpread:
			use := fragmentUse{s.Name, pageSize}
			measured, known := m.fragments[use]
			if !known {
				measured = m.selection(s.Definition.SelectionSet, pageSize)
				m.fragments[use] = measured
			}
			total = total.plus(measured)
		}
	}
	return total
}

func (m *meter) field(f *ast.Field, pageSize int) complexity {
	if isIntrospection(f.Name) || f.Definition == nil || len(f.SelectionSet) == 0 {
		return 0
	}
	answersPage := strings.HasSuffix(f.Definition.Type.Name(), "Connection")
	size := m.pageSize(f, answersPage)
	below := m.selection(f.SelectionSet, size)
	if answersPage && selects(f.SelectionSet, "pageInfo", map[string]bool{}) {
		below = max(below, complexity(size)) // it takes the rows to tell where they lie
	}
	items := 1
	switch {
	case f.Name == bulkMutation && f.ObjectDefinition.Name == m.schema.Mutation.Name: // writing a row costs one as well
		return below.plus(complexity(1 + m.rowCount(f)))
	case f.Definition.Type.Elem == nil:
	case f.ObjectDefinition.Name == bulkPayload && f.Name == "products":
		items = pageSize
	case strings.HasSuffix(f.ObjectDefinition.Name, "Connection"):
		items = max(pageSize, 1) // also of nothing it takes work to find out what was selected
	case f.Name == "nodes" && f.ObjectDefinition.Name == m.schema.Query.Name:
		items = max(m.idCount(f), 1)
	default:
		items = listSize
	}
	return below.plus(1).times(items)
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
	for _, name := range [...]string{"first", "last"} {
		given := m.argument(f, name)
		if given == nil {
			continue
		}
		if n, err := scalar.UnmarshalInt(given); err == nil && 0 <= n && n <= page.MaxSize {
			return n
		}
		return page.MaxSize // the field itself refuses it
	}
	return page.DefaultSize
}

// idCount is how many things a field asks for by their ids.
func (m *meter) idCount(f *ast.Field) int {
	ids, isList := m.argument(f, "ids").([]any)
	if !isList {
		return 1 // a single id stands for a list of one
	}
	return min(len(ids), maxNodes)
}

// rowCount is how many rows a bulk mutation is to write.
func (m *meter) rowCount(f *ast.Field) int {
	rows := reflect.ValueOf(m.argument(f, "input"))
	if rows.Kind() != reflect.Slice {
		return 1 // a single row stands for a list of one
	}
	return min(rows.Len(), catalog.MaxUpserts) // the field itself refuses more
}

// argument is one of a field's arguments as ArgumentMap has it, which makes a map of all: nil when it is absent or null.
func (m *meter) argument(f *ast.Field, name string) any {
	defined := f.Definition.Arguments.ForName(name)
	if defined == nil {
		return nil
	}
	value := defined.DefaultValue
	if given := f.Arguments.ForName(name); given != nil {
		if given.Value.Kind != ast.Variable {
			value = given.Value
		} else if of, has := m.variables[given.Value.Raw]; has {
			return of
		}
	}
	if value == nil {
		return nil
	}
	of, err := value.Value(m.variables)
	if err != nil {
		panic(err) // as gqlgen does with the field itself
	}
	return of
}
