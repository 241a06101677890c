package graph_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIntrospectionQueries asks what clients ask, to the letter: the files are what the packages write (e2e/operations makes
// them, and compares them with what they write now).
func TestIntrospectionQueries(t *testing.T) {
	files, err := filepath.Glob("testdata/introspection/*.graphql")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	a := newAPI(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		reply := a.ask(string(text), nil, "")
		if !strings.HasPrefix(reply, `{"data":{"__schema":`) || !strings.Contains(reply, `"name":"ProductConnection"`) || !strings.Contains(reply, `"name":"ProductBy"`) {
			t.Errorf("%s: %s", file, cut(reply))
		}
	}
}
