package filter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
)

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"none", "", nil},
		{"blank", " \t\r\n\v\f", nil},
		{"blank, of all Unicode", "\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000", nil},
		{"blank, and a lot of it", strings.Repeat(" ", 100_000), nil},
		{"one", "Tea", []string{"tea"}},
		{"spaces about it", "\u3000 Tea\n", []string{"tea"}},
		{"several, sorted", "zebra\u00a0Apple\tmilk", []string{"apple", "milk", "zebra"}},
		{"one twice", "tea TEA Tea", []string{"tea"}},
		{"one coded in two ways", "Knäcke KNA\u0308CKE", []string{"knäcke"}},
		{"one in another", "tea teapot", []string{"tea", "teapot"}},
		{"what is no space", "a\u200bb\ufeffc", []string{"a\u200bb\ufeffc"}},
		{"signs", `"a* -b" AND NEAR(%_\`, []string{`"a*`, `-b"`, "and", `near(%_\`}},
		{"NUL", "\x00", []string{"\x00"}},
		{"ten words", "j i h g f e d c b a", strings.Split("abcdefghij", "")},
		{"200 characters", strings.Repeat("ä", 200), []string{strings.Repeat("ä", 200)}},
		{"200 characters and spaces", strings.Repeat(strings.Repeat("x", 20)+"   ", 10), []string{strings.Repeat("x", 20)}},
		{"200 characters that fold to more", strings.Repeat("ß", 200), []string{strings.Repeat("ss", 200)}},
	} {
		got, err := filter.Words("search", &tt.text, fold.Text)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	if got, err := filter.Words("search", nil, fold.Text); got != nil || err != nil {
		t.Errorf("nil: %q, %v", got, err)
	}
}

func TestWordsAreLimited(t *testing.T) {
	for name, text := range map[string]string{
		"eleven words":                    "k j i h g f e d c b a",
		"eleven times one word":           strings.Repeat("a ", 11),
		"201 characters":                  strings.Repeat("ä", 201),
		"201 characters in several words": strings.Repeat("x", 150) + " " + strings.Repeat("x", 51),
		"201 bytes that are no text":      strings.Repeat("\xff", 201),
		"a megabyte":                      strings.Repeat("x", 1<<20),
		"a megabyte of words":             strings.Repeat("x ", 1<<19),
	} {
		got, err := filter.Words("search", &text, fold.Text)
		if fault.CodeOf(err) != fault.BadUserInput || !strings.Contains(err.Error(), "`search`") || got != nil {
			t.Errorf("%s: %d words, %v; want BAD_USER_INPUT", name, len(got), err)
		}
	}
}
