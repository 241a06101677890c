package account

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// enqueue has somebody with so many failures wait; the channel tells how that ended.
func (t *turns) enqueue(ctx context.Context, tb testing.TB, failures int) <-chan error {
	tb.Helper()
	t.mu.Lock()
	before := t.arrived
	t.mu.Unlock()
	ended := make(chan error, 1)
	go func() { ended <- t.take(ctx, failures) }()
	for { // until it is there
		t.mu.Lock()
		there := t.arrived > before
		t.mu.Unlock()
		if there {
			return ended
		}
		time.Sleep(time.Millisecond)
	}
}

func (t *turns) state() (idle, waiting int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.idle, len(t.waiting)
}

func wantBusy(t *testing.T, err error) {
	t.Helper()
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.RateLimited || refused.RetryAfter != time.Second {
		t.Errorf("error %v; want RATE_LIMITED, to try again in a second", err)
	}
}

// Those with the fewest failures come first, and among equals who came first, whatever the order they came in.
func TestTheFewestFailuresFirst(t *testing.T) {
	ctx := t.Context()
	turns := newTurns(1, 100)
	if err := turns.take(ctx, 99); err != nil {
		t.Fatal(err)
	}
	failures := []int{3, 1, 50, 0, 1, 2, 3, 0, 1, 50}
	var ended []<-chan error
	for _, n := range failures {
		ended = append(ended, turns.enqueue(ctx, t, n))
	}
	for _, want := range []int{3, 7, 1, 4, 8, 5, 0, 6, 2, 9} {
		turns.release()
		if err := <-ended[want]; err != nil {
			t.Errorf("%d: %v", want, err)
		}
	}
	turns.release()
	if idle, waiting := turns.state(); idle != 1 || waiting != 0 {
		t.Errorf("in the end %d idle, %d waiting", idle, waiting)
	}
}

// When too many wait, the one with the most failures has to go, and among equals who came last.
func TestTheMostFailuresAreSentAway(t *testing.T) {
	ctx := t.Context()
	turns := newTurns(1, 3)
	if err := turns.take(ctx, 0); err != nil {
		t.Fatal(err)
	}
	five, two, fiveAgain := turns.enqueue(ctx, t, 5), turns.enqueue(ctx, t, 2), turns.enqueue(ctx, t, 5)
	wantBusy(t, turns.take(ctx, 9)) // it would be last
	wantBusy(t, turns.take(ctx, 5)) // as many as the last, and later
	one := turns.enqueue(ctx, t, 1)
	wantBusy(t, <-fiveAgain)
	three := turns.enqueue(ctx, t, 3)
	wantBusy(t, <-five)
	for _, next := range []<-chan error{one, two, three} {
		turns.release()
		if err := <-next; err != nil {
			t.Error(err)
		}
	}
}

func TestNobodyMayWait(t *testing.T) {
	turns := newTurns(2, 0)
	for range 2 {
		if err := turns.take(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
	}
	wantBusy(t, turns.take(t.Context(), 0))
	turns.release()
	if err := turns.take(t.Context(), 7); err != nil {
		t.Error(err)
	}
}

// Who hangs up leaves the line, and no turn is lost with them.
func TestLeavingTheLine(t *testing.T) {
	turns := newTurns(1, 2)
	if err := turns.take(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	gone, patient := turns.enqueue(ctx, t, 0), turns.enqueue(t.Context(), t, 9)
	hangUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want that of the context", err)
	}
	if err := turns.take(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if _, waiting := turns.state(); waiting != 1 {
		t.Errorf("%d are waiting, want 1", waiting)
	}
	turns.release()
	if err := <-patient; err != nil {
		t.Error(err)
	}

	// A turn that comes at the moment of hanging up is handed on.
	for range 200 {
		ctx, hangUp := context.WithCancel(t.Context())
		leaving, staying := turns.enqueue(ctx, t, 0), turns.enqueue(t.Context(), t, 1)
		go hangUp()
		turns.release()
		if <-leaving == nil {
			turns.release()
		}
		if err := <-staying; err != nil {
			t.Fatal(err)
		}
	}
	turns.release()
	if idle, waiting := turns.state(); idle != 1 || waiting != 0 {
		t.Errorf("in the end %d idle, %d waiting", idle, waiting)
	}
}

// Whatever happens all at once: never do more work than may, and in the end all are idle.
func TestTurnsUnderAFlood(t *testing.T) {
	const workers, room = 3, 10
	turns := newTurns(workers, room)
	var working, most, done, refused, left atomic.Int64
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for range 50 {
				ctx, hangUp := context.WithTimeout(t.Context(), time.Duration(rand.IntN(2000))*time.Microsecond)
				switch err := turns.take(ctx, rand.IntN(4)); {
				case err == nil:
					now := working.Add(1)
					for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
					}
					time.Sleep(50 * time.Microsecond)
					working.Add(-1)
					done.Add(1)
					turns.release()
				case fault.CodeOf(err) == fault.RateLimited:
					refused.Add(1)
				default:
					left.Add(1)
				}
				hangUp()
			}
		})
	}
	group.Wait()
	if most.Load() > workers || done.Load() == 0 || done.Load()+refused.Load()+left.Load() != 64*50 {
		t.Errorf("at most %d at a time; %d done, %d refused, %d left", most.Load(), done.Load(), refused.Load(), left.Load())
	}
	if idle, waiting := turns.state(); idle != workers || waiting != 0 {
		t.Errorf("in the end %d idle, %d waiting", idle, waiting)
	}
}

// However many with failures come, somebody without any is next.
func TestACleanAddressNeverWaitsForOthers(t *testing.T) {
	turns := newTurns(1, 64)
	if err := turns.take(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	var flood []<-chan error
	for i := range 200 {
		flood = append(flood, func() <-chan error {
			if i < 64 {
				return turns.enqueue(t.Context(), t, 2+i%49)
			}
			refused := make(chan error, 1)
			refused <- turns.take(t.Context(), 60)
			return refused
		}())
	}
	clean := turns.enqueue(t.Context(), t, 1)
	turns.release()
	if err := <-clean; err != nil {
		t.Error(err)
	}
	away := slices.DeleteFunc(flood, func(ended <-chan error) bool { return len(ended) == 0 })
	if len(away) != 137 { // 136 found no room, and one made room
		t.Errorf("%d were sent away", len(away))
	}
	for _, ended := range away {
		wantBusy(t, <-ended)
	}
	for range 64 { // lets the others end
		turns.release()
	}
}

func TestFiguresOfTurns(t *testing.T) {
	ctx := t.Context()
	turns := newTurns(2, 1)
	want := func(want HashingFigures) {
		t.Helper()
		if got := turns.figures(); got != want {
			t.Errorf("figures %+v, want %+v", got, want)
		}
	}
	want(HashingFigures{})
	for range 2 {
		if err := turns.take(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}
	want(HashingFigures{Working: 2})
	waits := turns.enqueue(ctx, t, 1)
	want(HashingFigures{Working: 2, Waiting: 1})
	wantBusy(t, turns.take(ctx, 2)) // who comes is sent away
	goes := turns.enqueue(ctx, t, 0)
	wantBusy(t, <-waits) // who waits is
	want(HashingFigures{Working: 2, Waiting: 1, Refused: 2})
	turns.release()
	if err := <-goes; err != nil {
		t.Fatal(err)
	}
	turns.release()
	turns.release()
	want(HashingFigures{Done: 3, Refused: 2})
}
