// Package surrogate finds half characters.
//
// JSON and GraphQL may escape a character beyond U+FFFF as two halves, \ud83d\ude42. A half without the other is no
// character, and decoders put U+FFFD in its place without a word: texts that differ become one, and what is stored is
// not what was sent.
package surrogate

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Unpaired says whether a text of JSON, or a GraphQL string, escapes half a character without the other half.
func Unpaired(text string) bool {
	for {
		_, escaped, found := strings.Cut(text, `\`)
		if !found || escaped == "" {
			return false
		}
		half := unit(escaped)
		switch {
		case !utf16.IsSurrogate(half):
			text = escaped[1:] // which may have been a backslash itself
		case len(escaped) > 5 && escaped[5] == '\\' && utf16.DecodeRune(half, unit(escaped[6:])) != utf8.RuneError:
			text = escaped[11:]
		default:
			return true
		}
	}
}

// unit is what the text behind a backslash stands for if it begins with u and four digits, and else 0.
func unit(escaped string) rune {
	if len(escaped) < 5 || escaped[0] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(escaped[1:5], 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}
