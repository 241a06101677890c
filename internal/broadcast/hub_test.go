package broadcast_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse/gatehouse/internal/broadcast"
)

// wantNext expects these messages, in this order.
func wantNext(t *testing.T, l *broadcast.Listener[int], want ...int) {
	t.Helper()
	for _, n := range want {
		if got, err := l.Next(t.Context()); err != nil || got != n {
			t.Fatalf("heard %d, %v; want %d", got, err, n)
		}
	}
}

// wantOver expects that there is nothing more to hear, however often one asks.
func wantOver(t *testing.T, l *broadcast.Listener[int]) {
	t.Helper()
	for range 3 {
		if got, err := l.Next(t.Context()); !errors.Is(err, broadcast.ErrTooSlow) || got != 0 {
			t.Fatalf("heard %d, %v; want ErrTooSlow", got, err)
		}
	}
}

func TestEveryListenerHearsEverything(t *testing.T) {
	hub := broadcast.NewHub[int](10)
	hub.Tell(0) // to nobody
	first := hub.Listen()
	hub.Tell(1)
	second := hub.Listen()
	hub.Tell(2, 3)
	hub.Tell()
	hub.Tell(4)
	wantNext(t, first, 1, 2, 3, 4)
	wantNext(t, second, 2, 3, 4)
	hub.Tell(5)
	wantNext(t, first, 5)
	wantNext(t, second, 5)
	if n := hub.Listeners(); n != 2 {
		t.Errorf("%d listen", n)
	}
}

// Who waits is woken: by a message, by the end, and by their context.
func TestNextWaits(t *testing.T) {
	for name, wake := range map[string]func(hub *broadcast.Hub[int], l *broadcast.Listener[int], cancel func()){
		"a message":   func(hub *broadcast.Hub[int], _ *broadcast.Listener[int], _ func()) { hub.Tell(1, 2) },
		"the end":     func(_ *broadcast.Hub[int], l *broadcast.Listener[int], _ func()) { l.Close() },
		"the context": func(_ *broadcast.Hub[int], _ *broadcast.Listener[int], cancel func()) { cancel() },
		"more than there is room for": func(hub *broadcast.Hub[int], _ *broadcast.Listener[int], _ func()) {
			hub.Tell(1, 2, 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hub := broadcast.NewHub[int](2)
				l := hub.Listen()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				type heard struct {
					message int
					err     error
				}
				answer := make(chan heard, 1)
				go func() {
					message, err := l.Next(ctx)
					answer <- heard{message, err}
				}()
				synctest.Wait()
				select {
				case got := <-answer:
					t.Fatalf("it did not wait: %v", got)
				default:
				}
				wake(hub, l, cancel)
				synctest.Wait()
				want := map[string]heard{
					"a message": {message: 1}, "the end": {err: broadcast.ErrTooSlow}, "the context": {err: context.Canceled},
					"more than there is room for": {message: 1},
				}[name]
				select {
				case got := <-answer:
					if got.message != want.message || !errors.Is(got.err, want.err) {
						t.Errorf("heard %v, want %v", got, want)
					}
				default:
					t.Error("it still waits")
				}
			})
		})
	}
}

// A wait that is given up loses nothing.
func TestNextAgain(t *testing.T) {
	hub := broadcast.NewHub[int](2)
	l := hub.Listen()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		if _, err := l.Next(over); !errors.Is(err, context.Canceled) {
			t.Errorf("Next = %v", err)
		}
	}
	hub.Tell(1, 2)
	wantNext(t, l, 1, 2)
	hub.Tell(3)
	wantNext(t, l, 3)
}

// A listener that lags behind too far is dropped: it hears what there was room for, in order, and then that something is
// lost. Nothing of what comes later, though there was room again: there would be a gap.
func TestListenersThatDoNotKeepUp(t *testing.T) {
	for room := range 4 {
		for _, together := range []bool{true, false} {
			hub := broadcast.NewHub[int](room)
			slow, quick := hub.Listen(), hub.Listen()
			all := make([]int, room+2)
			for i := range all {
				all[i] = i + 1
			}
			quickOnes := all
			if together {
				hub.Tell(all...)
				quickOnes = all[:room] // at once, it is too much for anybody
			} else {
				for _, n := range all {
					hub.Tell(n)
					if room > 0 {
						wantNext(t, quick, n)
					}
				}
			}
			if together {
				wantNext(t, quick, quickOnes...)
			}
			wantNext(t, slow, all[:room]...)
			hub.Tell(99)
			wantOver(t, slow)
			if stay := !together && room > 0; stay {
				wantNext(t, quick, 99)
			} else {
				wantOver(t, quick)
			}
			slow.Close()
			quick.Close()
			if n := hub.Listeners(); n != 0 {
				t.Errorf("room for %d: %d listen", room, n)
			}
		}
	}
}

// A listener for which there is just enough room is not dropped, again and again.
func TestRoomIsMadeByListening(t *testing.T) {
	hub := broadcast.NewHub[int](3)
	l := hub.Listen()
	for n := 0; n < 300; n += 3 {
		hub.Tell(n, n+1)
		hub.Tell(n + 2)
		wantNext(t, l, n, n+1, n+2)
	}
	hub.Tell(1, 2, 3)
	wantNext(t, l, 1)
	hub.Tell(4)
	wantNext(t, l, 2, 3, 4)
	if hub.Listeners() != 1 {
		t.Error("it was dropped")
	}
}

func TestClose(t *testing.T) {
	hub := broadcast.NewHub[int](3)
	l, other := hub.Listen(), hub.Listen()
	hub.Tell(1)
	l.Close()
	hub.Tell(2)
	l.Close()
	if n := hub.Listeners(); n != 1 {
		t.Errorf("%d listen", n)
	}
	wantNext(t, l, 1) // what was told before
	wantOver(t, l)
	wantNext(t, other, 1, 2)
	l.Close()
	wantOver(t, l)

	// Dropped, and closed after that.
	hub.Tell(1, 2, 3, 4)
	other.Close()
	other.Close()
	wantNext(t, other, 1, 2, 3)
	wantOver(t, other)
}

// All are dropped who listen then, after what they were told; and nobody who comes later.
func TestDropAll(t *testing.T) {
	hub := broadcast.NewHub[int](3)
	l, other := hub.Listen(), hub.Listen()
	hub.Tell(1)
	wantNext(t, other, 1)
	hub.DropAll()
	later := hub.Listen()
	hub.Tell(2)
	wantNext(t, l, 1)
	wantOver(t, l)
	wantOver(t, other)
	wantNext(t, later, 2)
	if n := hub.Listeners(); n != 1 {
		t.Errorf("%d listen", n)
	}
}

// Whoever tells waits for nobody: not for one that never listens, and not for very many.
func TestTellWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := broadcast.NewHub[int](5)
		for range 1000 {
			hub.Listen()
		}
		begun := time.Now()
		for n := range 100 {
			hub.Tell(n)
		}
		if time.Since(begun) != 0 { // time passes only when everybody waits
			t.Error("it waited")
		}
		if n := hub.Listeners(); n != 0 {
			t.Errorf("%d listen", n)
		}
	})
}

// However many tell and listen and leave at once, each listener hears of each teller everything from one message on, in
// order, and all hear the tellers in the same order.
func TestManyAtOnce(t *testing.T) {
	const tellers, rounds = 4, 500
	type message struct{ teller, n int }
	hub := broadcast.NewHub[message](tellers * rounds)
	stay := make([]*broadcast.Listener[message], 3)
	for i := range stay {
		stay[i] = hub.Listen()
	}
	var group sync.WaitGroup
	for teller := range tellers {
		group.Go(func() {
			for n := 0; n < rounds; n += 2 {
				hub.Tell(message{teller, n}, message{teller, n + 1})
			}
		})
	}
	for range 8 {
		group.Go(func() {
			for range 50 {
				l := hub.Listen()
				last := map[int]int{}
				for range 5 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
					m, err := l.Next(ctx)
					cancel()
					if err != nil {
						break
					}
					if n, heard := last[m.teller]; heard && m.n != n+1 {
						t.Errorf("heard %d after %d", m.n, n)
					}
					last[m.teller] = m.n
				}
				go l.Close()
				l.Close()
			}
		})
	}
	heard := make([][]message, len(stay))
	for i, l := range stay {
		group.Go(func() {
			last := make([]int, tellers)
			for range tellers * rounds {
				m, err := l.Next(t.Context())
				if err != nil || m.n != last[m.teller] {
					t.Errorf("heard %v, %v; want %d", m, err, last[m.teller])
					return
				}
				last[m.teller]++
				heard[i] = append(heard[i], m)
			}
		})
	}
	group.Wait()
	for i := range stay {
		if got, want := fmt.Sprint(heard[i]), fmt.Sprint(heard[0]); got != want {
			t.Errorf("listener %d heard another order than the first", i)
		}
		stay[i].Close()
	}
	if n := hub.Listeners(); n != 0 {
		t.Errorf("%d listen", n)
	}
}
