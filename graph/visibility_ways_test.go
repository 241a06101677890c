package graph_test

import (
	"slices"
	"strings"
	"testing"
)

// stops says with which arguments those steps are asked for that must have some or lead too far without: on the way to
// something else, and as the end of the way. $MINE is a published product of the viewer's, if there is one.
var stops = map[string]struct {
	between string
	end     []string
}{
	"Query.node:Category":  {`id: "$LEVEL_2"`, nil},
	"Query.nodes:Category": {`ids: ["$LEVEL_2"]`, nil},
	"Query.category":       {`by: {id: "$LEVEL_2"}`, nil},
	"Query.categories":     {`where: {ids: ["$LEVEL_2"]}, first: 1`, nil},
	"Query.node:Product":   {`id: "$SEEN_2"`, []string{`id: "$HIDDEN_2"`, `id: "$ABANDONED_2"`}},
	"Query.nodes:Product":  {`ids: ["$SEEN_2"]`, []string{`ids: ["$HIDDEN_2", "$SEEN_2", "$ABANDONED_2"]`}},
	"Query.product": {`by: {id: "$SEEN_2"}`, []string{
		`by: {id: "$HIDDEN_2"}`, `by: {slug: "hidden-2"}`, `by: {sku: "h-2"}`,
		`by: {id: "$ABANDONED_2"}`, `by: {slug: "zzz-2"}`, `by: {sku: "Z-2"}`,
	}},
	"Query.products":    {`where: {ids: ["$SEEN_2"]}, first: 1`, []string{`first: 100`}},
	"Category.products": {``, []string{`first: 9`}},

	"Mutation.categoryCreate": {`input: {name: "New", parent: "$LEVEL_2"}`, nil},
	"Mutation.categoryUpdate": {`id: "$LEVEL_2", input: {}`, nil},
	"Mutation.productCreate":  {`input: {name: "New", price: "1", category: "$LEVEL_2"}`, nil},
	"Mutation.productUpdate":  {`id: "$MINE", input: {}`, []string{`id: "$HIDDEN_2", input: {}`, `id: "$ABANDONED_2", input: {}`}},
	"Mutation.productsBulkUpsert": {
		`input: [{sku: "S-2", name: "Seen 2", price: "5", category: "$LEVEL_2"}]`,
		[]string{`input: [{sku: "h-2", name: "!Hidden 2", price: "0", category: "$LEVEL_2"}]`, `input: [{sku: "z-2", name: "zzz 2", price: "0", category: "$LEVEL_2"}]`},
	},
}

// inquiries ask for whatever there is at the end of a way, and for what can be had beside it.
func (g *gallery) inquiries(t *testing.T, w way) (all []string) {
	t.Helper()
	for _, s := range w {
		if _, known := stops[s.String()]; !known && strings.Contains(call(g.schema, s.field), "(") {
			t.Fatalf("visibility_ways_test.go does not say with which arguments to ask for %s: add it to stops", s)
		}
	}
	end := len(w) - 1
	for end > 0 && len(w[end].field.Arguments) == 0 { // the nodes of a list, say
		end--
	}
	variants := stops[w[end].String()].end
	if variants == nil {
		variants = []string{stops[w[end].String()].between}
	}
	for _, arguments := range variants {
		question := g.inquiry(w, end, arguments, "")
		if fansOut(w) && strings.Contains(g.ask(question, nil, ""), "OPERATION_LIMIT_EXCEEDED") {
			continue
		}
		all = append(all, question)
	}
	return all
}

// inquiry asks for the end of a way with these arguments of the step there, and for what is selected further on.
func (g *gallery) inquiry(w way, end int, arguments, text string) string {
	leads := leadingTo(g.schema, "Product")
	for i, s := range slices.Backward(w) {
		field := s.field.Name + parenthesized(stops[s.String()].between)
		if i == end {
			field = s.field.Name + parenthesized(arguments)
		}
		below := aside(g.schema, s.to, leads) + " " + text
		if s.field.Type.Name() != s.to.Name {
			below = "... on " + s.to.Name + " { " + below + " }"
		}
		text = field + " { " + below + " }"
		if s.String() == "Category.products" && fansOut(w) {
			text = "products(first: 0) { totalCount }"
		}
	}
	if w[0].of == g.schema.Mutation {
		return "mutation { " + text + " }"
	}
	return "{ " + text + " }"
}

// fansOut says whether a way leads to so many categories that their products may only be counted, if anything.
func fansOut(w way) bool { return w.takes("Category.children") && w.takes("Category.ancestors") }

func parenthesized(arguments string) string {
	if arguments == "" {
		return ""
	}
	return "(" + arguments + ")"
}

// TestUnpublishedProductsAreNotThere goes all ways from Query.
func TestUnpublishedProductsAreNotThere(t *testing.T) {
	g := newGallery(t)
	for _, name := range untested(g.schema, "Product") {
		t.Errorf("no test shows whom %s tells of unpublished products: name one in subscriptions, in ways_test.go", name)
	}
	for _, key := range fieldNames(g.schema.Types["ProductBy"]) {
		if !strings.Contains(strings.Join(stops["Query.product"].end, ""), "{"+key+":") {
			t.Errorf("visibility_ways_test.go does not ask for a product by %s: add it to stops", key)
		}
	}
	var questions, ways []string
	for _, w := range waysTo(g.schema, g.schema.Query, "Product") {
		for _, question := range g.inquiries(t, w) {
			questions, ways = append(questions, question), append(ways, w.String())
		}
	}
	g.holds(t, questions, ways)
}
