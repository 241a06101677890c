package filter

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/internal/fault"
)

const (
	// MaxWords is how many words a text to search for may have.
	MaxWords = 10
	// MaxWordText is how many characters its words may have in all.
	MaxWordText = 200
)

// Words are the words of a text to search for, apart at white space (of all Unicode) and each folded by key,
// as what they are looked for in was. They are sorted, and each is there once: two texts that find the same
// have the same words. There are none for a text that is nil or blank. The error is BAD_USER_INPUT and names
// the argument.
func Words(argument string, text *string, key func(string) string) ([]string, error) {
	if text == nil {
		return nil, nil
	}
	words := strings.Fields(*text)
	if len(words) > MaxWords {
		return nil, fault.BadInput("`%s` may have at most %d words", argument, MaxWords)
	}
	characters := 0
	for i, word := range words {
		characters += utf8.RuneCountInString(word)
		words[i] = key(word)
	}
	if characters > MaxWordText {
		return nil, fault.BadInput("`%s` may have at most %d characters, white space not counted", argument, MaxWordText)
	}
	slices.Sort(words)
	return slices.Compact(words), nil
}
