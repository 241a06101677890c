package token_test

import (
	"bytes"
	"errors"
	"math"
	"regexp"
	"testing"
	"testing/iotest"

	"github.com/gatehouse/gatehouse/internal/token"
)

var jtiShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

func TestNewID(t *testing.T) {
	random := bytes.NewReader([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\xfc\xfd\xfe\xffABCDEFGHIJKLMNOP short"))
	for _, want := range []string{"000102030405060708090a0bfcfdfeff", "4142434445464748494a4b4c4d4e4f50"} {
		if got, err := token.NewID(random); err != nil || got != want {
			t.Errorf("NewID is %q, %v, want %q", got, err, want)
		}
	}
	if got, err := token.NewID(random); err == nil {
		t.Errorf("NewID of six bytes is %q, want an error", got)
	}

	broken := errors.New("no entropy")
	if got, err := token.NewID(iotest.ErrReader(broken)); got != "" || !errors.Is(err, broken) {
		t.Errorf("NewID of a broken source is %q, %v, want its error", got, err)
	}
	slow := iotest.OneByteReader(bytes.NewReader(make([]byte, 16)))
	if got, err := token.NewID(slow); err != nil || got != "00000000000000000000000000000000" {
		t.Errorf("NewID of a slow source is %q, %v", got, err)
	}
}

func TestRefreshID(t *testing.T) {
	if got, want := token.RefreshID(0x1234, 0xab), "000000000000123400000000000000ab"; got != want {
		t.Errorf("RefreshID is %q, want %q for ever: it is in issued tokens", got, want)
	}
	numbers := []int64{0, 1, 2, 9, 10, 11, 15, 16, 17, 110, 111, 255, 256, 1 << 32, 1<<32 + 1, math.MaxInt64 - 1, math.MaxInt64}
	seen := map[string][2]int64{}
	for _, session := range numbers {
		for _, generation := range numbers {
			id := token.RefreshID(session, generation)
			if id != token.RefreshID(session, generation) {
				t.Errorf("RefreshID(%d, %d) changes", session, generation)
			}
			if !jtiShape.MatchString(id) {
				t.Errorf("RefreshID(%d, %d) is %q: not shaped like a jti", session, generation, id)
			}
			if twin, taken := seen[id]; taken {
				t.Errorf("RefreshID(%d, %d) is that of %v", session, generation, twin)
			}
			seen[id] = [2]int64{session, generation}
		}
	}
}
