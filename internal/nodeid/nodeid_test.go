package nodeid_test

import (
	"math"
	"testing"

	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// Clients store ids and databases hold them: these numbers never change.
func TestRangesAreForGood(t *testing.T) {
	for _, tt := range []struct {
		kind  nodeid.Kind
		first int64
	}{
		{nodeid.User, 1},
		{nodeid.Session, 4294967297},
		{nodeid.Category, 8589934593},
		{nodeid.Product, 12884901889},
		{nodeid.AuditEvent, 17179869185},
	} {
		if got := tt.kind.First(); got != tt.first {
			t.Errorf("the first key of kind %d is %d, want %d", tt.kind, got, tt.first)
		}
		for _, id := range []int64{tt.first, tt.first + 1, tt.first + 1<<32 - 1} {
			if kind, ok := nodeid.Of(id); !ok || kind != tt.kind {
				t.Errorf("Of(%d) = %d, %v; want %d", id, kind, ok, tt.kind)
			}
		}
	}
}

func TestNobodysIDs(t *testing.T) {
	for _, id := range []int64{0, -1, math.MinInt64, math.MinInt64 + 1, 5<<32 + 1, math.MaxInt64} {
		if kind, ok := nodeid.Of(id); ok {
			t.Errorf("Of(%d) = %d; it is nobody's", id, kind)
		}
	}
}
