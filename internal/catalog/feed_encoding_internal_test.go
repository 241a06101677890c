package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func drawStanding(t *rapid.T, name string) *Standing {
	if !rapid.Bool().Draw(t, name) {
		return nil
	}
	s := &Standing{CategoryID: rapid.Int64().Draw(t, name+" category"), IsPublished: rapid.Bool().Draw(t, name+" published")}
	if rapid.Bool().Draw(t, name+" owned") {
		s.OwnerID = new(rapid.Int64().Draw(t, name+" owner"))
	}
	return s
}

// Whatever changes there are, they are read as they were written; and no part of them is read as something else.
func TestEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var changes []Change
		for range rapid.IntRange(1, 5).Draw(t, "changes") {
			changes = append(changes, Change{ProductID: rapid.Int64().Draw(t, "id"), Before: drawStanding(t, "before"), After: drawStanding(t, "after")})
		}
		text := encodeChanges(changes)
		got, err := decodeChanges(text)
		if err != nil || !cmp.Equal(got, changes) {
			t.Fatalf("%v, %s", err, cmp.Diff(changes, got))
		}
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		if part, err := decodeChanges(text[:cut]); err == nil && len(part) > 0 && !cmp.Equal(part, changes[:len(part)]) {
			t.Fatalf("cut to %d bytes: %+v", cut, part)
		}
	})
}

// A hundred changes of products as they are numbered fit into one notification, which has room for some 5,800 bytes.
func TestEncodingIsSmall(t *testing.T) {
	const users, categories, products = 1, 2 << 32, 3 << 32
	var changes []Change
	for i := range int64(100) {
		s := &Standing{CategoryID: categories + 1000 + i, OwnerID: new(users + 100_000 + i), IsPublished: true}
		changes = append(changes, Change{ProductID: products + 1_000_000 + i, Before: s, After: s})
	}
	if n := len(encodeChanges(changes)); n > 2500 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzDecodeChanges(f *testing.F) {
	owner := int64(7)
	f.Add(encodeChanges([]Change{{ProductID: 1, After: &Standing{CategoryID: 2, OwnerID: &owner}}}))
	f.Add([]byte{2, 1, 0})
	f.Add([]byte{1, 1, 64})
	f.Fuzz(func(t *testing.T, text []byte) {
		changes, err := decodeChanges(text)
		if err != nil {
			if changes != nil {
				t.Errorf("%v beside %v", changes, err)
			}
			return
		}
		again, err := decodeChanges(encodeChanges(changes))
		if err != nil || !cmp.Equal(again, changes) {
			t.Errorf("%v, %v became %v", err, changes, again)
		}
	})
}

// Another version's encoding is refused rather than guessed at.
func TestEncodingsOfOthers(t *testing.T) {
	for _, text := range []string{"", "\x00", "\x02\x01\x00", "\x01\x01", "\x01\x01\x40", "\x01\x01\x01", "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"} {
		if changes, err := decodeChanges([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, changes)
		}
	}
}
