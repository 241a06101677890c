package fault

import (
	"errors"
	"strings"
)

// MistakeCode says what kind of mistake it is: the UserErrorCode enum of the API.
type MistakeCode string

// The kinds of mistakes.
const (
	Required                MistakeCode = "REQUIRED"
	Invalid                 MistakeCode = "INVALID"
	TooLong                 MistakeCode = "TOO_LONG"
	TooShort                MistakeCode = "TOO_SHORT"
	NotUnique               MistakeCode = "NOT_UNIQUE"
	Missing                 MistakeCode = "NOT_FOUND"
	PasswordTooShort        MistakeCode = "PASSWORD_TOO_SHORT"
	PasswordTooCommon       MistakeCode = "PASSWORD_TOO_COMMON"
	PasswordEntirelyNumeric MistakeCode = "PASSWORD_ENTIRELY_NUMERIC"
	PasswordTooSimilar      MistakeCode = "PASSWORD_TOO_SIMILAR"
	PasswordMismatch        MistakeCode = "PASSWORD_MISMATCH"
	PasswordIncorrect       MistakeCode = "PASSWORD_INCORRECT"
	StaleVersion            MistakeCode = "STALE_VERSION"
	InUse                   MistakeCode = "IN_USE"
)

// Mistake is one thing the person at the keyboard can mend; clients get it as data, a UserError.
type Mistake struct {
	Field   []string // path from the mutation's arguments, without "input"
	Message string   // a sentence for people
	Code    MistakeCode
}

// Mistakes are all that is wrong with one input. As an error it means that nothing was changed.
//
// A Mistakes collects: call Add for each mistake, then return Err.
type Mistakes []*Mistake

// Add notes a mistake in a field, given as a dotted path: "password".
func (m *Mistakes) Add(field string, code MistakeCode, message string) {
	*m = append(*m, &Mistake{Field: strings.Split(field, "."), Message: message, Code: code})
}

// Err is the mistakes as an error, or nil when there are none.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

func (m Mistakes) Error() string {
	texts := make([]string, len(m))
	for i, mistake := range m {
		texts[i] = strings.Join(mistake.Field, ".") + ": " + mistake.Message
	}
	return strings.Join(texts, " ")
}

// AsMistakes parts an error: the mistakes that it is made of (never nil), or the error that it is instead.
func AsMistakes(err error) (Mistakes, error) {
	var mistakes Mistakes
	if err == nil || errors.As(err, &mistakes) {
		return append(Mistakes{}, mistakes...), nil
	}
	return Mistakes{}, err
}
