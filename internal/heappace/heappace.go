// Package heappace has the garbage collector wait until there is something to collect.
//
// By default Go collects each time the heap has doubled. This program's is small, some 6 MiB of what is in use, and requests
// fill as much again a hundred times a second on a busy core. So the heap may first grow to some size whatever is in use of it, and
// doubles beyond that as it always does: what large heaps take at their peak stays the same, other than with a larger GOGC.
package heappace

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Minimum is the size to which a heap grows in any case, in bytes, as [Start] is to be told. It was measured: see docs/decisions.md.
const Minimum = 12 << 20

// doubling is Go's own pace, and patience the slowest: the percentage of what is in use by which the heap may grow.
const doubling, patience = 100, 1000

// Go goes by a pace from the end of a collection on, and this package is told of that end some time later. In between, what is in use
// may have become a multiple at once, by a password that is hashed, and the pace of a small heap would be kept with a large one. So there is
// a limit as well for all memory of Go's, roomy enough never to matter otherwise: so many times what is in use, and so many times
// the minimum at the least.
const roomy = 5 / 2.0

// Start sets the pace after each collection from now on, for the whole process, until stop is called, which sets Go's own. A limit
// that GOMEMLIMIT has set stays.
func Start(minimum uint64) (stop func()) {
	p := &pacer{minimum: minimum, limits: debug.SetMemoryLimit(-1) == math.MaxInt64, stopped: make(chan struct{})}
	p.pace()
	p.arm()
	return p.stop
}

type pacer struct {
	minimum uint64
	limits  bool // no limit was set by anybody else
	stopped chan struct{}
}

// sentinel is what a collection finds unused. It has a pointer so that it is allocated by itself.
type sentinel struct{ _ *pacer }

// arm has the pace set after the next collection.
func (p *pacer) arm() {
	runtime.AddCleanup(&sentinel{}, func(p *pacer) {
		select {
		case <-p.stopped:
			p.leave()
		default:
			p.pace()
			p.arm()
		}
	}, p)
}

func (p *pacer) stop() {
	close(p.stopped)
	p.leave()
}

// leave sets Go's own pace.
func (p *pacer) leave() {
	debug.SetGCPercent(doubling)
	if p.limits {
		debug.SetMemoryLimit(math.MaxInt64)
	}
}

// pace sets the pace by what was in use at the last collection.
func (p *pacer) pace() {
	now := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(now)
	live, beside := now[0].Value.Uint64(), now[1].Value.Uint64()+now[2].Value.Uint64()
	debug.SetGCPercent(percent(live, beside, p.minimum))
	if p.limits {
		debug.SetMemoryLimit(int64(roomy * float64(max(live+beside, p.minimum))))
	}
}

// percent is by how much of the live bytes of the heap, and of those beside it that are gone through as well, the heap may grow.
func percent(live, beside, minimum uint64) int {
	if live == 0 { // before the first collection
		return doubling
	}
	return int(min(max(doubling, (max(minimum, live)-live)*100/(live+beside)), patience))
}
