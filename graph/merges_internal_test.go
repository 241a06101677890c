package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"pgregory.net/rapid"
)

// validated is a document that is valid but for what checkMerges finds; nil when it is not.
func validated(t interface{ Fatal(...any) }, r *reader, text string) *ast.QueryDocument {
	doc, err := parse(text)
	if err != nil {
		t.Fatal(err, text)
	}
	if mistakes := r.validate(doc, false); mistakes != nil {
		return nil
	}
	return doc
}

// reference is what gqlparser's own rule finds.
func reference(schema *ast.Schema, doc *ast.QueryDocument) (mistakes gqlerror.List) {
	observers := &core.Events{}
	rules.OverlappingFieldsCanBeMergedRule.RuleFunc(observers, func(options ...core.ErrorOption) {
		mistake := &gqlerror.Error{}
		for _, option := range options {
			option(mistake)
		}
		mistakes = append(mistakes, mistake)
	})
	core.Walk(schema, doc, observers)
	return mistakes
}

// composite are fields that have fields, by the type that they are of; leaves those that have none.
var (
	composite = map[string]map[string]string{
		"Query":              {"node(id: 1)": "Node", "node(id: 2)": "Node", "product(by: {id: 1})": "Product", "product(by: {slug: \"a\"})": "Product", "category(by: {id: 1})": "Category", "products": "ProductConnection", "products(first: 1)": "ProductConnection"},
		"Node":               {},
		"Product":            {"category": "Category", "owner": "User"},
		"Category":           {"parent": "Category", "children": "Category", "products(first: 1)": "ProductConnection", "products(first: 2)": "ProductConnection"},
		"User":               {},
		"ProductConnection":  {"nodes": "Product", "edges": "ProductEdge", "pageInfo": "PageInfo"},
		"ProductEdge":        {"node": "Product"},
		"PageInfo":           {},
		"CategoryConnection": {"nodes": "Category"},
	}
	leaves = map[string][]string{
		"Query": {"__typename"}, "Node": {"id", "__typename"}, "Product": {"id", "name", "slug", "sku", "stock", "version", "price", "isPublished"},
		"Category": {"id", "name", "slug", "createdAt"}, "User": {"id", "username", "isStaff"}, "ProductConnection": {"totalCount", "__typename"},
		"ProductEdge": {"cursor"}, "PageInfo": {"hasNextPage", "endCursor"}, "CategoryConnection": {"totalCount"},
	}
	possible = map[string][]string{"Node": {"Product", "Category", "User"}}
)

// drawn draws a document at random, in which names meet often.
type drawn struct {
	t         *rapid.T
	fragments []string // types of the fragments, by their number
}

func (d drawn) document() string {
	types := []string{"Query", "Node", "Product", "Category", "ProductConnection"}
	for range rapid.IntRange(0, 6).Draw(d.t, "fragments") {
		d.fragments = append(d.fragments, rapid.SampledFrom(types).Draw(d.t, "type"))
	}
	var text strings.Builder
	text.WriteString(d.set("Query", 0, 5))
	for i, of := range d.fragments {
		_, _ = fmt.Fprintf(&text, " fragment F%d on %s %s", i, of, d.set(of, i+1, 3))
	}
	return text.String()
}

// set draws a selection set of a type, with fragments from the given one on: so none spreads itself.
func (d drawn) set(of string, from, depth int) string {
	parts := []string{d.selection(of, from, depth)}
	for range rapid.IntRange(0, 4).Draw(d.t, "more") {
		parts = append(parts, d.selection(of, from, depth))
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

func (d drawn) selection(of string, from, depth int) string {
	alias := rapid.SampledFrom([]string{"", "", "", "a: ", "b: ", "id: "}).Draw(d.t, "alias")
	fields := slices.Sorted(maps.Keys(composite[of]))
	kind := rapid.IntRange(0, 9).Draw(d.t, "kind")
	switch {
	case kind < 4 && depth > 0 && len(fields) > 0:
		name := rapid.SampledFrom(fields).Draw(d.t, "field")
		return alias + name + " " + d.set(composite[of][name], from, depth-1)
	case kind < 6 && depth > 0 && len(possible[of]) > 0:
		narrower := rapid.SampledFrom(possible[of]).Draw(d.t, "narrower")
		return "... on " + narrower + " " + d.set(narrower, from, depth-1)
	case kind < 8:
		var fitting []int
		for i := from; i < len(d.fragments); i++ {
			if d.fragments[i] == of || of == "Node" && (d.fragments[i] == "Product" || d.fragments[i] == "Category") ||
				d.fragments[i] == "Node" && (of == "Product" || of == "Category") {
				fitting = append(fitting, i)
			}
		}
		if len(fitting) > 0 {
			return fmt.Sprintf("...F%d", rapid.SampledFrom(fitting).Draw(d.t, "fragment"))
		}
	}
	return alias + rapid.SampledFrom(leaves[of]).Draw(d.t, "leaf")
}

// TestMergesAsTheReference compares the verdicts of checkMerges with those of gqlparser's rule, which is slow.
func TestMergesAsTheReference(t *testing.T) {
	schema := Schema()
	l := DefaultLimits()
	r := newReader(schema, l, false)
	var compared, refused int
	rapid.Check(t, func(t *rapid.T) {
		text := drawn{t: t}.document()
		// Fragments that happen to be unused are no matter here.
		for i := range strings.Count(text, "fragment F") {
			if !strings.Contains(text, fmt.Sprintf("...F%d", i)) {
				t.Skip("a fragment is not used")
			}
		}
		doc := validated(t, r, text)
		if doc == nil {
			t.Skip("it is invalid otherwise")
		}
		compared++
		want, got := reference(schema, doc), checkMerges(schema, doc, l)
		if len(want) > 0 {
			refused++
		}
		if (len(want) > 0) != (len(got) > 0) {
			t.Fatalf("%s\nthe reference finds %v\ncheckMerges finds %v", text, want, got)
		}
	})
	t.Logf("%d documents, of which %d are to be refused", compared, refused)
	if refused == 0 || refused == compared {
		t.Error("the documents are all of one kind")
	}
}

// TestMerges is about what is said, and about cases that are hard to meet by chance.
func TestMerges(t *testing.T) {
	schema := Schema()
	r := newReader(schema, DefaultLimits(), false)
	for _, tt := range []struct{ text, want string }{
		{`{ a: product(by: {id: 1}) { id } a: product(by: {id: 1}) { name } }`, ""},
		{`{ product(by: {id: 1, slug: "x"}) { id } product(by: {slug: "x", id: 1}) { id } }`, "invalid"}, // @oneOf
		{`{ products(where: {mine: true, inStock: true}) { totalCount } products(where: {inStock: true, mine: true}) { totalCount } }`, ""},
		{`{ products(where: {ids: [1, 2]}) { totalCount } products(where: {ids: [2, 1]}) { totalCount } }`, `Fields "products" conflict because they have differing arguments.`},
		{`{ products(first: 1) { totalCount } products { totalCount } }`, `Fields "products" conflict because they have differing arguments.`},
		{`{ products(first: 1) { totalCount } products(last: 1) { totalCount } }`, `Fields "products" conflict because they have differing arguments.`},
		{`{ a: me { id } a: product(by: {id: 1}) { id } }`, `Fields "a" conflict because "me" and "product" are different fields.`},
		{`{ me { a: id a: username } }`, `Fields "a" conflict because "id" and "username" are different fields.`},
		{`{ me { a: id } me { a: username } }`, `Fields "me" conflict because subfields "a" conflict because "id" and "username" are different fields.`},
		{`{ products { nodes { category { a: id } } } ...F } fragment F on Query { products { nodes { category { a: name } } } }`, `Fields "products" conflict because subfields "nodes" conflict because subfields "category" conflict because subfields "a" conflict because "id" and "name" are different fields.`},
		{`query ($a: Int, $b: Int) { products(first: $a) { totalCount } products(first: $b) { totalCount } }`, `Fields "products" conflict because they have differing arguments.`},
		{`{ node(id: 1) { ... on Product { a: name } ... on Category { a: slug } } }`, ""},
		{`{ node(id: 1) { ... on Product { a: name } ... on Category { a: createdAt } } }`, `Fields "a" conflict because they return conflicting types "String!" and "DateTime!".`},
		{`{ node(id: 1) { ... on Product { a: name } ... on Product { a: slug } } }`, `Fields "a" conflict because "name" and "slug" are different fields.`},
		{`{ node(id: 1) { a: id ... on Product { a: sku } } }`, `Fields "a" conflict because "id" and "sku" are different fields.`},
		{`{ node(id: 1) { ... on Product { a: category { b: name } } ... on Category { a: parent { b: slug } } } }`, `Fields "a" conflict because they return conflicting types "Category!" and "Category".`},
		{`{ node(id: 1) { ... on Product { products: category { id b: name } } ... on Category { products { b: totalCount } } } }`, `Fields "products" conflict because subfields "b" conflict because they return conflicting types "String!" and "Int!".`},
		{`{ node(id: 1) { ... on Product { category { a: name } } ... on Product { ...F } } } fragment F on Product { category { ...G } } fragment G on Category { a: slug }`, `Fields "category" conflict because subfields "a" conflict because "name" and "slug" are different fields.`},
	} {
		doc := validated(t, r, tt.text)
		if doc == nil {
			if tt.want != "invalid" {
				t.Errorf("%s is invalid otherwise", tt.text)
			}
			continue
		}
		got := checkMerges(schema, doc, DefaultLimits())
		switch {
		case tt.want == "" && got != nil:
			t.Errorf("%s: %v", tt.text, got)
		case tt.want != "" && (len(got) != 1 || got[0].Message != tt.want+" Use different aliases on the fields to fetch both if this was intentional."):
			t.Errorf("%s: %v\nwant %s", tt.text, got, tt.want)
		case len(got) > 0 && (got[0].Extensions["code"] != "GRAPHQL_VALIDATION_FAILED" || len(got[0].Locations) != 1):
			t.Errorf("%s: %+v", tt.text, got[0])
		}
		if want := reference(schema, doc); (len(want) > 0) != (tt.want != "") {
			t.Errorf("%s: the reference finds %v", tt.text, want)
		}
	}
}

// TestMergesTakeFewSteps has fragments remember the way that leads to them: in each layer, below `children` the first
// fragment is spread, too, and all others move up by one. So there are as many groups of fields as there are ways, a
// million of them, in a document of a few thousand tokens.
func TestMergesTakeFewSteps(t *testing.T) {
	const layers, width = 20, 20
	var text strings.Builder
	text.WriteString("{ category(by: {id: 1}) { ...F0x0 } }")
	for layer := range layers {
		for i := range width {
			_, _ = fmt.Fprintf(&text, " fragment F%dx%d on Category { id", layer, i)
			if layer+1 < layers && i+1 < width {
				_, _ = fmt.Fprintf(&text, " parent { ...F%dx%d } children { ...F%dx0 ...F%dx%d }", layer+1, i+1, layer+1, layer+1, i+1)
			}
			text.WriteString(" }")
		}
	}
	doc, err := parse(text.String())
	if err != nil {
		t.Fatal(err)
	}
	schema := Schema()
	core.Walk(schema, doc, &core.Events{})
	got := checkMerges(schema, doc, DefaultLimits())
	if len(got) != 1 || got[0].Extensions["code"] != "OPERATION_LIMIT_EXCEEDED" || !strings.Contains(got[0].Message, "more than 100000 steps") {
		t.Errorf("%v", got)
	}
}
