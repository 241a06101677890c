package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedCode compares code in the documents with the tested files that it comes from. A block whose fence names a file
// shows that file, ```js e2e/clients/apollo.mjs, or a region of it, ```graphql e2e/genqlient/operations.graphql#inputs, which
// lies between the comments "region inputs" and "endregion".
func TestDocumentedCode(t *testing.T) {
	documents, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, document := range append(documents, "README.md", "CONTRIBUTING.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?ms)^```[a-z]+ ([^ \n]+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
			shown++
			if diff := cmp.Diff(region(t, block[1]), block[2]); diff != "" {
				t.Errorf("%s shows %s otherwise than it is (-):\n%s", document, block[1], diff)
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows a file")
	}
}

// region is the file at a path, or the region of it that is named behind a #, without the comments that mark regions.
func region(t *testing.T, path string) string {
	t.Helper()
	name, wanted, part := strings.Cut(path, "#")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	found, inside := !part, !part
	mark := regexp.MustCompile(`^\s*(?://|#) (?:region ([\w-]+)|endregion)$`)
	for line := range strings.Lines(string(text)) {
		marked := mark.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		switch {
		case marked == nil && inside:
			lines.WriteString(line)
		case marked != nil && part:
			inside = marked[1] == wanted
			found = found || inside
		}
	}
	if !found {
		t.Fatalf("%s has no region %s", name, wanted)
	}
	return strings.Trim(lines.String(), "\n") + "\n"
}
