package account

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/internal/fold"
)

// trait is something known of a person, which their password must not be like.
type trait struct{ name, value string }

// tooSimilar is the similarity from which on a password is refused, as in Django's
// UserAttributeSimilarityValidator, whose rules these are.
const tooSimilar = 0.7

// mostLike is the first trait that a folded password is too similar to, as a whole or in one of its words.
func mostLike(password string, known []trait) (trait, bool) {
	for _, t := range known {
		value := fold.Text(t.value)
		words := strings.FieldsFunc(value, func(r rune) bool { return r != '_' && !isAlphanumeric(r) })
		for _, text := range append(words, value) {
			if similar(password, text) {
				return t, true
			}
		}
	}
	return trait{}, false
}

// similar says whether two texts have most of their characters in common, whatever the order: whether the
// quick_ratio of Python's difflib.SequenceMatcher, an upper bound of Ratcliff and Obershelp's measure, is too high.
func similar(a, b string) bool {
	shorter, longer := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if shorter > longer {
		shorter, longer, a, b = longer, shorter, b, a
	}
	ratio := func(common int) float64 { return 2 * float64(common) / float64(shorter+longer) }
	if shorter == 0 || ratio(shorter) < tooSimilar { // so unlike in length that the rest need not be counted
		return false
	}
	spare := make(map[rune]int, shorter)
	for _, r := range a {
		spare[r]++
	}
	common := 0
	for _, r := range b {
		if spare[r] > 0 {
			spare[r]--
			common++
		}
	}
	return ratio(common) >= tooSimilar
}
