package graph_test

import (
	"strings"
	"testing"
)

// A string in a document that escapes half a character is refused, wherever it stands; one that holds the sign for what could
// not be read is none of that.
func TestStringsHoldWholeCharacters(t *testing.T) {
	a := newAPI(t)
	for query, fits := range map[string]bool{
		`{ category(by: {slug: "\ud83d\ude42"}) { id } }`:                                                                     true,
		`{ category(by: {slug: "🙂"}) { id } }`:                                                                                true,
		`{ category(by: {slug: "\ufffd"}) { id } }`:                                                                           true,
		"{ category(by: {slug: \"\ufffd\"}) { id } }":                                                                         true,
		`{ category(by: {slug: "\\ud83d"}) { id } }`:                                                                          true,
		"{ category(by: {slug: \"\"\"\\ud83d\ufffd\"\"\"}) { id } }":                                                          true, // where a backslash is one
		`{ category(by: {slug: "\ud83d"}) { id } }`:                                                                           false,
		`{ category(by: {slug: "🙂é\ude42"}) { id } }`:                                                                         false,
		`{ categories(where: {not: {or: [{name: {in: ["a", "b\udbff"]}}]}}) { totalCount } }`:                                 false,
		`query ($a: String! = "\ud83d") { category(by: {slug: $a}) { id } }`:                                                  false,
		"# é🙂é\n{ category(by: {slug: \"\\ud83d\"}) { id } }":                                                                 false,
		`{ ...F } fragment F on Query { a: category(by: {slug: "éé🙂"}) { id } b: products(search: "\ud83d") { totalCount } }`: false,
	} {
		reply := a.ask(query, nil, "")
		refused := strings.Contains(reply, "half a character") && strings.Contains(reply, "GRAPHQL_VALIDATION_FAILED")
		if answered := strings.Contains(reply, `"data":{`); answered != fits || refused == fits {
			t.Errorf("%s: %s", query, reply)
		}
	}
}
