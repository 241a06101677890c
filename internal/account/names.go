package account

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// How long names may be: usernames and people's names in characters, e-mail addresses in bytes (RFC 5321
// section 4.5.3.1.3, less the angle brackets).
const (
	maxUsername = 150
	maxEmail    = 254
	maxName     = 150
)

// maxTyped is how many bytes are read of what somebody types for one of them. No spelling of the longest takes as many:
// a character is made of four at most, with four bytes each.
const maxTyped = 4096

// flaw is what is wrong with a value, whichever field it was given in. The zero flaw is none.
type flaw struct {
	code    fault.MistakeCode
	message string
}

func required() flaw { return flaw{fault.Required, "This field is required."} }

func tooLong(limit int) flaw {
	return flaw{fault.TooLong, fmt.Sprintf("Ensure this field has no more than %d characters.", limit)}
}

// note adds what is wrong with a field's value to the mistakes.
func note(mistakes *fault.Mistakes, field string, flaws ...flaw) {
	for _, f := range flaws {
		if f != (flaw{}) {
			mistakes.Add(field, f.code, f.message)
		}
	}
}

// typed is a text as somebody typed it, without the blanks around it. One that is far too long is cut to one that is too
// long: to normalise a whole body of a request takes longer than to hash a password, has no queue, and comes before it is
// known whether its sender has to wait.
func typed(s string) string {
	s = strings.TrimSpace(s)
	if len(s) <= maxTyped {
		return s
	}
	end := maxTyped
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// cleanUsername is a username as it is stored: composed, and in its plain form where Unicode has others (NFKC),
// so that two that look the same are the same.
func cleanUsername(s string) string { return norm.NFKC.String(typed(s)) }

// cleanText is an e-mail address or a person's name as it is stored.
func cleanText(s string) string { return fold.Canonical(typed(s)) }

// usernameFlaw is what is wrong with a clean username.
func usernameFlaw(name string) flaw {
	switch {
	case name == "":
		return required()
	case strings.ContainsFunc(name, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("@.+-_", r) }):
		return flaw{
			fault.Invalid,
			"Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
		}
	case utf8.RuneCountInString(name) > maxUsername:
		return tooLong(maxUsername)
	}
	return flaw{}
}

// emailFlaw is what is wrong with a clean e-mail address: it must be a bare address by RFC 5322 (with RFC 6532's
// characters) without quotes, comments or a name, so that an address has one spelling.
func emailFlaw(address string) flaw {
	switch {
	case address == "":
		return required()
	case len(address) > maxEmail:
		return flaw{fault.TooLong, fmt.Sprintf("Ensure this field has no more than %d bytes.", maxEmail)}
	}
	parsed, err := mail.ParseAddress(address)
	// ParseAddress lets through invisible characters, by which two different addresses look the same.
	if err != nil || parsed.Address != address || strings.ContainsFunc(address, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return flaw{fault.Invalid, "Enter a valid email address."}
	}
	return flaw{}
}

// nameFlaw is what is wrong with a person's clean name; it may be empty.
func nameFlaw(name string) flaw {
	switch {
	case !utf8.ValidString(name), strings.ContainsFunc(name, unicode.IsControl):
		return flaw{fault.Invalid, "Control characters are not allowed."}
	case utf8.RuneCountInString(name) > maxName:
		return tooLong(maxName)
	}
	return flaw{}
}

// searchKey is what is stored of a person's names for searching. Words have no space in them, so that none is found
// across the two.
func searchKey(first, last string) string { return fold.Text(first + " " + last) }

// isAlphanumeric says whether a rune is a letter or a digit, of whatever script.
func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
