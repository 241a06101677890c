// Package hostile holds requests that mean harm, for tests: small ones that multiply, large ones, and some that are only
// nasty. None of them is to be executed.
package hostile

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Request is a request by POST, as a body of JSON, and what is to come of it.
type Request struct {
	Name   string
	Body   func() string
	Code   string // of every error of the answer
	Status int    // of HTTP; 0 stands for 200
	// Chunked says that the length of the body is not told beforehand.
	Chunked bool
}

// Send is the body to send.
func (r Request) Send() io.Reader {
	body := io.Reader(strings.NewReader(r.Body()))
	if r.Chunked {
		body = io.MultiReader(body) // of which net/http cannot tell the length
	}
	return body
}

// The codes of refusals.
const (
	badInput = "BAD_USER_INPUT"
	limit    = "OPERATION_LIMIT_EXCEEDED"
	invalid  = "GRAPHQL_VALIDATION_FAILED"
	unparsed = "GRAPHQL_PARSE_FAILED"
	unknown  = "PERSISTED_QUERY_NOT_FOUND"
)

// Requests are the requests. A server with settings as by default refuses all of them.
func Requests() []Request {
	return append(append(append(documents(), conflicts()...), values()...), bodies()...)
}

// documents multiply what is in them, or go round in circles.
func documents() []Request {
	return []Request{
		{Name: "5,000 repeated fields", Body: document("{" + repeat(5000, " __typename") + " }"), Code: limit},
		{Name: "10,000 aliases", Body: document("{" + times(10_000, " a%d: __typename") + " }"), Code: limit},
		{Name: "600 aliases", Body: document("{" + times(600, " a%d: __typename") + " }"), Code: limit},
		{Name: "aliases of aliases in introspection", Body: document("{" + times(8, " a%d: __schema { ...F }") + " } fragment F on __Schema {" + times(7, " b%d: types { name }") + " }"), Code: limit},
		{Name: "1,000 directives", Body: document("{ __typename" + repeat(1000, " @a") + " }"), Code: limit},
		{Name: "250 directives", Body: document("{ __typename" + repeat(250, " @include(if: true)") + " }"), Code: limit},
		{Name: "depth 2,000", Body: document(nest(2000, "{ parent ", "{ id }", " }")), Code: limit},
		{Name: "depth 600", Body: document("{ category(by: {id: 1}) " + nest(600, "{ parent ", "{ id }", " }") + " }"), Code: limit},
		{Name: "depth 2,000 by inline fragments", Body: document(nest(2000, "{ ... ", "{ __typename }", " }")), Code: limit},
		{Name: "depth by fragments", Body: document("{ category(by: {id: 1}) { ...F0 } }" + chain(100, " fragment F%d on Category { parent { ...F%d } }", " fragment F100 on Category { id }")), Code: limit},
		{Name: "exponential fragments", Body: document("{ category(by: {id: 1}) { ...F0 } }" + chain(60, " fragment F%d on Category { id ...F%[2]d children { ...F%[2]d } }", " fragment F60 on Category { id }")), Code: limit},
		{Name: "exponential lists", Body: document("{ categories(first: 100) { nodes { ...F } } } fragment F on Category { children { ...G } products(first: 100) { nodes { category { ...G } } } } fragment G on Category { children { children { children { id } } } }"), Code: limit},
		{Name: "fragments that remember", Body: document(remembering(9)), Code: limit},
		{Name: "a circular fragment", Body: document("{ ...F } fragment F on Query { __typename ...F }"), Code: invalid},
		{Name: "150 circular fragments", Body: document("{ ...F0 }" + chain(150, " fragment F%d on Query { ...F%d }", " fragment F150 on Query { ...F0 }")), Code: invalid},
		{Name: "fragments that all spread all", Body: document("{" + times(25, " ...F%d") + " }" + times(25, " fragment F%d on Query {"+times(25, " ...F%d")+" }")), Code: invalid},
		{Name: "circular fields", Body: document("{ category(by: {id: 1}) { ...F } } fragment F on Category { parent { ...F } children { ...F } }"), Code: invalid},
		{Name: "circular introspection", Body: document("{ __schema { types { ...F } } } fragment F on __Type { fields { type { ...F } } inputFields { type { ...F } } }"), Code: invalid},
		{Name: "deep introspection", Body: document("{ __schema { types " + nest(80, "{ fields { type ", "{ name }", " } }") + " } }"), Code: invalid},
		{Name: "10,000 unused fragments", Body: document("{a}" + times(10_000, "fragment F%d on Q{a}")), Code: limit},
		{Name: "250 unused fragments", Body: document("{ __typename }" + times(250, " fragment F%d on Query { __typename }")), Code: invalid},
		{Name: "450 operations", Body: document(times(450, " query Q%d { __typename }")), Code: limit},
		{Name: "300 operations", Body: document(times(300, " query Q%d { __typename }")), Code: invalid},
		{Name: "300 operations of one name", Body: document(repeat(300, " query Q { __typename }")), Code: invalid},
		{Name: "operations that all spread a long chain", Body: document(times(140, " query Q%d { ...F0 }") + chain(100, " fragment F%d on Query { __typename ...F%d }", " fragment F100 on Query { a }")), Code: invalid},
		{Name: "300 variables of one name", Body: document("query (" + repeat(300, " $v: Int") + ") { __typename }"), Code: invalid},
		{Name: "21 root fields", Body: document("{" + times(15, " a%d: me { id }") + " me { id } sessions { id } products { totalCount } categories { totalCount } users { totalCount } auditEvents { totalCount } }"), Code: limit},
		{Name: "200 credential mutations by alias", Body: document("mutation {" + times(200, ` a%d: tokenVerify(token: "x") { isValid }`) + " }"), Code: limit},
		{Name: "16 credential mutations by fragments", Body: document("mutation { tokenVerify(token: \"x\") { isValid } ...F } fragment F on Mutation {" + times(15, ` a%d: tokenVerify(token: "x") { isValid }`) + " }"), Code: limit},
		{Name: "comments only", Body: document("{ __typename }" + repeat(60_000, "#\n")), Code: limit},
	}
}

// remembering is a document with as many groups of fields to merge as there are ways through its layers: 3 to the power of
// their number.
func remembering(layers int) string {
	var text strings.Builder
	text.WriteString("{ category(by: {id: 1}) { ...F0x0 } }")
	for layer := range layers {
		for i := range layer + 1 {
			_, _ = fmt.Fprintf(&text, " fragment F%dx%d on Category { id", layer, i)
			if layer+1 < layers {
				_, _ = fmt.Fprintf(&text, " parent { ...F%dx%d } children { ...F%dx0 ...F%dx%d }", layer+1, i+1, layer+1, layer+1, i+1)
			}
			text.WriteString(" }")
		}
	}
	return text.String()
}

// conflicts are documents in which fields cannot be merged, or nothing is as it should be.
func conflicts() []Request {
	return []Request{
		{Name: "200 fields that conflict", Body: document("{" + times(200, " node(id: %d) { id }") + " }"), Code: invalid},
		{Name: "1,900 fields of one name, the last another", Body: document("{ node(id: 1) {" + repeat(1900, " id") + " ... on Product { id: name } } }"), Code: invalid},
		{Name: "40 by 40 fields of one name, the last another", Body: document("{" + repeat(40, " node(id: 1) {"+repeat(35, " id")+" }") + " node(id: 1) { ... on Product { id: sku } } }"), Code: invalid},
		{Name: "fields that conflict across 90 fragments", Body: document("{" + times(90, " ...F%d") + " }" + times(90, " fragment F%d on Query { node(id: %[1]d) { id } }")), Code: invalid},
		{Name: "fields that conflict deep down", Body: document("{ category(by: {id: 1}) { ...F ...G } } fragment F on Category " + nest(8, "{ parent ", "{ name: slug }", " }") + " fragment G on Category " + nest(8, "{ parent ", "{ name }", " }")), Code: invalid},
		{Name: "1,900 unknown fields", Body: document("{" + times(1900, " product%d") + " }"), Code: invalid},
		{Name: "600 unknown arguments", Body: document("{ products(" + times(600, " firs%d: 1") + ") { totalCount } }"), Code: invalid},
		{Name: "a name of 200 KB", Body: document("{ " + repeat(200_000, "a") + " }"), Code: invalid},
		{Name: "50 names of 4 KB", Body: document("{ products(" + repeat(50, " "+repeat(4000, "f")+": 1") + ") { totalCount } }"), Code: invalid},
		{Name: "an enum's value of 200 KB", Body: document(`{ products(orderBy: [{field: "` + repeat(200_000, "N") + `"}]) { totalCount } }`), Code: invalid},
		{Name: "300 wrong enum values", Body: document("{ products(orderBy: [" + repeat(300, "{field: NAMEX}") + "]) { totalCount } }"), Code: invalid},
	}
}

// values are literals and variables of sizes and forms that nobody has a use for.
func values() []Request {
	const where = "query ($w: ProductWhere) { products(where: $w) { totalCount } }"
	variables := func(query, text string) func() string {
		return func() string { return `{"query":` + quoted(query) + `,"variables":` + text + `}` }
	}
	return []Request{
		{Name: "objects 9,000 deep in variables", Body: variables(where, `{"w":`+nest(9000, `{"not":`, "{}", "}")+`}`), Code: limit},
		{Name: "lists 9,000 deep in variables", Body: variables(where, `{"w":{"and":`+nest(9000, "[", "", "]")+`}}`), Code: limit},
		{Name: "lists 100,000 deep in variables", Body: variables(where, `{"w":`+nest(100_000, "[", "", "]")+`}`), Code: badInput, Status: 400},
		{Name: "objects 400 deep in a literal", Body: document("{ products(where: " + nest(400, "{not: ", "{}", "}") + ") { totalCount } }"), Code: limit},
		{Name: "lists 900 deep in a literal", Body: document("{ nodes(ids: " + nest(900, "[", "", "]") + ") { id } }"), Code: limit},
		{Name: "a filter 40 deep", Body: document("{ products(where: " + nest(40, "{not: ", "{}", "}") + ") { totalCount } }"), Code: badInput},
		{Name: "1,001 conditions", Body: variables(where, `{"w":{"and":[`+repeat(20, `{"or":[`+repeat(99, `{"inStock":true},`)+`{"inStock":true}]},`)+`{}]}}`), Code: badInput},
		{Name: "60,000 ids in a variable", Body: variables("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", `{"ids":[`+repeat(60_000, "1,")+`1]}`), Code: badInput},
		{Name: "1,900 ids in a literal", Body: document("{ nodes(ids: [" + repeat(1900, "1 ") + "]) { id } }"), Code: badInput},
		{Name: "60,000 ids, the last of which is none", Body: variables("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", `{"ids":[`+repeat(60_000, "1,")+`true]}`), Code: invalid},
		{Name: "20,000 unknown members", Body: variables(where, `{"w":{`+times(20_000, `"m%d":1,`)+`"m":1}}`), Code: invalid},
		{Name: "a string of 200 KB", Body: document(`{ products(search: "` + repeat(200_000, "x") + `") { totalCount } }`), Code: badInput},
		{Name: "a block string of 60,000 lines", Body: document(`{ products(search: """` + repeat(60_000, "x\n") + `""") { totalCount } }`), Code: badInput},
		{Name: "a block string of quotes", Body: document(`{ products(search: """` + repeat(25_000, `\""" `) + `""") { totalCount } }`), Code: badInput},
		{Name: "a block string that does not end", Body: document(`{ products(search: """` + repeat(200_000, " ")), Code: unparsed},
		{Name: "30,000 escapes", Body: document(`{ products(search: "` + repeat(30_000, `\u0041`) + `") { totalCount } }`), Code: badInput},
		{Name: "an escape beyond Unicode", Body: document(`{ products(search: "\u{110000}") { totalCount } }`), Code: unparsed},
		{Name: "an escape that is cut off", Body: document(`{ products(search: "\uD8`), Code: unparsed},
		{Name: "an escape of half a character", Body: document(`{ products(search: "\uD800 \uDC00") { totalCount } }`), Code: invalid},
		{Name: "a control character", Body: document("{ products(search: \"\x00\") { totalCount } }"), Code: unparsed},
		{Name: "an integer of 200 KB", Body: document("{ products(first: " + repeat(200_000, "9") + ") { totalCount } }"), Code: invalid},
		{Name: "an integer of 200 KB in a variable", Body: variables("query ($n: Int) { products(first: $n) { totalCount } }", `{"n":`+repeat(200_000, "9")+`}`), Code: invalid},
		{Name: "a decimal of 200 KB", Body: variables(where, `{"w":{"price":{"eq":`+repeat(200_000, "9")+`.5}}}`), Code: badInput},
		{Name: "a decimal with a huge exponent", Body: document("{ products(where: {price: {eq: 1e999999999}}) { totalCount } }"), Code: invalid},
		{Name: "an id with a huge exponent", Body: variables("query ($id: ID!) { product(by: {id: $id, slug: \"x\"}) { id } }", `{"id":1e999999999}`), Code: badInput},
		{Name: "a number without an end", Body: document("{ products(first: 1" + repeat(100_000, "e1")), Code: unparsed},
	}
}

// bodies are harm in what is around a document.
func bodies() []Request {
	body := func(text string) func() string { return func() string { return text } }
	return []Request{
		{Name: "50 MB", Body: func() string { return `{"query":"{ __typename }","variables":{"x":"` + repeat(50<<20, "x") + `"}}` }, Code: limit, Status: 413},
		{Name: "50 MB, in chunks", Body: func() string { return `{"query":"{ __typename }","variables":{"x":"` + repeat(50<<20, "x") + `"}}` }, Code: limit, Status: 413, Chunked: true},
		{Name: "a byte too many", Body: func() string { return `{"query":"{ __typename }"}` + repeat(256<<10-25, " ") }, Code: limit, Status: 413},
		{Name: "a batch of 5,000", Body: body("[" + repeat(5000, `{"query":"{ __typename }"},`) + "{}]"), Code: badInput, Status: 400},
		{Name: "no text", Body: body("{\"query\":\"{ __typename }\xff\"}"), Code: badInput, Status: 400},
		{Name: "10,000 members", Body: body(`{` + times(10_000, `"m%d":1,`) + `"query":""}`), Code: badInput, Status: 400},
		{Name: "a hash of 200 KB", Body: body(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + repeat(200_000, "a") + `"}}}`), Code: badInput},
		{Name: "an unknown hash", Body: body(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + repeat(64, "a") + `"}}}`), Code: unknown},
		{Name: "an id of 200 KB", Body: body(`{"documentId":"` + repeat(200_000, "a") + `"}`), Code: unknown},
		{Name: "an operation's name of 200 KB", Body: body(`{"query":"query A { __typename }","operationName":"` + repeat(200_000, "a") + `"}`), Code: invalid},
		{Name: "nothing but commas", Body: document(repeat(200_000, ",")), Code: invalid},
	}
}

// document is the body of a request with nothing but a document.
func document(text string) func() string {
	return func() string { return `{"query":` + quoted(text) + `}` }
}

func quoted(text string) string {
	quoted, _ := json.Marshal(text) // texts can always be written
	return string(quoted)
}

func repeat(n int, text string) string { return strings.Repeat(text, n) }

// times repeats a text with the numbers from 0 on in it.
func times(n int, format string) string {
	var text strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&text, format, i)
	}
	return text.String()
}

// chain is a text for each number and the next one, and one for the end.
func chain(n int, format, end string) string {
	var text strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&text, format, i, i+1)
	}
	return text.String() + end
}

func nest(n int, open, innermost, closing string) string {
	return strings.Repeat(open, n) + innermost + strings.Repeat(closing, n)
}
