package account

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn/frequency"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// How long a password may be, in characters of its composed form.
const (
	minPassword = 8
	maxPassword = 1024
)

// commonPasswords is the name of the one list that is asked for of those that come with it.
const commonPasswords = "passwords"

// ReleaseWordLists lets go of the lists of names and words that come with that of common passwords. They are more than a quarter of what
// an idle server has in use, and garbage collection goes through them each time. It is for a program to call before anything else runs.
func ReleaseWordLists() {
	for name := range frequency.FrequencyLists {
		if name != commonPasswords {
			delete(frequency.FrequencyLists, name)
		}
	}
}

// passwordFlaws are all that is wrong with a password for somebody of whom these things are known. It is taken
// as it is, blanks at its ends included. The rules are those of Django's validators.
func passwordFlaws(password string, known ...trait) []flaw {
	password = fold.Canonical(password)
	length := utf8.RuneCountInString(password)
	switch {
	case password == "":
		return []flaw{required()}
	case !utf8.ValidString(password), strings.ContainsRune(password, utf8.RuneError): // what JSON makes of half a character
		return []flaw{{fault.Invalid, "The password is not valid text."}}
	case strings.ContainsRune(password, 0):
		return []flaw{{fault.Invalid, "Null characters are not allowed."}}
	case length > maxPassword:
		return []flaw{tooLong(maxPassword)}
	}

	var flaws []flaw
	if length < minPassword {
		flaws = append(flaws, flaw{
			fault.PasswordTooShort,
			fmt.Sprintf("This password is too short. It must contain at least %d characters.", minPassword),
		})
	}
	folded := fold.Text(password)
	if like, found := mostLike(folded, known); found {
		flaws = append(flaws, flaw{fault.PasswordTooSimilar, fmt.Sprintf("The password is too similar to the %s.", like.name)})
	}
	// The list is in lower case. Searching all of it takes a hundredth of the time that hashing does.
	if slices.Contains(frequency.FrequencyLists[commonPasswords], folded) {
		flaws = append(flaws, flaw{fault.PasswordTooCommon, "This password is too common."})
	}
	if !strings.ContainsFunc(password, func(r rune) bool { return !unicode.IsDigit(r) }) {
		flaws = append(flaws, flaw{fault.PasswordEntirelyNumeric, "This password is entirely numeric."})
	}
	return flaws
}
