package graph_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/persisted"
)

// withDocuments has requests name documents. A manifest is given as its text.
func withDocuments(t *testing.T, s persisted.Settings, manifest string) func(*graph.Settings) {
	return func(settings *graph.Settings) {
		if manifest != "" {
			s.Manifest = filepath.Join(t.TempDir(), "manifest.json")
			if err := os.WriteFile(s.Manifest, []byte(manifest), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.Check = graph.CheckDocument(settings.Limits)
		documents, err := persisted.New(s)
		if err != nil {
			t.Fatal(err)
		}
		settings.Documents = documents
	}
}

// byHash is Apollo's extension for a document.
func byHash(document string) map[string]any {
	sum := sha256.Sum256([]byte(document))
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(sum[:])}}
}

const (
	notFound     = `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`
	notSupported = `{"errors":[{"message":"PersistedQueryNotSupported","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`
	untrusted    = `{"errors":[{"message":"Only trusted documents are executed here, and this is none of them.","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`
	unknownID    = `{"errors":[{"message":"There is no document of this documentId.","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`
)

// TestAutomaticPersistedQueries has Apollo's conversation in every way there is: the hash, the hash with the document, and
// the hash again, with variables.
func TestAutomaticPersistedQueries(t *testing.T) {
	e := newAPI(t, withDocuments(t, persisted.Settings{Register: true}, "")).serve()
	for way, ask := range e.ways() {
		document := fmt.Sprintf("query ByOne%s($n: Int!) { products(first: $n) { nodes { name } } }", way)
		named := request{"extensions": byHash(document), "variables": map[string]any{"n": 1}}
		full := request{"query": document, "extensions": byHash(document), "variables": map[string]any{"n": 2}}
		if reply := ask(named); reply != notFound {
			t.Errorf("%s, before: %s", way, reply)
		}
		if reply := ask(full); reply != `{"data":{"products":{"nodes":[{"name":"Aniseed Syrup"},{"name":"Boston Crab Meat"}]}}}` {
			t.Errorf("%s, with the document: %s", way, reply)
		}
		if reply := ask(named); reply != `{"data":{"products":{"nodes":[{"name":"Aniseed Syrup"}]}}}` {
			t.Errorf("%s, after: %s", way, reply)
		}
		named["query"] = " "
		if reply := ask(named); reply != `{"data":{"products":{"nodes":[{"name":"Aniseed Syrup"}]}}}` {
			t.Errorf("%s, with a blank document: %s", way, reply)
		}
		full["query"] = document + " "
		if reply := ask(full); !strings.Contains(reply, `"code":"BAD_USER_INPUT"`) || !strings.Contains(reply, "is not the hash of the query") {
			t.Errorf("%s, with another document: %s", way, reply)
		}
		if reply := ask(request{"extensions": map[string]any{"persistedQuery": 1}}); !strings.Contains(reply, `"code":"BAD_USER_INPUT"`) {
			t.Errorf("%s, with a malformed extension: %s", way, reply)
		}
	}
}

// TestGarbageIsNotRegistered has documents registered that cannot be executed here, whatever the reason.
func TestGarbageIsNotRegistered(t *testing.T) {
	e := newAPI(t, withDocuments(t, persisted.Settings{Register: true}, ""), func(s *graph.Settings) { s.Introspection = false }).serve()
	for why, document := range map[string]string{
		"it does not parse":     "{ products",
		"it is not valid":       "{ produce { id } }",
		"it has no operation":   "fragment F on Query { __typename }",
		"it is too long":        "{" + strings.Repeat(" __typename", 2000) + "}",
		"it has many aliases":   "{" + times(16, func(i int) string { return fmt.Sprintf(" a%d: __typename", i) }) + "}",
		"it is deep":            `{ category(by: {id: 1}) ` + strings.Repeat("{ parent ", 12) + "{ id }" + strings.Repeat("}", 12) + "}",
		"it is complex":         `{ categories(first: 100) { nodes { children { id } } } }`,
		"it guesses twice":      `mutation { a: tokenVerify(token: "x") { isValid } b: tokenVerify(token: "y") { isValid } }`,
		"introspection is off":  `{ __schema { queryType { name } } }`,
		"its variables are bad": `query ($v: Int!) { products(first: $v) { totalCount } }`,
	} {
		if reply := e.post(request{"query": document, "extensions": byHash(document)}); !strings.HasPrefix(reply, `{"errors":`) || strings.Contains(reply, `"data"`) {
			t.Errorf("%s: %s", why, cut(reply))
		}
		if reply := e.post(request{"extensions": byHash(document)}); reply != notFound {
			t.Errorf("%s: %s", why, cut(reply))
		}
	}
}

// TestCredentialsAreNotRegistered executes sign-ins with a password in the document. Were they registered, whoever asks for
// the hashes of guesses would hear which of them is right, without being kept waiting.
func TestCredentialsAreNotRegistered(t *testing.T) {
	e := newAPI(t, withDocuments(t, persisted.Settings{Register: true}, "")).serve()
	for document, kept := range map[string]bool{
		`mutation { tokenObtain(username: "a", password: "hunter2") { access } }`:                      false,
		`mutation { tokenVerify(token: """x""") { isValid } }`:                                         false,
		`mutation { register(input: {username: "a", email: "a", password: "b"}) { errors { code } } }`: false,
		`mutation ($p: String! = "hunter2") { tokenObtain(username: "a", password: $p) { access } }`:   false,
		`mutation { ...F } fragment F on Mutation { ... { tokenRevoke(refresh: "x") { revoked } } }`:   false,
		`mutation ($u: String!, $p: String!) { tokenObtain(username: $u, password: $p) { access } }`:   true,
		`mutation ($i: ProductCreateInput!) { productCreate(input: $i) { errors { message } } }`:       true,
		`{ product(by: {slug: "chai"}) { name } }`:                                                     true,
	} {
		variables := map[string]any{"u": "a", "p": "hunter2", "i": map[string]any{"name": "x", "price": "1", "category": "1"}}
		if reply := e.post(request{"query": document, "extensions": byHash(document), "variables": variables}); !strings.Contains(reply, `"data":`) {
			t.Errorf("%s: %s", document, reply)
		}
		if reply := e.post(request{"extensions": byHash(document), "variables": variables}); (reply != notFound) != kept {
			t.Errorf("%s: %s", document, reply)
		}
	}
}

func TestAutomaticPersistedQueriesCanBeTurnedOff(t *testing.T) {
	e := newAPI(t, withDocuments(t, persisted.Settings{}, "")).serve()
	for way, ask := range e.ways() {
		if reply := ask(request{"query": "{ __typename }", "extensions": byHash("{ __typename }")}); reply != `{"data":{"__typename":"Query"}}` {
			t.Errorf("%s: %s", way, reply)
		}
		if reply := ask(request{"extensions": byHash("{ __typename }")}); reply != notSupported {
			t.Errorf("%s: %s", way, reply)
		}
	}
}

// trustedManifest holds a query and a mutation.
var trustedManifest = func() string {
	text, _ := json.Marshal(map[string]string{
		"names": "query Names($n: Int = 1) { products(first: $n) { nodes { name } } }",
		"tries": `mutation Tries { tokenVerify(token: "x") { isValid } }`,
	})
	return string(text)
}()

func TestTrustedDocuments(t *testing.T) {
	const name = `{"data":{"products":{"nodes":[{"name":"Aniseed Syrup"}]}}}`
	for _, trust := range []persisted.Trust{persisted.Prefer, persisted.Only} {
		e := newAPI(t, withDocuments(t, persisted.Settings{Register: true, Trust: trust}, trustedManifest)).serve()
		for way, ask := range e.ways() {
			for _, named := range []request{
				{"documentId": "names"},
				{"doc_id": "names"},
				{"documentId": "names", "operationName": "Names", "variables": map[string]any{"n": 1}, "extensions": map[string]any{"other": 1}},
				{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": "names"}}},
				{"query": "query Names($n: Int = 1) { products(first: $n) { nodes { name } } }"},
			} {
				if reply := ask(named); reply != name {
					t.Errorf("%s, %s, %v: %s", trust, way, named, reply)
				}
			}
			if reply := ask(request{"documentId": "nothing"}); reply != unknownID {
				t.Errorf("%s, %s: %s", trust, way, reply)
			}
			if reply := ask(request{"documentId": "names", "operationName": "Other"}); !strings.Contains(reply, "GRAPHQL_VALIDATION_FAILED") {
				t.Errorf("%s, %s: %s", trust, way, reply)
			}
			// A document is named once, by its sender and not by what they say it has been named.
			if reply := ask(request{"query": "{ __typename }", "extensions": map[string]any{"documentId": "names"}}); strings.Contains(reply, "Aniseed") {
				t.Errorf("%s, %s: %s", trust, way, reply)
			}
		}
		if reply := e.post(request{"documentId": "tries"}); reply != `{"data":{"tokenVerify":{"isValid":false}}}` {
			t.Errorf("%s: %s", trust, reply)
		}
		if reply := e.get(request{"documentId": "tries"}); !strings.Contains(reply, "Send mutations by POST.") {
			t.Errorf("%s, a mutation by GET: %s", trust, reply)
		}
		for _, contradiction := range []request{
			{"documentId": "names", "query": "{ __typename }"},
			{"doc_id": "names", "query": "{ __typename }"},
			{"documentId": "names", "doc_id": "names"},
			{"documentId": "names", "extensions": byHash("{ __typename }")},
			{"documentId": "names", "query": "query Names($n: Int = 1) { products(first: $n) { nodes { name } } }"},
		} {
			for _, ask := range []func(request) string{e.post, e.get} {
				if reply := ask(contradiction); !strings.Contains(reply, "BAD_USER_INPUT") || strings.Contains(reply, `"data"`) {
					t.Errorf("%s, %v: %s", trust, contradiction, reply)
				}
			}
		}
	}
}

// TestOnlyTrustedDocuments sends what is not in the manifest.
func TestOnlyTrustedDocuments(t *testing.T) {
	e := newAPI(t, withDocuments(t, persisted.Settings{Register: true, Trust: persisted.Only}, trustedManifest)).serve()
	for way, ask := range e.ways() {
		for _, document := range []string{
			"{ __typename }",
			"{ __schema { queryType { name } } }",
			"query Names($n: Int = 1) { products(first: $n) { nodes { name } } } ",
			"not GraphQL",
		} {
			if reply := ask(request{"query": document}); reply != untrusted {
				t.Errorf("%s, %s: %s", way, document, reply)
			}
			if reply := ask(request{"query": document, "extensions": byHash(document)}); reply != untrusted {
				t.Errorf("%s, %s to be registered: %s", way, document, reply)
			}
			if reply := ask(request{"extensions": byHash(document)}); reply != notFound {
				t.Errorf("%s, %s by its hash: %s", way, document, reply)
			}
		}
	}
}

// TestManifestsAreCheckedBeforehand has manifests with documents that would be refused whenever they were asked for.
func TestManifestsAreCheckedBeforehand(t *testing.T) {
	check := graph.CheckDocument(graph.Limits{})
	for document, says := range map[string]string{
		"query A {\n  produkts { id }\n}": `line 2, column 3: Cannot query field "produkts" on type "Query". Did you mean "products" or "product"?`,
		"{ products":                      "line 1, column 11: Expected Name, found <EOF>",
		"":                                "no operation provided",
		"{" + times(16, func(i int) string { return fmt.Sprintf(" a%d: __typename", i) }) + "}": "The operation has more than 15 aliases.",
		"{ a: me { id } a: product(by: {id: 1}) { id } }":                                       `Fields "a" conflict because "me" and "product" are different fields.`,
		"query A { __typename } query A { __typename }":                                         `There can be only one operation named "A".`,
	} {
		if err := check(document); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want %s", document, err, says)
		}
	}
	if err := check("query A { __typename } query B { me { id } }"); err != nil {
		t.Error(err)
	}
}
