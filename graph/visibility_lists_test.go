package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// probes are arguments of lists of products with which unpublished ones are found by whoever may see them, for every
// argument there is and every member of it.
var probes = map[string]string{
	"first":              `first: 2`,
	"after":              `after: "$CURSOR_SEEN"`,
	"last":               `last: 2`,
	"before":             `last: 100, before: "$CURSOR_SEEN"`,
	"offset":             `offset: 1`,
	"search":             `search: "secret"`,
	"includeDescendants": `includeDescendants: true`,

	"where.ids":                `where: {ids: ["$HIDDEN_2", "$ABANDONED_2"]}`,
	"where.category":           `where: {category: "$LEVEL_2"}`,
	"where.categorySlug":       `where: {categorySlug: "level-2"}`,
	"where.includeDescendants": `where: {category: "$LEVEL_0", includeDescendants: true}`,
	"where.name.eq":            `where: {or: [{name: {eq: "!Hidden 2"}}, {name: {eq: "zzz 2"}}]}`,
	"where.name.in":            `where: {name: {in: ["!Hidden 2", "zzz 2"]}}`,
	"where.name.contains":      `where: {name: {contains: "2"}}`,
	"where.name.startsWith":    `where: {or: [{name: {startsWith: "!h"}}, {name: {startsWith: "ZZZ"}}]}`,
	"where.sku.eq":             `where: {or: [{sku: {eq: "H-2"}}, {sku: {eq: "Z-2"}}]}`,
	"where.sku.in":             `where: {sku: {in: ["H-2", "Z-2"]}}`,
	"where.sku.contains":       `where: {sku: {contains: "-2"}}`,
	"where.sku.startsWith":     `where: {or: [{sku: {startsWith: "h-"}}, {sku: {startsWith: "z-"}}]}`,
	"where.price.eq":           `where: {or: [{price: {eq: 0}}, {price: {eq: 99999999.99}}]}`,
	"where.price.gte":          `where: {price: {gte: 0}}`,
	"where.price.lte":          `where: {price: {lte: 99999999.99}}`,
	"where.price.gt":           `where: {not: {price: {gt: 0, lt: 99999999.99}}}`,
	"where.price.lt":           `where: {not: {price: {gt: 0, lt: 99999999.99}}}`,
	"where.stock.eq":           `where: {or: [{stock: {eq: 0}}, {stock: {eq: 2147483647}}]}`,
	"where.stock.gte":          `where: {stock: {gte: 0}}`,
	"where.stock.lte":          `where: {stock: {lte: 2147483647}}`,
	"where.stock.gt":           `where: {stock: {gt: -1}}`,
	"where.stock.lt":           `where: {or: [{stock: {lt: 1}}, {stock: {gt: 2147483646}}]}`,
	"where.inStock":            `where: {or: [{inStock: true}, {inStock: false}]}`,
	"where.isPublished":        `where: {isPublished: false}`,
	"where.mine":               `where: {or: [{mine: true}, {mine: false}]}`,
	"where.createdAt.gte":      `where: {createdAt: {gte: "2000-01-01T00:00:00Z"}}`,
	"where.createdAt.lte":      `where: {createdAt: {lte: "9999-01-01T00:00:00Z"}}`,
	"where.createdAt.gt":       `where: {createdAt: {gt: "2000-01-01T00:00:00Z"}}`,
	"where.createdAt.lt":       `where: {createdAt: {lt: "9999-01-01T00:00:00Z"}}`,
	"where.updatedAt.gte":      `where: {updatedAt: {gte: "2000-01-01T00:00:00Z"}}`,
	"where.updatedAt.lte":      `where: {updatedAt: {lte: "9999-01-01T00:00:00Z"}}`,
	"where.updatedAt.gt":       `where: {updatedAt: {gt: "2000-01-01T00:00:00Z"}}`,
	"where.updatedAt.lt":       `where: {updatedAt: {lt: "9999-01-01T00:00:00Z"}}`,
	"where.and":                `where: {and: [{isPublished: false}, {stock: {gte: 0}}]}`,
	"where.or":                 `where: {or: [{isPublished: false}, {stock: {lt: 0}}]}`,
	"where.not":                `where: {not: {isPublished: true}}`,
}

// strangers are cursors of products that the viewer may not see, from somebody who may.
var strangers = []string{`after: "$CURSOR_HIDDEN"`, `before: "$CURSOR_HIDDEN"`, `after: "$CURSOR_ABANDONED"`, `last: 2, before: "$CURSOR_ABANDONED"`}

// members are the paths to all that may be said in an argument; of what is within itself, but once. An order has one for
// each field and direction.
func members(schema *ast.Schema, path string, of *ast.Type, within ...string) (paths []string) {
	def := schema.Types[of.Name()]
	if def.Kind != ast.InputObject || slices.Contains(within, def.Name) {
		return []string{path}
	}
	if direction := def.Fields.ForName("direction"); direction != nil {
		for _, field := range schema.Types[def.Fields.ForName("field").Type.Name()].EnumValues {
			for _, way := range schema.Types[direction.Type.Name()].EnumValues {
				paths = append(paths, path+"."+field.Name+"."+way.Name)
			}
		}
		return paths
	}
	for _, member := range def.Fields {
		paths = append(paths, members(schema, path+"."+member.Name, member.Type, append(within, def.Name)...)...)
	}
	return paths
}

// order is an argument for one of the paths to an order.
func order(path []string) string {
	argument := fmt.Sprintf("orderBy: {field: %s, direction: %s}", path[1], path[2])
	if path[1] == "RELEVANCE" {
		argument += `, search: "secret"`
	}
	return argument
}

// probing are arguments for every path there is in the arguments of a list of products.
func probing(t *testing.T, schema *ast.Schema, list *ast.FieldDefinition) (all []string) {
	t.Helper()
	for _, argument := range list.Arguments {
		for _, path := range members(schema, argument.Name, argument.Type) {
			probe, known := probes[path]
			if steps := strings.Split(path, "."); steps[0] == "orderBy" {
				probe, known = order(steps), true
			}
			if !known {
				t.Errorf("visibility_lists_test.go does not say how to find unpublished products by %s of %s: add it to probes", path, list.Name)
			}
			all = append(all, probe)
		}
	}
	return all
}

// TestListsOfProductsTellNothing asks every list of products with every argument and every order.
func TestListsOfProductsTellNothing(t *testing.T) {
	g := newGallery(t)
	for _, name := range []string{"SEEN", "HIDDEN", "ABANDONED"} {
		g.ids["CURSOR_"+name] = g.cursor(g.ids[name+"_2"])
	}
	var questions, finds, used []string
	for _, list := range g.lists("ProductConnection") {
		probes := probing(t, g.schema, list[len(list)-1].field)
		used = append(used, probes...)
		for _, arguments := range append(probes, strangers...) {
			if !strings.Contains(arguments, "first") && !strings.Contains(arguments, "last") {
				arguments = "first: 100, " + arguments
			}
			questions = append(questions, g.page(list, arguments))
			finds = append(finds, list.String()+"("+arguments+")")
		}
	}
	for path, probe := range probes {
		if !slices.Contains(used, probe) {
			t.Errorf("visibility_lists_test.go has a probe for %s, which no list of products has", path)
		}
	}
	g.holds(t, questions, finds)
}

// TestListsOfCategoriesTellNothing asks every list of categories with every order. Not even staff are told anything
// there: how many products a category holds is the same for everybody.
func TestListsOfCategoriesTellNothing(t *testing.T) {
	g := newGallery(t)
	var questions []string
	for _, list := range g.lists("CategoryConnection") {
		for _, path := range members(g.schema, "orderBy", list[len(list)-1].field.Arguments.ForName("orderBy").Type) {
			questions = append(questions, g.page(list, "first: 100, "+order(strings.Split(path, "."))))
		}
	}
	turns := g.turnOfEach(t)
	before := g.answers(t, turns, questions)
	g.forget("INACTIVE")
	g.forget("OWNER")
	for who, after := range g.answers(t, turns, questions) {
		for i, question := range questions {
			if before[who][i] != after[i] {
				t.Errorf("%s is told of unpublished products by %s\n%s", who, question, difference(before[who][i], after[i]))
			}
		}
	}
}

// lists are the shortest ways to all fields that answer a page of that kind.
func (g *gallery) lists(connection string) (lists []way) {
	all := waysTo(g.schema, g.schema.Query, connection)
	slices.SortStableFunc(all, func(a, b way) int { return len(a) - len(b) })
	seen := map[string]bool{}
	for _, w := range all {
		if list := w[len(w)-1].String(); !seen[list] {
			seen[list] = true
			lists = append(lists, w)
		}
	}
	return lists
}

// page asks for all of a page.
func (g *gallery) page(list way, arguments string) string {
	return g.inquiry(list, len(list)-1, arguments, "nodes { id } edges { cursor node { id } }")
}

// cursor is where a product stands in the list of all.
func (g *gallery) cursor(product string) string {
	g.t.Helper()
	reply := g.ask(fmt.Sprintf(`{ products(where: {ids: [%q]}) { pageInfo { startCursor } } }`, product), nil, g.obtain("staff"))
	var answer struct {
		Data struct {
			Products struct{ PageInfo struct{ StartCursor string } }
		}
	}
	if err := json.Unmarshal([]byte(reply), &answer); err != nil || answer.Data.Products.PageInfo.StartCursor == "" {
		g.t.Fatal(reply)
	}
	return answer.Data.Products.PageInfo.StartCursor
}
