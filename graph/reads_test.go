package graph_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReads holds what a request reads: lists are counted only where totalCount is selected, and relations are read only
// where they are, however that is written.
func TestReads(t *testing.T) {
	a := newAPI(t)
	a.db.Editions.Hears(false) // or else counts were kept
	ada := a.signIn("ada")
	root := a.staff("root")
	a.grow(root)
	for _, tt := range []struct {
		query  string
		bearer string
		want   string // table by table, in the order in which they are read
	}{
		// What is selected is read, and no more.
		{`{ products { nodes { name } } }`, "", "products"},
		{`{ products { totalCount } }`, "", "count products"},
		{`{ products(first: 0) { totalCount nodes { category { name } } } }`, "", "count products"},
		{`{ products { pageInfo { hasNextPage } } }`, "", "products"},
		{`{ products { edges { cursor } } }`, "", "products"},
		{`{ products { totalCount nodes { category { name } owner { id } } } }`, "", "count products, products, categories"},
		{`{ categories(where: {isRoot: false}) { nodes { parent { parent { name } } } } }`, "", "categories, categories, categories"},
		{`{ categories { nodes { children { name } ancestors { name } } } }`, "", "categories, categories, categories"},
		{`{ categories { nodes { name } } }`, "", "categories"},
		{`{ categories { totalCount } }`, "", "count categories"},
		{`{ categories { nodes { products { totalCount } } } }`, "", "categories, count products"},
		{`{ categories { nodes { products { nodes { name } } } } }`, "", "categories, products"},
		{`{ categories { nodes { products(first: 0) { nodes { category { id } } } } } }`, "", "categories"},
		{`{ users { nodes { email } } }`, root, "viewer, users"},
		{`{ users { totalCount } }`, root, "viewer, count users"},
		{`{ auditEvents { nodes { kind } } }`, root, "viewer, audit_events"},
		{`{ auditEvents { totalCount nodes { actor { id } } } }`, root, "viewer, count audit_events, audit_events, users"},
		{`{ product(by: {slug: "chai"}) { name } }`, ada, "viewer, products"},
		{`{ product(by: {slug: "chai"}) { category { name } } }`, "", "products, categories"},
		{`{ category(by: {slug: "beverages"}) { name } }`, ada, "categories"},
		{`{ me { username } }`, ada, "viewer"},

		// Under another name.
		{`{ p: products { n: totalCount } }`, "", "count products"},
		{`{ p: products { totalCount: __typename rows: nodes { name } } }`, "", "products"},
		{`{ products { nodes { shelf: category { name } } } }`, "", "products, categories"},
		{`{ products { nodes { category: name } } }`, "", "products"},
		{`{ a: products { totalCount } b: products { nodes { name } } }`, "", "count products, products"},

		// Twice, and once for all.
		{`{ products { nodes { name } nodes { category { name } } edges { node { category { slug } } } } }`, "", "products, categories"},
		{`{ products { totalCount } products { nodes { name } } }`, "", "count products, products"},

		// By fragment.
		{`{ products { ...C } } fragment C on ProductConnection { totalCount }`, "", "count products"},
		{`{ products { ... { totalCount } } }`, "", "count products"},
		{`{ ...Q } fragment Q on Query { products { ...C } } fragment C on ProductConnection { nodes { ...P } } fragment P on Product { category { ...S } } fragment S on Category { name }`, "", "products, categories"},
		{`{ products { nodes { ... on Node { ... on Product { category { name } } } } } }`, "", "products, categories"},
		{`{ node(id: 12884901889) { ... on Category { parent { name } } ... on User { id } } }`, "", "products"},
		{`{ node(id: 12884901889) { ... on Category { parent { name } } ... on Product { category { name } } } }`, "", "products, categories"},

		// On conditions.
		{`query ($no: Boolean! = false) { products { totalCount @include(if: $no) nodes { name } } }`, "", "products"},
		{`query ($yes: Boolean! = true) { products { totalCount @include(if: $yes) } }`, "", "count products"},
		{`query ($yes: Boolean! = true) { products { totalCount @skip(if: $yes) nodes { name category @skip(if: $yes) { name } } } }`, "", "products"},
		{`query ($no: Boolean! = false) { products { nodes { name ...P @include(if: $no) } } } fragment P on Product { category { name } }`, "", "products"},
		{`query ($no: Boolean! = false) { products { nodes { name ... @include(if: $no) { category { name } } } } }`, "", "products"},
		{`query ($no: Boolean! = false) { products { nodes { category { name } category @include(if: $no) { parent { name } } } } }`, "", "products, categories"},
		{`query ($no: Boolean! = false) { categories { nodes { name products @include(if: $no) { totalCount } } } }`, "", "categories"},
		{`query ($no: Boolean! = false) { products @include(if: $no) { totalCount } categories { nodes { name } } }`, "", "categories"},
		{`query ($no: Boolean! = false) { products { nodes { name } ...P @include(if: $no) } ...P2 } fragment P on ProductConnection { totalCount } fragment P2 on Query { products { nodes { slug } } }`, "", "products"},
	} {
		reply := a.ask(tt.query, nil, tt.bearer)
		if strings.Contains(reply, `"errors"`) {
			t.Fatalf("%s: %s", tt.query, reply)
		}
		if got := a.reads(); !sameReads(got, tt.want) {
			t.Errorf("%s\nreads %s; want %s", tt.query, got, tt.want)
		}
	}
}

// sameReads says whether two lists name the same reads. Fields of the root are resolved side by side, so there is no order.
func sameReads(a, b string) bool {
	one, other := strings.Split(a, ", "), strings.Split(b, ", ")
	slices.Sort(one)
	slices.Sort(other)
	return slices.Equal(one, other)
}

// reads are the tables that the last request read or counted. What is read of users and sessions to tell who asks
// is the viewer.
func (a *api) reads() string {
	var tables []string
	for _, statement := range a.selects() {
		outermost := withoutParentheses(statement)
		read := regexp.MustCompile("(?:FROM|JOIN) `?(\\w+)`?").FindAllStringSubmatch(outermost, -1)
		table := read[0][1]
		before, _, _ := strings.Cut(outermost, "FROM")
		switch {
		case strings.Contains(before, "s.generation"):
			table = "viewer"
		case strings.Contains(before, "COUNT"):
			table = "count " + table
		}
		tables = append(tables, table)
		for _, joined := range read[1:] {
			if table == "products" { // what else is joined finds rows
				tables = append(tables, joined[1])
			}
		}
	}
	return strings.Join(tables, ", ")
}

// withoutParentheses is a text without what stands in parentheses.
func withoutParentheses(text string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
			return -1
		}
		if depth > 0 {
			return -1
		}
		return r
	}, text)
}
