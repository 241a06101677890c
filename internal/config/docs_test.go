package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse/gatehouse/internal/config"
)

func TestVariables(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range config.Variables() {
		if !regexp.MustCompile(`^GATEHOUSE_[A-Z0-9]+(_[A-Z0-9]+)*$`).MatchString(v.Name) || seen[v.Name] {
			t.Errorf("name %q", v.Name)
		}
		seen[v.Name] = true
		// The help goes into one line of --help, where ` and ' ' have a meaning, and into one cell of a table.
		if v.Help == "" || strings.ContainsAny(v.Help, "`|\n") || strings.HasSuffix(v.Help, ".") {
			t.Errorf("%s: help %q", v.Name, v.Help)
		}
	}
	if len(seen) == 0 {
		t.Error("there are none")
	}
}

// TestExampleFile compares .env.example with the settings: every variable once, in their order, with its default, after
// something that explains it.
func TestExampleFile(t *testing.T) {
	text, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	var want, got, environ []string
	for _, v := range config.Variables() {
		want = append(want, "#"+v.Name+"="+v.Default)
	}
	before := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#GATEHOUSE_"):
			got = append(got, line)
			environ = append(environ, line[1:])
			if !strings.HasPrefix(before, "# ") || strings.HasPrefix(before, "# ---") {
				t.Errorf("nothing explains %s", line)
			}
		case line != "" && line != "#" && !strings.HasPrefix(line, "# "):
			t.Errorf("neither a comment nor a variable commented out: %s", line)
		}
		before = line
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if settings, err := config.Load(environ, nil); err != nil || !cmp.Equal(settings, defaults()) {
		t.Errorf("uncommented: %+v, %v", settings, err)
	}
}

// TestReadme demands a row | `VARIABLE` | `default` | meaning | of the README for every setting, and none for anything else.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| *`(GATEHOUSE_[A-Z0-9_]+)` *\\|([^|]*)\\| *[^| ].*\\|\\s*$").FindAllStringSubmatch(string(text), -1) {
		if _, twice := got[row[1]]; twice {
			t.Errorf("%s has two rows", row[1])
		}
		got[row[1]] = strings.Trim(row[2], " `")
	}
	want := map[string]string{}
	for _, v := range config.Variables() {
		want[v.Name] = v.Default
	}
	delete(got, "GATEHOUSE_SUPERUSER_PASSWORD") // read by createsuperuser; not a setting of the server
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
