package fault_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gatehouse/gatehouse/internal/fault"
)

func TestCodeOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want fault.Code
	}{
		{"none", nil, ""},
		{"a refusal", fault.New(fault.NotFound, "There is none."), fault.NotFound},
		{"bad input", fault.BadInput("at most %d", 5), fault.BadUserInput},
		{"a wrapped refusal", fmt.Errorf("reading: %w", fault.New(fault.Forbidden, "No.")), fault.Forbidden},
		{"a joined refusal", errors.Join(errors.New("and"), fault.New(fault.RateLimited, "Wait.")), fault.RateLimited},
		{"anything else", errors.New("SQL logic error"), fault.Internal},
		{"mistakes, which are answers", fault.Mistakes{{Field: []string{"name"}}}, fault.Internal},
	} {
		if got := fault.CodeOf(tt.err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := fault.BadInput("%s of %d%%", "5", 100).Message; got != "5 of 100%" {
		t.Errorf("message %q", got)
	}
}

func TestMistakes(t *testing.T) {
	var none fault.Mistakes
	if err := none.Err(); err != nil {
		t.Errorf("no mistakes are the error %v", err)
	}
	var m fault.Mistakes
	m.Add("name", fault.Required, "This field may not be empty.")
	m.Add("input.price", fault.Invalid, "No price.")
	err := fmt.Errorf("row 5: %w", m.Err())

	got, rest := fault.AsMistakes(err)
	if rest != nil || len(got) != 2 || !slices.Equal(got[1].Field, []string{"input", "price"}) || got[1].Code != fault.Invalid || got[0].Message != "This field may not be empty." {
		t.Errorf("AsMistakes = %v, %v", got, rest)
	}
	got[0] = nil // a copy: the error is not changed
	if m[0] == nil {
		t.Error("the mistakes handed out are the error's own")
	}
	if want := "name: This field may not be empty. input.price: No price."; m.Error() != want {
		t.Errorf("in the log: %q, want %q", m.Error(), want)
	}

	broken := errors.New("broken")
	if got, rest := fault.AsMistakes(broken); got == nil || len(got) != 0 || !errors.Is(rest, broken) {
		t.Errorf("AsMistakes of another error = %v, %v", got, rest)
	}
	if got, rest := fault.AsMistakes(nil); got == nil || len(got) != 0 || rest != nil { // [] to clients, not null
		t.Errorf("AsMistakes of none = %v, %v", got, rest)
	}
}

// What is in the API's enum must be spelled so.
func TestCodesAreThoseOfTheContract(t *testing.T) {
	codes := []fault.MistakeCode{
		fault.Required, fault.Invalid, fault.TooLong, fault.TooShort, fault.NotUnique, fault.Missing,
		fault.PasswordTooShort, fault.PasswordTooCommon, fault.PasswordEntirelyNumeric, fault.PasswordTooSimilar, fault.PasswordMismatch, fault.PasswordIncorrect,
		fault.StaleVersion, fault.InUse,
	}
	want := []fault.MistakeCode{
		"REQUIRED", "INVALID", "TOO_LONG", "TOO_SHORT", "NOT_UNIQUE", "NOT_FOUND",
		"PASSWORD_TOO_SHORT", "PASSWORD_TOO_COMMON", "PASSWORD_ENTIRELY_NUMERIC", "PASSWORD_TOO_SIMILAR", "PASSWORD_MISMATCH", "PASSWORD_INCORRECT",
		"STALE_VERSION", "IN_USE",
	}
	if !slices.Equal(codes, want) {
		t.Errorf("mistake codes %q", codes)
	}
}
