package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/graph"
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

// TestFewMistakesAreTold sends documents with hundreds, of which each pair of conflicting fields is one.
func TestFewMistakesAreTold(t *testing.T) {
	for most, a := range map[int]*api{
		5: newAPI(t),
		2: newAPI(t, func(s *graph.Settings) {
			s.Limits = graph.DefaultLimits()
			s.Limits.RequestErrors = 2
		}),
	} {
		for _, query := range []string{
			"{" + times(200, func(i int) string { return fmt.Sprintf(" node(id: %d) { id }", i) }) + "}",
			"{" + times(7, func(i int) string {
				return fmt.Sprintf(" a%d: product(by: {id: 1}) { id name } a%d: product(by: {id: 2}) { id }", i, i)
			}) + "}",
			"{" + times(600, func(i int) string { return fmt.Sprintf(" x%d", i) }) + "}",
		} {
			reply := a.ask(query, nil, "")
			if n := strings.Count(reply, "GRAPHQL_VALIDATION_FAILED"); n == 0 || n > most || len(reply) > 4000 {
				t.Errorf("%d mistakes in %d bytes: %s", n, len(reply), cut(reply))
			}
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

// TestEveryLimit is at each limit, and one beyond it. What is refused says which limit it is, in words and for programs.
func TestEveryLimit(t *testing.T) {
	verify := func(n int) string {
		return "mutation {" + times(n, func(i int) string { return fmt.Sprintf(" a%d: tokenVerify(token: \"x\") { isValid }", i) }) + " }"
	}
	for _, tt := range []struct {
		name    string
		limit   func(*graph.Limits) *int
		query   func(n int) string
		message string
	}{
		{"tokens", func(l *graph.Limits) *int { return &l.Tokens }, func(n int) string { return "{" + strings.Repeat(" __typename", n-2) + "}" }, "The document has more than %d tokens."},
		{"depth", func(l *graph.Limits) *int { return &l.Depth }, func(n int) string {
			return "{ category(by: {id: 1}) " + strings.Repeat("{ parent ", n-2) + "{ id }" + strings.Repeat(" }", n-2) + " }"
		}, "The operation is more than %d fields deep."},
		{"aliases", func(l *graph.Limits) *int { return &l.Aliases }, func(n int) string {
			return "{" + times(n, func(i int) string { return fmt.Sprintf(" a%d: __typename", i) }) + " __typename }"
		}, "The operation has more than %d aliases."},
		{"directives", func(l *graph.Limits) *int { return &l.Directives }, func(n int) string {
			return "{ __typename" + strings.Repeat(" ... @include(if: true) { __typename }", n) + " }"
		}, "The operation has more than %d directives."},
		{"rootFields", func(l *graph.Limits) *int { return &l.RootFields }, func(n int) string {
			return "{" + times(n, func(i int) string { return fmt.Sprintf(" a%d: __typename", i) }) + " }"
		}, "The operation has more than %d fields at its root."},
		{"credentialMutations", func(l *graph.Limits) *int { return &l.CredentialMutations }, verify, "The operation has more than %d of the fields register, tokenObtain, tokenRefresh, tokenVerify, tokenRevoke, passwordChange."},
		{"complexity", func(l *graph.Limits) *int { return &l.Complexity }, func(n int) string {
			return fmt.Sprintf("{ products(first: %d) { nodes { id } } }", n-1)
		}, "The operation has a complexity of more than %d."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const most = 7
			a := newAPI(t, func(s *graph.Settings) {
				s.Limits = graph.Limits{Tokens: 1000, Depth: 100, Aliases: 100, Directives: 100, RootFields: 100, CredentialMutations: 100, Complexity: 1000, RequestErrors: 5}
				*tt.limit(&s.Limits) = most
			})
			if reply := a.ask(tt.query(most), nil, ""); !strings.Contains(reply, `{"data":{`) {
				t.Errorf("at the limit: %s", cut(reply))
			}
			want := fmt.Sprintf(`{"errors":[{"message":"`+tt.message+`","extensions":{"code":"OPERATION_LIMIT_EXCEEDED","limit":{"name":"%s","max":%d}}}]}`, most, tt.name, most)
			if reply := a.ask(tt.query(most+1), nil, ""); reply != want {
				t.Errorf("beyond it: %s\nwant %s", cut(reply), want)
			}
		})
	}
}

// TestNesting nests what is no field, with as many tokens as it takes.
func TestNesting(t *testing.T) {
	a := newAPI(t, func(s *graph.Settings) {
		s.Limits = graph.DefaultLimits()
		s.Limits.Tokens = 10_000
	})
	for most, query := range map[int]string{
		1000: strings.Repeat("{ ... ", 1500) + "{ __typename }" + strings.Repeat(" }", 1500),
		50:   "{ nodes(ids: " + strings.Repeat("[", 60) + strings.Repeat("]", 60) + ") { id } }",
	} {
		want := fmt.Sprintf(`"extensions":{"code":"OPERATION_LIMIT_EXCEEDED","limit":{"name":"nesting","max":%d}}}]}`, most)
		if reply := a.ask(query, nil, ""); !strings.HasSuffix(reply, want) {
			t.Errorf("%s\nwant %s", cut(reply), want)
		}
	}
	if reply := a.ask(strings.Repeat("{ ... ", 900)+"{ __typename }"+strings.Repeat(" }", 900), nil, ""); reply != `{"data":{"__typename":"Query"}}` {
		t.Error(cut(reply))
	}
}

// TestLimitsHoldForAllOfADocument sends documents whose other operation, or whose fragment that nobody uses, exceeds a
// limit: it would have to be validated, too.
func TestLimitsHoldForAllOfADocument(t *testing.T) {
	a := newAPI(t)
	aliases := times(16, func(i int) string { return fmt.Sprintf(" a%d: __typename", i) })
	deep := strings.Repeat("{ parent ", 12) + "{ id }" + strings.Repeat(" }", 12)
	for name, query := range map[string]string{
		"aliases":    "query { __typename } query B {" + aliases + " }",
		"depth":      "query { __typename } query B { category(by: {id: 1}) " + deep + " }",
		"directives": "{ __typename } fragment F on Query {" + strings.Repeat(" ... @skip(if: true) { __typename }", 11) + " }",
		"nesting":    "{ __typename } fragment F on Query { nodes(ids: " + strings.Repeat("[", 52) + strings.Repeat("]", 52) + ") { id } }",
	} {
		if reply := a.ask(query, nil, ""); !strings.Contains(reply, `"limit":{"name":"`+name+`"`) {
			t.Errorf("%s: %s", name, cut(reply))
		}
	}
	for _, query := range []string{ // of two fragments with one name, either
		"{ ...F } fragment F on Query {" + aliases + " } fragment F on Query { __typename }",
		"{ ...F } fragment F on Query { __typename } fragment F on Query {" + aliases + " }",
	} {
		if reply := a.ask(query, nil, ""); !strings.Contains(reply, `"limit":{"name":"aliases"`) {
			t.Error(cut(reply))
		}
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
