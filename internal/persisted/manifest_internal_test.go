package persisted

import "testing"

// FuzzManifest reads anything. What is taken for a manifest has documents with ids.
func FuzzManifest(f *testing.F) {
	for _, text := range []string{
		`{"a": "{ a }", "b": "{ b }"}`,
		`{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a", "name": "A", "type": "query", "body": "query A { a }"}]}`,
		`{"a": "\ud800"}`, `{"a": 1}`, `{`, `[]`, `{"operations": null}`, `{"FORMAT": "x"}`, `{"a": "{ a }"}x`, "{\"a\":\n\"\"}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		found, err := parseManifest(content)
		if err != nil {
			return
		}
		if len(found) == 0 {
			t.Error("a manifest without documents")
		}
		for _, d := range found {
			if d.id == "" || len(d.id) > maxID {
				t.Errorf("the id %q", d.id)
			}
		}
	})
}
