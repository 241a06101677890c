package catalog

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// The longest texts, in characters.
const (
	MaxName        = 200
	MaxSlug        = 200
	MaxSKU         = 64
	MaxDescription = 10_000
)

var slugSyntax = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$`)

// validator reads the fields of an update and gathers what is wrong with them. Its methods answer the
// value to store, and whether there is one: not when the field is absent or wrong.
type validator struct{ mistakes fault.Mistakes }

// line is a text of one line that may not be empty.
func (v *validator) line(field string, f patch.Field[string], most int) (string, bool) {
	text, ok := required(v, field, f)
	if !ok {
		return "", false
	}
	text = strings.TrimSpace(fold.Canonical(text))
	switch {
	case !strings.ContainsFunc(text, unicode.IsGraphic):
		v.mistakes.Add(field, fault.Required, "This field may not be empty.")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, isControl) || strings.ContainsFunc(text, endsLine):
		v.mistakes.Add(field, fault.Invalid, "This field may not contain control characters.")
	default:
		return text, v.fits(field, text, most)
	}
	return "", false
}

// clearableLine is as line, but null clears it: then the pointer is nil.
func (v *validator) clearableLine(field string, f patch.Field[string], most int) (*string, bool) {
	if f.IsSet() && f.Value() == nil {
		return nil, true
	}
	text, ok := v.line(field, f, most)
	return &text, ok
}

// text is a text of any number of lines; null clears it.
func (v *validator) text(field string, f patch.Field[string], most int) (string, bool) {
	if !f.IsSet() || f.Value() == nil {
		return "", f.IsSet()
	}
	text := fold.Canonical(*f.Value())
	unprintable := func(r rune) bool { return isControl(r) && !strings.ContainsRune("\n\r\t", r) }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		v.mistakes.Add(field, fault.Invalid, "This field may not contain control characters.")
		return "", false
	}
	return text, v.fits(field, text, most)
}

func (v *validator) slug(f patch.Field[string]) (string, bool) {
	slug, ok := v.line("slug", f, MaxSlug)
	if ok && !slugSyntax.MatchString(slug) {
		v.mistakes.Add("slug", fault.Invalid, "A slug is made of lower-case letters a to z, digits, hyphens and underscores, with a letter or digit at both ends.")
		return "", false
	}
	return slug, ok
}

func (v *validator) price(field string, f patch.Field[money.Decimal]) (money.Amount, bool) {
	decimal, ok := required(v, field, f)
	if !ok {
		return 0, false
	}
	price, err := decimal.Amount()
	if err != nil {
		v.mistakes.Add(field, fault.Invalid, "A price has at most two decimal places and lies between 0.00 and 99999999.99.")
	}
	return price, err == nil
}

func (v *validator) fits(field, text string, most int) bool {
	if utf8.RuneCountInString(text) <= most {
		return true
	}
	v.mistakes.Add(field, fault.TooLong, fmt.Sprintf("This field may have at most %d characters.", most))
	return false
}

// required is the value of a field that cannot be cleared.
func required[T any](v *validator, field string, f patch.Field[T]) (value T, ok bool) {
	switch {
	case !f.IsSet():
		return value, false
	case f.Value() == nil:
		v.mistakes.Add(field, fault.Required, "This field cannot be cleared.")
		return value, false
	}
	return *f.Value(), true
}

// given is a field of something new: absent when nil.
func given[T any](value *T) patch.Field[T] {
	if value == nil {
		return patch.Field[T]{}
	}
	return patch.Set(*value)
}

// isControl holds for control characters, and for those that turn the direction of the text around them.
func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// endsLine holds for the characters that end a line or a paragraph and are no control characters.
func endsLine(r rune) bool { return unicode.In(r, unicode.Zl, unicode.Zp) }
