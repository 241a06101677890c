package database

import (
	"strings"
	"testing"
)

func TestMatching(t *testing.T) {
	for words, want := range map[string]string{
		"":                "",
		"ab 日本":           "",
		"500 knäcke":      `"500" AND "cke" AND "knä" AND "näc" AND "äck"`, // as docs/architecture.md has it
		"tea teapot":      `"apo" AND "eap" AND "pot" AND "tea"`,
		`a"b "" """`:      `"""""""" AND "a""b"`,
		"tea* near(a b)":  `"ar(" AND "ea*" AND "ear" AND "nea" AND "r(a" AND "tea"`,
		"日本茶 🍵🍵🍵 xy":      `"日本茶" AND "🍵🍵🍵"`,
		"aaaaaaaaaaaaaaa": `"aaa"`,
	} {
		if got := matching(strings.Fields(words)); got != want {
			t.Errorf("for %q FTS5 is asked for %s, want %s", words, got, want)
		}
	}
}
