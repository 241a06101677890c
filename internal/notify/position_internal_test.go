package notify

import (
	"reflect"
	"testing"
)

// Whatever was told stays known: while its row is there, and when the position has gone past it, for a notification may come
// later than the look that found its row. What is new is missing until it is taken.
func TestPosition(t *testing.T) {
	seen := func(oldest uint64, rows ...row) view { return view{history: "h", oldest: oldest, rows: rows} }
	a, b, c := row{1, 10, "x"}, row{2, 9, "x"}, row{3, 20, "x"}
	p := begin(seen(9, a)) // 9 runs yet
	if !p.knows(a.id, a.transaction) || p.knows(b.id, b.transaction) || !p.knows(7, 8) {
		t.Errorf("at first: %+v", p)
	}
	v := seen(21, a, b, c)
	if got := p.missing(v); !reflect.DeepEqual(got, []row{b, c}) {
		t.Errorf("missing %v", got)
	}
	p.take(v.rows)
	for range 2 {
		p.advance(v)
		for _, r := range v.rows {
			if !p.knows(r.id, r.transaction) {
				t.Errorf("%+v is told again by %+v", r, p)
			}
		}
		v.rows = nil
	}
	if len(p.told) != 0 || p.from != 21 {
		t.Errorf("it still holds %+v", p)
	}
	if p.knows(4, 21) {
		t.Error("it knows what comes")
	}
	// What a server may not have written to its disk is not relied on: the position is one advance behind.
	p.advance(seen(30))
	if p.from != 21 {
		t.Errorf("it is at %d", p.from)
	}
}
