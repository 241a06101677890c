// Package fold makes the keys by which texts are compared: upper and lower case fold together, for all
// of Unicode, and so do different codings of the same characters.
//
// The keys are stored beside the texts and compared byte by byte, so that every database sorts, finds
// and tells apart the same.
package fold

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text is the key of ordinary text (names, descriptions, stock keeping units): canonical caseless
// matching, Unicode Standard section 3.13 (D145), in composed form.
func Text(s string) string {
	return norm.NFC.String(caseFold(norm.NFD.String(s)))
}

// Identifier is the key of a username or e-mail address: compatibility caseless matching (D146), so that
// full-width or ligature look-alikes of a name are that name.
func Identifier(s string) string {
	folded := caseFold(norm.NFD.String(s))
	return norm.NFKC.String(caseFold(norm.NFKD.String(folded)))
}

// Canonical is the text itself in composed form (NFC): how texts are stored.
func Canonical(s string) string { return norm.NFC.String(s) }

// caseFold is Unicode full case folding (CaseFolding.txt, status C and F). Cherokee alone folds to upper
// case there; x/text turns it round instead of folding it, which the second step puts right.
func caseFold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 0xAB70 <= r && r <= 0xABBF:
			return r - 0xAB70 + 0x13A0
		case 0x13F8 <= r && r <= 0x13FD:
			return r - 8
		}
		return r
	}, cases.Fold().String(s))
}
