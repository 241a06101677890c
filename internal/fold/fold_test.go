package fold_test

import (
	"testing"

	"github.com/gatehouse/gatehouse/internal/fold"
)

func TestText(t *testing.T) {
	for _, tt := range []struct{ a, b string }{
		{"KNÄCKEBRÖD", "knäckebröd"},
		{"Knäckebröd", "Knäckebröd"}, // composed and decomposed
		{"STRASSE", "straße"},
		{"ΣΊΣΥΦΟΣ", "σίσυφος"}, // final sigma
		{"Å", "å"},             // the ångström sign
	} {
		if got, want := fold.Text(tt.a), fold.Text(tt.b); got != want {
			t.Errorf("Text(%q) = %q, Text(%q) = %q; want the same", tt.a, got, tt.b, want)
		}
	}
	if fold.Text("ﬁn") == fold.Text("fin") != true {
		t.Error("case folding takes the fi ligature apart")
	}
	if fold.Text("Ａda") == fold.Text("ada") {
		t.Error("ordinary text keeps full-width letters apart")
	}
}

func TestIdentifier(t *testing.T) {
	for _, look := range []string{"ADA", "ada", "Ａda", "ªda"} {
		if got := fold.Identifier(look); got != "ada" {
			t.Errorf("Identifier(%q) = %q, want %q", look, got, "ada")
		}
	}
}

func FuzzKeysAreStable(f *testing.F) {
	for _, s := range []string{"", "Gustaf's Knäckebröd", "İstanbul", "ᾳΐ", "ﷺ", "\xff", "a\u0345\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if key := fold.Text(s); fold.Text(key) != key {
			t.Errorf("Text(%q) = %q, whose own key is %q", s, key, fold.Text(key))
		}
		if key := fold.Identifier(s); fold.Identifier(key) != key {
			t.Errorf("Identifier(%q) = %q, whose own key is %q", s, key, fold.Identifier(key))
		}
	})
}
