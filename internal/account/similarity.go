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
			if !dwarfs(password, text) && similarity(password, text) >= tooSimilar {
				return t, true
			}
		}
	}
	return trait{}, false
}

// dwarfs says whether a password is so much longer than a text that it cannot be like it, even were it the text
// over and over.
func dwarfs(password, text string) bool {
	long, short := utf8.RuneCountInString(password), utf8.RuneCountInString(text)
	return long >= 10*short && float64(short) < tooSimilar/2*float64(long)
}

// similarity is the share of characters that two texts have in common whatever their order, from 0 to 1: the
// quick_ratio of Python's difflib.SequenceMatcher, an upper bound of Ratcliff and Obershelp's measure.
func similarity(a, b string) float64 {
	spare := make(map[rune]int)
	total, common := 0, 0
	for _, r := range a {
		spare[r]++
		total++
	}
	for _, r := range b {
		if spare[r] > 0 {
			spare[r]--
			common++
		}
		total++
	}
	if total == 0 {
		return 1
	}
	return 2 * float64(common) / float64(total)
}
