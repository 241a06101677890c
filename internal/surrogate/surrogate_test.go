package surrogate_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/surrogate"
)

func TestUnpaired(t *testing.T) {
	for text, want := range map[string]bool{
		``:                          false,
		`{"a": "b\n\u00e9"}`:        false,
		`\ud83d\ude42`:              false,
		`\uD83D\uDE42\uD83D\uDE42`:  false,
		`\u{1F642}`:                 false,
		`\\ud83d`:                   false, // a backslash and letters
		`\\\ud83d\ude42`:            false,
		`\ud7ff\ue000\uffff`:        false,
		`\ud83d`:                    true,
		`\ude42`:                    true,
		`\ude42\ud83d`:              true, // the wrong way round
		`\ud83d\ud83d\ude42`:        true,
		`\ud83d\ude42\ude42`:        true,
		`\ud83d\u0041`:              true,
		`\ud83dA`:                   true,
		`\ud83d\\ude42`:             true,
		`\\\ud83d`:                  true,
		`\ud83d\n`:                  true,
		`\ud83d\`:                   true,
		`{"password": "x\udbff\"}"`: true,
		`\`:                         false, // these are no JSON
		`\u`:                        false,
		`\ud83`:                     false,
		`\ud83d\ude4`:               true,
	} {
		if got := surrogate.Unpaired(text); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// Texts are unpaired just when Go's decoder mends them.
func TestUnpairedIsWhatIsMended(t *testing.T) {
	pieces := []string{`\ud83d`, `\ude42`, `\uDBFF`, `\uDC00`, `\\`, `\"`, `\u0041`, `u`, `d83d`, `é`, `🙂`}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var text strings.Builder
		for range dice.IntN(6) {
			text.WriteString(pieces[dice.IntN(len(pieces))])
		}
		var decoded string
		if err := json.Unmarshal([]byte(`"`+text.String()+`"`), &decoded); err != nil {
			t.Fatal(err)
		}
		if got, want := surrogate.Unpaired(text.String()), strings.Contains(decoded, "\ufffd"); got != want {
			t.Errorf("%s: %v, but it is decoded as %q", text.String(), got, decoded)
		}
	}
}
