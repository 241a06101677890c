package heappace

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		live, beside, minimum uint64
		want                  int
	}{
		{0, 0, 40 * mib, 100},
		{1, 0, 40 * mib, 1000},
		{3 * mib, 0, 40 * mib, 1000},
		{8 * mib, 0, 40 * mib, 400},
		{8 * mib, 8 * mib, 40 * mib, 200},
		{10 * mib, 0, 40 * mib, 300},
		{20 * mib, 0, 40 * mib, 100},
		{30 * mib, mib, 40 * mib, 100},
		{40 * mib, 0, 40 * mib, 100},
		{1 << 40, 0, 40 * mib, 100},
		{1 << 63, 0, 1, 100},
		{8 * mib, 0, 0, 100},
	} {
		if got := percent(tt.live, tt.beside, tt.minimum); got != tt.want {
			t.Errorf("of %d bytes, to %d: %d %%, want %d", tt.live, tt.minimum, got, tt.want)
		}
	}
}

// pace is by how much the heap may grow now.
func pace() uint64 {
	now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(now)
	return now[0].Value.Uint64()
}

// wantPace waits until a collection has led to a pace that is right.
func wantPace(t *testing.T, what string, right func(percent uint64) bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !right(pace()); {
		if time.Now().After(end) {
			t.Fatalf("%s: the pace stays at %d %%", what, pace())
		}
		runtime.GC()
		time.Sleep(time.Millisecond) // for the cleanup to run
	}
}

// A small heap is given time, a large one is not, and it changes as often as the heap does.
func TestPaceFollowsTheHeap(t *testing.T) {
	const minimum = 64 << 20
	slow := func(percent uint64) bool { return percent > doubling }
	goes := func(percent uint64) bool { return percent == doubling }
	stop := Start(minimum)
	for range 3 {
		wantPace(t, "a small heap", slow)
		large := make([]byte, minimum)
		wantPace(t, "a large heap", goes)
		runtime.KeepAlive(large)
	}
	wantPace(t, "a small heap", slow)
	if limit := debug.SetMemoryLimit(-1); limit < 2*minimum || limit > 4*minimum {
		t.Errorf("the limit is %d", limit)
	}
	stop()
	for range 5 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	wantPace(t, "once it is stopped", goes)
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		t.Errorf("once it is stopped, the limit is %d", limit)
	}
}

// A limit that is the environment's stays as it is.
func TestLimitOfTheEnvironment(t *testing.T) {
	const given = 1 << 30
	before := debug.SetMemoryLimit(given)
	defer debug.SetMemoryLimit(before)
	stop := Start(Minimum)
	runtime.GC()
	stop()
	if limit := debug.SetMemoryLimit(-1); limit != given {
		t.Errorf("the limit is %d", limit)
	}
}
