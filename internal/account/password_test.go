package account_test

import (
	"strings"
	"testing"

	"github.com/trustelem/zxcvbn/frequency"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// All tests run as the program does, without the lists that it lets go of.
func TestMain(m *testing.M) {
	account.ReleaseWordLists()
	m.Run()
}

func TestPasswordPolicy(t *testing.T) {
	w := build(t)
	const (
		tooShort = "password PASSWORD_TOO_SHORT"
		common   = "password PASSWORD_TOO_COMMON"
		numeric  = "password PASSWORD_ENTIRELY_NUMERIC"
		similar  = "password PASSWORD_TOO_SIMILAR"
	)
	for _, tt := range []struct {
		name, password string
		want           []string // nil: good
	}{
		{"seven characters", "xk9!qzw", []string{tooShort}},
		{"eight characters", "xk9!qzwv", nil},
		{"eight characters of four bytes", "𝒳𝒴𝒵𝒜𝒷𝒸𝒹𝑒", nil},
		{"seven characters once composed", "e\u0301xk9!qz", []string{tooShort}},
		{"1,024 characters", strings.Repeat("xk9!", 256), nil},
		{"1,025 characters", strings.Repeat("xk9!", 256) + "x", []string{"password TOO_LONG"}},
		{"1,024 characters of two bytes", strings.Repeat("жыъщ", 256), nil},
		{"a NUL", "xk9!\x00qzwv", []string{"password INVALID"}},
		{"half a character", "xk9!\ufffdqzwv", []string{"password INVALID"}},
		{"not UTF-8", "xk9!\xffqzwv", []string{"password INVALID"}},
		{"blanks at the ends count", " xk9!qz ", nil},
		{"common", "letmein1", []string{common}},
		{"common, and short", "qwerty", []string{tooShort, common}},
		{"common in other case", "BaseBall", []string{common}},
		{"digits", "8402619375", []string{numeric}},
		{"digits of another script", "٨٤٠٢٦١٩٣٧٥", []string{numeric}},
		{"common digits", "12345678", []string{common, numeric}},
		{"the username", "lovelace.ada", []string{similar}},
		{"the username in other case, and a digit", "LoveLace.Ada1", []string{similar}},
		{"a word of the username", "lovelace", []string{similar}},
		{"a word of the username and four more", "lovelace!7xq", []string{similar}}, // 16 of 20
		{"a word of the username and seven more", "lovelace!7xqzkw", nil},           // 16 of 23
		{"the address", "countess@analytical.example", []string{similar}},
		{"a word of the address", "analytical!", []string{similar}},
		{"the first name", "augusta1", []string{similar}},
		{"the last name backwards", "gninkcab", []string{similar}},
		{"the last name and much more", "backing the other horse in the third race", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// The confirmation differs, so that no password at all registers.
			_, err := w.Register(t.Context(), account.Registration{
				Username: "lovelace.ada", Email: "countess@analytical.example", Password: tt.password,
				FirstName: ptr("Augusta"), LastName: ptr("Backing"), PasswordConfirm: ptr("something else"),
			})
			wantMistakes(t, err, append(tt.want, "passwordConfirm PASSWORD_MISMATCH")...)
		})
	}
}

func TestPasswordMessages(t *testing.T) {
	w := build(t)
	_, err := w.Register(t.Context(), account.Registration{Username: "1234567", Email: "a@example.org", Password: "1234567"})
	mistakes, err := fault.AsMistakes(err)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"This password is too short. It must contain at least 8 characters.",
		"The password is too similar to the username.",
		"This password is too common.",
		"This password is entirely numeric.",
	}
	for i, m := range mistakes {
		if i >= len(want) || m.Message != want[i] {
			t.Errorf("message %d is %q", i, m.Message)
		}
	}
	if len(mistakes) != len(want) {
		t.Errorf("%d mistakes, want %d", len(mistakes), len(want))
	}
}

// The list of common passwords is searched for folded passwords.
func TestCommonPasswordsAreFolded(t *testing.T) {
	list := frequency.FrequencyLists["passwords"]
	if len(list) < 10_000 {
		t.Errorf("%d common passwords", len(list))
	}
	if lists := len(frequency.FrequencyLists); lists != 1 {
		t.Errorf("%d lists are held", lists)
	}
	for _, password := range list {
		if fold.Text(password) != password {
			t.Errorf("the list has %q, which is never found", password)
		}
	}
}

// What is too long to be a name is refused as such, not compared word by word for seconds.
func TestSimilarityToEndlessNames(t *testing.T) {
	w := build(t)
	_, err := w.Register(t.Context(), account.Registration{
		Username: "ada", Email: strings.Repeat("a ", 1<<20), Password: "xk9!qzwv", FirstName: ptr(strings.Repeat("a ", 1<<20)),
	})
	wantMistakes(t, err, "email TOO_LONG", "firstName TOO_LONG")
}
