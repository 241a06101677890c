package persisted_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/persisted"
)

const (
	query = "{ __typename }"
	hash  = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b"
	other = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38" // of "{__typename}"
)

// extension is Apollo's, of a hash.
func extension(hash string) any {
	return map[string]any{"version": json.Number("1"), "sha256Hash": hash}
}

func documents(t *testing.T, s persisted.Settings) *persisted.Documents {
	t.Helper()
	d, err := persisted.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// manifest is a manifest of that content, in a file.
func manifest(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func sum(text string) string {
	of := sha256.Sum256([]byte(text))
	return hex.EncodeToString(of[:])
}

func everything(string) error { return nil }

// wantText expects a document, and keeps it if that was asked for.
func wantText(t *testing.T, d *persisted.Documents, r persisted.Request, want string) {
	t.Helper()
	text, keep, err := d.Resolve(r)
	if err != nil || text != want {
		t.Errorf("%+v is %q, %v; want %q", r, text, err, want)
		return
	}
	keep()
}

func wantRefused(t *testing.T, d *persisted.Documents, r persisted.Request, code fault.Code, message string) {
	t.Helper()
	text, _, err := d.Resolve(r)
	if fault.CodeOf(err) != code || !strings.Contains(err.Error(), message) {
		t.Errorf("%+v is %q, %v; want %s %s", r, text, err, code, message)
	}
}

func TestAutomatic(t *testing.T) {
	d := documents(t, persisted.Settings{Register: true})
	byHash := persisted.Request{Extension: extension(hash)}
	wantText(t, d, persisted.Request{Query: query}, query)
	wantRefused(t, d, byHash, fault.NoSuchDocument, "PersistedQueryNotFound")

	// Nothing is kept that was not found to be good.
	if _, _, err := d.Resolve(persisted.Request{Query: query, Extension: extension(hash)}); err != nil {
		t.Error(err)
	}
	wantRefused(t, d, byHash, fault.NoSuchDocument, "PersistedQueryNotFound")
	wantText(t, d, persisted.Request{Query: query, Extension: extension(hash)}, query)
	wantText(t, d, byHash, query)
	wantText(t, d, persisted.Request{DocumentID: "sha256:" + hash}, query)
	wantText(t, d, persisted.Request{DocumentID: hash}, query)

	// What is not the hash of the document registers nothing.
	wantRefused(t, d, persisted.Request{Query: query, Extension: extension(other)}, fault.BadUserInput, "is not the hash of the query")
	wantRefused(t, d, persisted.Request{Extension: extension(other)}, fault.NoSuchDocument, "PersistedQueryNotFound")
	wantRefused(t, d, persisted.Request{DocumentID: "sha256:" + other}, fault.NoSuchDocument, "no document of this documentId")
}

func TestRequestsThatContradictThemselves(t *testing.T) {
	for name, d := range map[string]*persisted.Documents{
		"automatic": documents(t, persisted.Settings{Register: true}),
		"trusted":   documents(t, persisted.Settings{Trust: persisted.Prefer, Manifest: manifest(t, `{"a": "{a}"}`), Check: everything}),
		"none":      nil,
	} {
		t.Run(name, func(t *testing.T) {
			version := func(v any) any { return map[string]any{"version": v, "sha256Hash": hash} }
			for _, e := range []any{
				"x", true, json.Number("1"),
				[]any{},
				map[string]any{},
				map[string]any{"sha256Hash": hash},
				map[string]any{"version": json.Number("1")},
				version(json.Number("2")), version(json.Number("1.0")), version("1"), version(nil),
				map[string]any{"version": json.Number("1"), "sha256Hash": json.Number("5")},
				extension(""), extension(strings.Repeat("a", 257)),
			} {
				for _, q := range []string{"", query} {
					wantRefused(t, d, persisted.Request{Query: q, Extension: e}, fault.BadUserInput, "extensions.persistedQuery")
				}
			}
			for _, r := range []persisted.Request{
				{Query: query, DocumentID: "a"},
				{DocumentID: "a", Extension: extension(hash)},
				{Query: query, DocumentID: "a", Extension: extension(hash)},
			} {
				wantRefused(t, d, r, fault.BadUserInput, "A request has one of query, documentId and extensions.persistedQuery")
			}
		})
	}
	for _, bad := range []string{hash[1:], hash + "0", strings.ToUpper(hash), "sha256:" + hash, hash[:63] + "g", " " + hash[1:]} {
		wantRefused(t, documents(t, persisted.Settings{Register: true}), persisted.Request{Extension: extension(bad)}, fault.BadUserInput, "64 hexadecimal digits")
	}
}

// Where hashes are not known at all, clients are told so in the words by which they give them up.
func TestTurnedOff(t *testing.T) {
	for _, d := range []*persisted.Documents{nil, documents(t, persisted.Settings{}), documents(t, persisted.Settings{Trust: persisted.Off})} {
		wantText(t, d, persisted.Request{Query: query}, query)
		wantText(t, d, persisted.Request{Query: query, Extension: extension(hash)}, query)
		wantRefused(t, d, persisted.Request{Extension: extension(hash)}, fault.NoSuchDocument, "PersistedQueryNotSupported")
		wantRefused(t, d, persisted.Request{DocumentID: "sha256:" + hash}, fault.NoSuchDocument, "no document of this documentId")
		wantRefused(t, d, persisted.Request{Query: query, Extension: extension(other)}, fault.BadUserInput, "is not the hash")
	}
}

func TestFewAreKept(t *testing.T) {
	d := documents(t, persisted.Settings{Register: true})
	register := func(text string) persisted.Request {
		byHash := persisted.Request{Extension: extension(sum(text))}
		_, keep, err := d.Resolve(persisted.Request{Query: text, Extension: byHash.Extension})
		if err != nil {
			t.Fatal(err)
		}
		keep()
		return byHash
	}
	first := register("{ first }")
	for i := range 1000 {
		register(fmt.Sprintf("{ a%d }", i))
	}
	wantRefused(t, d, first, fault.NoSuchDocument, "PersistedQueryNotFound")
	large := make([]persisted.Request, 100)
	for i := range large {
		large[i] = register(fmt.Sprintf("{ a%d %s }", i, strings.Repeat(" ", 200<<10)))
	}
	kept := 0
	for _, r := range large {
		if _, _, err := d.Resolve(r); err == nil {
			kept++
		}
	}
	if kept == 0 || kept > 20 { // 4 MiB
		t.Errorf("%d documents of 200 KiB are kept", kept)
	}
}

func TestTrusted(t *testing.T) {
	path := manifest(t, `{"abc": "{ __typename }", "x-app:1": "{ a }"}`)
	for _, trust := range []persisted.Trust{persisted.Prefer, persisted.Only} {
		t.Run(string(trust), func(t *testing.T) {
			d := documents(t, persisted.Settings{Register: true, Trust: trust, Manifest: path, Check: everything})
			if d.Trusted() != 2 {
				t.Errorf("%d documents", d.Trusted())
			}
			wantText(t, d, persisted.Request{DocumentID: "abc"}, query)
			wantText(t, d, persisted.Request{DocumentID: "x-app:1"}, "{ a }")
			wantText(t, d, persisted.Request{Extension: extension("abc")}, query)
			wantText(t, d, persisted.Request{Extension: extension(hash)}, query) // whatever its id
			wantText(t, d, persisted.Request{DocumentID: "sha256:" + hash}, query)
			wantText(t, d, persisted.Request{Query: query}, query) // byte for byte
			wantText(t, d, persisted.Request{Query: query, Extension: extension(hash)}, query)
			for _, id := range []persisted.DocumentID{"ABC", "abc ", "sha256:abc", "x-app:2", "app:1", "sha256:"} {
				wantRefused(t, d, persisted.Request{DocumentID: id}, fault.NoSuchDocument, "no document of this documentId")
			}
			wantRefused(t, d, persisted.Request{Extension: extension("abd")}, fault.NoSuchDocument, "PersistedQueryNotFound")
			wantRefused(t, d, persisted.Request{Extension: extension(other)}, fault.NoSuchDocument, "PersistedQueryNotFound")
		})
	}
	prefer := documents(t, persisted.Settings{Register: true, Trust: persisted.Prefer, Manifest: path, Check: everything})
	wantText(t, prefer, persisted.Request{Query: "{__typename}"}, "{__typename}")
	wantText(t, prefer, persisted.Request{Query: "{__typename}", Extension: extension(other)}, "{__typename}")
	wantText(t, prefer, persisted.Request{Extension: extension(other)}, "{__typename}")

	only := documents(t, persisted.Settings{Register: true, Trust: persisted.Only, Manifest: path, Check: everything})
	for _, text := range []string{"{__typename}", query + " ", "\ufeff" + query, "{ __schema { queryType { name } } }", "{ a b }", ""} {
		wantRefused(t, only, persisted.Request{Query: text}, fault.NoSuchDocument, "Only trusted documents are executed here")
	}
	wantRefused(t, only, persisted.Request{Query: "{__typename}", Extension: extension(other)}, fault.NoSuchDocument, "Only trusted documents are executed here")
	wantRefused(t, only, persisted.Request{Extension: extension(other)}, fault.NoSuchDocument, "PersistedQueryNotFound")
}

func TestManifests(t *testing.T) {
	const apollo = `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": `
	for name, tt := range map[string]struct{ content, says string }{
		"graphql-codegen's":     {content: `{"` + hash + `": "{ __typename }", "b": "{ b }"}`},
		"Relay's":               {content: "{\n  \"7d6a1b\": \"query A {\\n  a\\n}\\n\"\n}\n"},
		"Apollo's":              {content: apollo + `[{"id": "` + hash + `", "name": "A", "type": "query", "body": "{ __typename }"}]}`},
		"escapes":               {content: `{"a": "{ a(b: \"\u00e4\ud83d\ude42\") }"}`},
		"not there":             {says: "reading the manifest of trusted documents: open "},
		"empty":                 {content: " ", says: "must be one JSON object"},
		"no JSON":               {content: `{"a": `, says: "is no JSON"},
		"cut off":               {content: `{"a": "{ a }"`, says: "is no JSON"},
		"a list":                {content: `["{ a }"]`, says: "must be one JSON object"},
		"null":                  {content: `null`, says: "must be one JSON object"},
		"two":                   {content: `{"a": "{ a }"} {}`, says: "something follows"},
		"no documents":          {content: `{}`, says: "there are no documents in it"},
		"no operations":         {content: apollo + `[]}`, says: "there are no documents in it"},
		"no texts":              {content: `{"a": {"body": "{ a }"}}`, says: `the document "a" must be a text`},
		"a document null":       {content: `{"a": null}`, says: `the document "a" must be a text`},
		"an id twice":           {content: `{"a": "{ a }", "b": "{ b }", "a": "{ c }"}`, says: `document "a" is there twice`},
		"an id twice, Apollo's": {content: apollo + `[{"id": "a", "body": "{ a }"}, {"id": "a", "body": "{ b }"}]}`, says: `document "a" is there twice`},
		"no id":                 {content: `{"": "{ a }"}`, says: "an id has 1 to 256 bytes, not 0"},
		"no id, Apollo's":       {content: apollo + `[{"body": "{ a }"}]}`, says: "an id has 1 to 256 bytes, not 0"},
		"an id too long":        {content: `{"` + strings.Repeat("a", 257) + `": "{ a }"}`, says: "an id has 1 to 256 bytes, not 257"},
		"another format":        {content: `{"format": "x", "version": 1, "operations": [{"id": "a", "body": "{ a }"}]}`, says: "its format must be apollo-persisted-query-manifest, version 1"},
		"another version":       {content: `{"format": "apollo-persisted-query-manifest", "version": 2, "operations": [{"id": "a", "body": "{ a }"}]}`, says: "version 1"},
		"operations no list":    {content: apollo + `{"a": "{ a }"}}`, says: "no manifest of Apollo's"},
		"a wrong document":      {content: `{"a": "{ a }", "b": "wrong"}`, says: "has documents that cannot be executed:\ndocument \"b\": this is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "missing.json")
			if tt.content != "" {
				path = manifest(t, tt.content)
			}
			d, err := persisted.New(persisted.Settings{Trust: persisted.Only, Manifest: path, Check: func(text string) error {
				if text == "wrong" {
					return errors.New("this is wrong")
				}
				return nil
			}})
			switch {
			case tt.says == "" && (err != nil || d.Trusted() == 0):
				t.Error(err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path)):
				t.Errorf("%v; want %s", err, tt.says)
			}
		})
	}
}

func TestFewMistakesOfAManifestAreTold(t *testing.T) {
	wrong := map[string]string{}
	for i := range 100 {
		wrong[fmt.Sprint("document-", i)] = "x"
	}
	content, err := json.Marshal(wrong)
	if err != nil {
		t.Fatal(err)
	}
	_, err = persisted.New(persisted.Settings{Trust: persisted.Prefer, Manifest: manifest(t, string(content)), Check: func(string) error { return errors.New("no") }})
	if err == nil || strings.Count(err.Error(), "document-") != 10 || !strings.HasSuffix(err.Error(), "and 90 more") {
		t.Error(err)
	}
}

func TestReload(t *testing.T) {
	path := manifest(t, `{"a": "{ a }"}`)
	d := documents(t, persisted.Settings{Trust: persisted.Only, Manifest: path, Check: everything})
	if err := os.WriteFile(path, []byte(`{"a": "{ a }", "b":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Reload(); err == nil {
		t.Error("a manifest that is no JSON was read")
	}
	wantText(t, d, persisted.Request{DocumentID: "a"}, "{ a }")
	if err := os.WriteFile(path, []byte(`{"b": "{ b }"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Reload(); err != nil {
		t.Error(err)
	}
	wantText(t, d, persisted.Request{DocumentID: "b"}, "{ b }")
	wantRefused(t, d, persisted.Request{DocumentID: "a"}, fault.NoSuchDocument, "")
	wantRefused(t, d, persisted.Request{Query: "{ a }"}, fault.NoSuchDocument, "")

	var none *persisted.Documents
	if err := errors.Join(none.Reload(), documents(t, persisted.Settings{Register: true}).Reload()); err != nil {
		t.Error(err)
	}
}
