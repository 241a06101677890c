package account

import (
	"container/heap"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// turns has only so many work at a time, and only so many more wait for their turn.
//
// Next is who has the fewest failures, and among equals who came first. Where too many wait, the one with the most
// failures is sent away, and among equals the one who came last. So those who flood the server with wrong passwords
// wait for one another, and nobody for them.
type turns struct {
	mu      sync.Mutex
	idle    int  // how many more may work; 0 while anybody waits
	room    int  // how many may wait
	arrived int  // how many have ever waited
	waiting line // a heap
	workers int  // how many may work
	done    int  // how many turns have ever ended
	refused int  // how many were ever sent away
}

func newTurns(workers, room int) *turns { return &turns{idle: workers, workers: workers, room: room} }

// take waits for a turn, which is to be released. The error is RATE_LIMITED for who is sent away, and the
// context's when that ends first.
func (t *turns) take(ctx context.Context, failures int) error {
	if err := ctx.Err(); err != nil {
		return waitingEnded(err)
	}
	w, err := t.enter(failures)
	if w == nil {
		return err
	}
	select {
	case err := <-w.told:
		return err
	case <-ctx.Done():
		t.leave(w)
		return waitingEnded(ctx.Err())
	}
}

// enter takes a turn if there is one, else it joins those who wait, unless too many do: then the error says so.
func (t *turns) enter(failures int) (*waiter, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idle > 0 {
		t.idle--
		return nil, nil
	}
	t.arrived++
	w := &waiter{failures: failures, arrived: t.arrived, told: make(chan error, 1)}
	if len(t.waiting) >= t.room {
		t.refused++
		last := t.waiting.last()
		if last == nil || !w.before(last) {
			return nil, busy()
		}
		heap.Remove(&t.waiting, last.place)
		last.told <- busy()
	}
	heap.Push(&t.waiting, w)
	return w, nil
}

// leave is for who does not wait any longer.
func (t *turns) leave(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.place >= 0 {
		heap.Remove(&t.waiting, w.place)
	} else if <-w.told == nil { // its turn had just come
		t.next()
	}
}

// release ends a turn.
func (t *turns) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.next()
}

// next hands on a turn that has become free.
func (t *turns) next() {
	if len(t.waiting) == 0 {
		t.idle++
		return
	}
	heap.Pop(&t.waiting).(*waiter).told <- nil
}

// waiter is who waits for a turn.
type waiter struct {
	failures int
	arrived  int
	place    int        // in the line; -1 once it has left that
	told     chan error // is told once, when its turn has come or it is sent away
}

// before says whether w's turn is before o's.
func (w *waiter) before(o *waiter) bool {
	if w.failures != o.failures {
		return w.failures < o.failures
	}
	return w.arrived < o.arrived
}

// line is those who wait, as package heap wants them.
type line []*waiter

// last is whose turn would come last; nil when nobody waits.
func (l line) last() (last *waiter) {
	for _, w := range l {
		if last == nil || last.before(w) {
			last = w
		}
	}
	return last
}

func (l line) Len() int           { return len(l) }
func (l line) Less(i, j int) bool { return l[i].before(l[j]) }

func (l line) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].place, l[j].place = i, j
}

// Push appends a *waiter.
func (l *line) Push(x any) {
	w := x.(*waiter)
	w.place = len(*l)
	*l = append(*l, w)
}

// Pop takes the last *waiter off.
func (l *line) Pop() any {
	end := len(*l) - 1
	w := (*l)[end]
	(*l)[end] = nil
	*l = (*l)[:end]
	w.place = -1
	return w
}

func busy() error {
	return &fault.Error{
		Code:       fault.RateLimited,
		Message:    "The server is busy; try again shortly.",
		RetryAfter: time.Second,
	}
}

func waitingEnded(err error) error { return fmt.Errorf("waiting to hash a password: %w", err) }
