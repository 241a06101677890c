package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	a := newAPI(t)
	exceeded := []string{`"code":"OPERATION_LIMIT_EXCEEDED"`}
	answered := []string{`"data":{`}
	for _, tt := range []struct {
		name, query string
		variables   map[string]any
		want        []string
	}{
		{"the largest page with its relations", `{ products(first: 100) { edges { node { category { name parent { name } } } } } }`, nil, answered},
		{"a tree that is searched up and down", `{ categories { nodes { children { parent { children { parent { name } } } } } } }`, nil, exceeded},
		{"the page size in a variable", `query($n: Int) { categories(first: $n) { nodes { children { name } } } }`, map[string]any{"n": 100}, exceeded},
		{"a small page in a variable", `query($n: Int) { categories(first: $n) { nodes { children { name } } } }`, map[string]any{"n": 2}, answered},
		{"the page size by default", `query($n: Int = 100) { categories(first: $n) { nodes { children { name } } } }`, nil, exceeded},
		{"many pages under aliases", "{" + times(6, func(i int) string {
			return fmt.Sprintf(" p%d: products(first: 100) { nodes { category { name } } }", i)
		}) + "}", nil, exceeded},
		{"products of categories", `{ categories { nodes { products(first: 5) { nodes { name } } children { name } parent { name } } } }`, nil, answered},
		{"products of many categories", `{ categories(first: 40) { nodes { products(first: 25) { nodes { name } } } } }`, nil, exceeded},
		{"products of categories, as many as by default", `{ categories(first: 50) { nodes { products { nodes { name } } } } }`, nil, exceeded},
		{"products of products' categories", `{ products(first: 10) { nodes { category { products(first: 10) { nodes { category { products(first: 10) { nodes { name } } } } } } } } }`, nil, exceeded},
		{"counts of many categories", `{ categories(first: 100) { nodes { products { totalCount } } } }`, nil, answered},
		{"where many pages begin and end", `{ categories(first: 100) { nodes { products(first: 100) { pageInfo { endCursor } } } } }`, nil, exceeded},
		{"where they do, by fragment", `{ categories(first: 100) { nodes { products(first: 100) { ...F } } } } fragment F on ProductConnection { ... { ...G } } fragment G on ProductConnection { pageInfo { endCursor } }`, nil, exceeded},
		{"a page and where it ends", `{ products(first: 100) { edges { cursor node { name category { name parent { name } } } } pageInfo { endCursor } } }`, nil, answered},
		{"twelve deep", `{ category(by: {slug: "x"}) ` + strings.Repeat("{ parent ", 10) + "{ name }" + strings.Repeat("}", 10) + "}", nil, answered},
		{"thirteen deep", `{ category(by: {slug: "x"}) ` + strings.Repeat("{ parent ", 11) + "{ name }" + strings.Repeat("}", 11) + "}", nil, exceeded},
		{"deep through fragments", `{ category(by: {slug: "x"}) { ...A } } fragment A on Category { parent { parent { parent { parent { parent { ...B } } } } } } ` +
			`fragment B on Category { parent { parent { parent { parent { parent { parent { name } } } } } } }`, nil, exceeded},
		{"two credentials under aliases", `mutation { a: tokenVerify(token: "x") { isValid } b: tokenVerify(token: "y") { isValid } }`, nil, exceeded},
		{"two credentials through a fragment", `mutation { tokenVerify(token: "x") { isValid } ...F } fragment F on Mutation { tokenRevoke(refresh: "y") { revoked } }`, nil, exceeded},
		{"a credential and something else", `mutation { tokenVerify(token: "x") { isValid } productDelete(id: 1) { deletedId } }`, nil, answered},
		{"a hundred rows written and read", bulk + ` { productsBulkUpsert(input: $rows) { products { category { parent { id } } owner { id } } } }`, upserts(100), answered},
		{"with what is around them", bulk + ` { productsBulkUpsert(input: $rows) { products { category { children { id } } } } }`, upserts(100), exceeded},
		{"fewer of them", bulk + ` { productsBulkUpsert(input: $rows) { products { category { children { id } } } } }`, upserts(40), answered},
		{"nine hundred rows by aliases", bulk + " {" + times(9, func(i int) string { return fmt.Sprintf(" a%d: productsBulkUpsert(input: $rows) { created }", i) }) + " }", upserts(100), answered},
		{"a thousand", bulk + " {" + times(10, func(i int) string { return fmt.Sprintf(" a%d: productsBulkUpsert(input: $rows) { created }", i) }) + " }", upserts(100), exceeded},
		{"more tokens than are read", "{" + strings.Repeat(" __typename", 2100) + "}", nil, exceeded},
		{"introspection", `{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name ofType { name } } } } } } } } }`, nil, answered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reply := a.ask(tt.query, tt.variables, "")
			for _, want := range tt.want {
				if !strings.Contains(reply, want) {
					t.Errorf("%s\nwant %s", cut(reply), want)
				}
			}
		})
	}
}

const bulk = `mutation ($rows: [ProductUpsertInput!]!)`

// upserts are variables with so many rows.
func upserts(n int) map[string]any {
	rows := make([]any, n)
	for i := range rows {
		rows[i] = map[string]any{"sku": fmt.Sprint(i), "name": "x", "price": "1", "category": "1"}
	}
	return map[string]any{"rows": rows}
}

// TestMultipliers sends what multiplies work by repeating names: each of these is small, and was enough to
// fill the memory or the log.
func TestMultipliers(t *testing.T) {
	a := newAPI(t)
	nested := func(depth int, wrap func(any) any) any {
		var value any = map[string]any{}
		for range depth {
			value = wrap(value)
		}
		return value
	}
	not := func(value any) any { return map[string]any{"not": value} }
	and := func(value any) any { return map[string]any{"and": value} }
	const where = `query($w: ProductWhere) { products(where: $w) { totalCount } }`
	for _, tt := range []struct {
		name, query string
		variables   map[string]any
		want        string
	}{
		{"aliases of aliases in introspection", "{" + times(8, func(i int) string { return fmt.Sprintf(" a%d: __schema { ...F }", i) }) + "} fragment F on __Schema {" +
			times(7, func(i int) string { return fmt.Sprintf(" b%d: types { name }", i) }) + "}", nil, "OPERATION_LIMIT_EXCEEDED"},
		{"one alias within introspection", `{ __schema { all: types { name } } }`, nil, "OPERATION_LIMIT_EXCEEDED"},
		{"introspection under an alias", `{ s: __schema { queryType { name } } }`, nil, `"name":"Query"`},
		{"sixteen aliases of a text", "{ products { nodes { name" + times(16, func(i int) string { return fmt.Sprintf(" a%d: name", i) }) + " } } }", nil, "OPERATION_LIMIT_EXCEEDED"},
		{"fifteen", "{ products { nodes { name" + times(15, func(i int) string { return fmt.Sprintf(" a%d: name", i) }) + " } } }", nil, `"data":`},
		{"eleven directives", "{ products { totalCount" + times(11, func(int) string { return " ... @include(if: true) { __typename }" }) + " } }", nil, "OPERATION_LIMIT_EXCEEDED"},
		{"twenty-one fields at the root", "{" + times(7, func(i int) string {
			return fmt.Sprintf(" a%d: __typename b%d: __typename", i, i)
		}) + " products { totalCount } categories { totalCount } node(id: 1) { id } me { id } sessions { id } product(by: {id: 1}) { id } category(by: {id: 1}) { id } }", nil, "OPERATION_LIMIT_EXCEEDED"},
		{"a filter nested in a variable", where, map[string]any{"w": nested(9000, not)}, "OPERATION_LIMIT_EXCEEDED"},
		{"a filter nested in single values for lists", where, map[string]any{"w": nested(9000, and)}, "OPERATION_LIMIT_EXCEEDED"},
		{"a filter nested as deep as it may be", where, map[string]any{"w": nested(8, not)}, `"data":`},
		{
			"many ids with children", `query($ids: [ID!]!) { nodes(ids: $ids) { ... on Category { children { name } } } }`,
			map[string]any{"ids": strings.Split(strings.Repeat("1,", 99)+"1", ",")},
			"OPERATION_LIMIT_EXCEEDED",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if reply := a.ask(tt.query, tt.variables, ""); !strings.Contains(reply, tt.want) {
				t.Errorf("%s\nwant %s", cut(reply), tt.want)
			}
		})
	}
}

// TestFewMistakesAreTold sends a document with two hundred thousand: each pair of conflicting fields is one.
func TestFewMistakesAreTold(t *testing.T) {
	a := newAPI(t)
	fields := times(100, func(int) string { return " a: me { id } a: sessions { id } a: products { totalCount }" })
	for _, query := range []string{"{" + fields + "}", "{" + times(600, func(i int) string { return fmt.Sprintf(" x%d", i) }) + "}"} {
		reply := a.ask(query, nil, "")
		if n := strings.Count(reply, "GRAPHQL_VALIDATION_FAILED"); n == 0 || n > 5 || len(reply) > 4000 {
			t.Errorf("%d mistakes in %d bytes: %s", n, len(reply), cut(reply))
		}
	}
}

// TestObjectsForLeaves sends {} where a Boolean or an enum belongs: gqlparser lets it pass, gqlgen panics.
func TestObjectsForLeaves(t *testing.T) {
	a := newAPI(t)
	for _, query := range []string{
		`{ products(where: {inStock: {}}) { totalCount } }`,
		`{ products(where: {name: {eq: {}}}) { totalCount } }`,
		`{ products(first: {}) { totalCount } }`,
		`{ products(orderBy: [{field: {}}]) { totalCount } }`,
		`{ node(id: {}) { id } }`,
		`{ __typename @skip(if: {}) }`,
		`query($b: Boolean = {}) { __typename @skip(if: $b) }`,
		`{ __schema { types { ...F } } } fragment F on __Type { fields { name @skip(if: {}) } }`,
	} {
		if reply := a.ask(query, nil, ""); !strings.Contains(reply, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: %s", query, cut(reply))
		}
	}
	if logged := a.log.String(); logged != "" {
		t.Errorf("the log was filled: %s", cut(logged))
	}
}

// TestFragmentsAreMeasuredOnce would not end were each spread measured anew: there are 2^30 of them, and
// as many objects by the estimate.
func TestFragmentsAreMeasuredOnce(t *testing.T) {
	a := newAPI(t)
	var query strings.Builder
	query.WriteString(`{ category(by: {slug: "x"}) { ...F0 } }`)
	for i := range 30 {
		_, _ = fmt.Fprintf(&query, " fragment F%d on Category { parent { name } ...F%d children { ...F%d } }", i, i+1, i+1)
	}
	query.WriteString(" fragment F30 on Category { name }")
	if reply := a.ask(query.String(), nil, ""); !strings.Contains(reply, "OPERATION_LIMIT_EXCEEDED") {
		t.Error(cut(reply))
	}
}

func times(n int, f func(int) string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(f(i))
	}
	return all.String()
}

func cut(reply string) string {
	if len(reply) > 600 {
		return reply[:600] + "…"
	}
	return reply
}
