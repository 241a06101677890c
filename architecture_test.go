package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/gatehouse/gatehouse"

// imports are the rules of docs/architecture.md: what a package, and all below it, must never import.
var imports = []struct {
	from, never, because string
}{
	{"internal/", "graph", "the domain knows nothing of GraphQL's edge"},
	{"ent/schema", "ent", "the schemas are what generated code is made from"},
	{"internal/token", "ent", "tokens are pure"},
	{"internal/token", "internal/", "tokens are pure"},
	{"internal/keyring", "ent", "keys are files"},
	{"internal/auth", "ent", "who asks is not who is stored"},
	{"internal/fault", "ent", "errors are for everybody"},
	{"internal/fault", "internal/", "errors are for everybody"},
	{"internal/refreshcookie", "ent", "how a token travels is not what it is worth"},
	{"internal/transport", "ent", "what is asked and answered is not what is stored"},
	{"internal/broadcast", "internal/", "messages are anybody's"},
	{"internal/notify", "internal/account", "what messages mean is nobody's business there"},
	{"internal/notify", "internal/catalog", "what messages mean is nobody's business there"},
	{"internal/persisted", "ent", "documents are texts"},
	{"internal/bounded", "internal/", "it is of use to anybody"},
	{"internal/kept", "internal/catalog", "what is kept is nobody's business there"},
	{"internal/kept", "internal/database", "what is kept is nobody's business there"},
	{"internal/hostile", "internal/", "it is of use to anybody"},
	{"internal/scratch", "internal/", "it is of use to anybody"},
	{"internal/config", "ent", "settings are read before anything is opened"},
	{"internal/playground", "internal/", "the page is served beside the API, not by it"},
	{"internal/health", "ent", "what is checked is handed to it"},
	{"graph/scalar", "ent", "scalars are values"},
	{"internal/account", "internal/catalog", "who and what are told apart"},
	{"internal/catalog", "internal/account", "who and what are told apart"},
	{"internal/account", "internal/observe", "who is observed does not know by whom"},
	{"internal/backoff", "internal/observe", "who is observed does not know by whom"},
	{"internal/catalog", "internal/observe", "who is observed does not know by whom"},
	{"internal/database", "internal/observe", "who is observed does not know by whom"},
	{"internal/transport", "internal/observe", "who is observed does not know by whom"},
	{"graph", "internal/observe", "who is observed does not know by whom"},
	{"internal/audit", "internal/account", "the record is told what happened, and asks nobody"},
	{"internal/audit", "internal/catalog", "the record is told what happened, and asks nobody"},
}

func TestImportsPointOneWay(t *testing.T) {
	for pkg, direct := range packages(t) {
		for _, rule := range imports {
			if !within(pkg, rule.from) {
				continue
			}
			for _, imported := range direct {
				if within(imported, rule.from) || !within(imported, rule.never) {
					continue
				}
				t.Errorf("%s imports %s: %s", pkg, imported, rule.because)
			}
		}
	}
}

func TestGraphNeverTouchesTheDatabase(t *testing.T) {
	for pkg, direct := range packages(t) {
		if pkg != "graph" {
			continue
		}
		for _, imported := range direct {
			if within(imported, "internal/database") {
				t.Errorf("%s imports %s: resolvers call the domain", pkg, imported)
			}
		}
	}
}

// packages lists what each package of the module imports of the module, both without the module's path.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(pkg.ImportPath, module), "/")
		for _, imported := range pkg.Imports {
			if rest, own := strings.CutPrefix(imported, module+"/"); own {
				found[name] = append(found[name], rest)
			}
		}
	}
	if len(found["graph"]) == 0 {
		t.Fatal("graph imports nothing: the list cannot be right")
	}
	return found
}

// within says whether a package is the given one or lies below it.
func within(pkg, parent string) bool {
	parent = strings.TrimSuffix(parent, "/")
	return pkg == parent || strings.HasPrefix(pkg, parent+"/")
}

func TestGraphNeverNamesTheClient(t *testing.T) {
	files, err := filepath.Glob("graph/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{"ent.Client", "ent.Tx", "ent.NewClient", "ent.Open"} {
			if bytes.Contains(text, []byte(forbidden)) {
				t.Errorf("%s names %s: resolvers call the domain", name, forbidden)
			}
		}
	}
}
