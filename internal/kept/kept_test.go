package kept_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/kept"
)

// shelf is a store, and the edition that it asks for.
type shelf struct {
	*kept.Store[string]
	edition atomic.Uint64 // 0: there is none
	found   atomic.Int64  // how often something was found out
}

func newShelf(entries, bytes int) *shelf {
	s := &shelf{}
	s.edition.Store(1)
	s.Store = kept.New[string](entries, bytes, func() (uint64, bool) { n := s.edition.Load(); return n, n > 0 })
	return s
}

// want expects to find a value, and that it was found out anew or not.
func (s *shelf) want(t *testing.T, key, value string, anew bool) {
	t.Helper()
	before := s.found.Load()
	got, err := s.Find(t.Context(), key, s.answering(value, true))
	if err != nil || got != value || (s.found.Load() > before) != anew {
		t.Errorf("%q is %q, %v, found out anew %v", key, got, err, s.found.Load() > before)
	}
}

func (s *shelf) answering(value string, keep bool) func(context.Context) kept.Found[string] {
	return func(context.Context) kept.Found[string] {
		s.found.Add(1)
		return kept.Found[string]{Value: value, Bytes: len(value), Keep: keep}
	}
}

func TestKeptForAnEdition(t *testing.T) {
	s := newShelf(100, 1<<20)
	s.want(t, "a", "1", true)
	s.want(t, "a", "1", false)
	s.want(t, "b", "2", true)
	s.edition.Store(2)
	if v, ok := s.Get("a"); ok {
		t.Errorf("%q is of the edition before", v)
	}
	s.want(t, "a", "3", true)
	s.want(t, "a", "3", false)
	s.edition.Store(0)
	s.want(t, "a", "4", true)
	s.want(t, "a", "5", true)
	if f := s.Figures(); f.Hits != 2 || f.Misses != 5 {
		t.Errorf("figures %+v", f)
	}
}

// What was read while an edition passed is not kept for the next one.
func TestKeptWhileAnEditionPasses(t *testing.T) {
	s := newShelf(100, 1<<20)
	if got, err := s.Find(t.Context(), "a", func(context.Context) kept.Found[string] {
		s.edition.Store(2)
		return kept.Found[string]{Value: "old", Keep: true}
	}); got != "old" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	s.want(t, "a", "new", true)
	s.want(t, "a", "new", false)
}

func TestKeptWithinBytes(t *testing.T) {
	s := newShelf(1000, 64<<10)
	for i := range 500 {
		s.want(t, fmt.Sprint(i), strings.Repeat("x", 1000), true)
		if f := s.Figures(); f.Bytes > 64<<10 {
			t.Fatalf("%d bytes are kept", f.Bytes)
		}
	}
	s.want(t, "499", strings.Repeat("x", 1000), false)
	s.want(t, "0", strings.Repeat("x", 1000), true)
	s.want(t, "large", strings.Repeat("x", 5000), true) // more than a sixteenth
	s.want(t, "large", strings.Repeat("x", 5000), true)
}

func TestNotKept(t *testing.T) {
	s := newShelf(100, 1<<20)
	for range 2 {
		if got, err := s.Find(t.Context(), "a", s.answering("no", false)); got != "no" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if n := s.found.Load(); n != 2 {
		t.Errorf("found out %d times", n)
	}
}

// flying has something be found out until it is told to land.
type flying struct {
	begun, land chan struct{}
	given       chan error // why it was given up
}

func newFlying() *flying {
	return &flying{begun: make(chan struct{}), land: make(chan struct{}), given: make(chan error, 1)}
}

func (f *flying) find(s *shelf, found kept.Found[string]) func(context.Context) kept.Found[string] {
	return func(ctx context.Context) kept.Found[string] {
		s.found.Add(1)
		close(f.begun)
		select {
		case <-f.land:
		case <-ctx.Done():
			f.given <- ctx.Err()
			return kept.Found[string]{Value: "given up"}
		}
		return found
	}
}

// Those who come meanwhile wait for the first, and its going does not matter to them.
func TestFoundOutOnce(t *testing.T) {
	s, f := newShelf(100, 1<<20), newFlying()
	first, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		_, _ = s.Find(first, "a", f.find(s, kept.Found[string]{Value: "x", Keep: true}))
	})
	<-f.begun
	impatient, giveUp := context.WithCancel(t.Context())
	all.Go(func() {
		if got, err := s.Find(impatient, "a", s.answering("another", true)); got == "another" {
			t.Errorf("%q, %v", got, err)
		}
	})
	waiting := make(chan struct{}, 8)
	for range 8 {
		all.Go(func() {
			waiting <- struct{}{}
			if got, err := s.Find(t.Context(), "a", s.answering("another", true)); got != "x" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	for range 8 {
		<-waiting
	}
	leave()
	giveUp()
	time.Sleep(20 * time.Millisecond) // in which none is to give it up
	close(f.land)
	all.Wait()
	if n := s.found.Load(); n != 1 {
		t.Errorf("found out %d times", n)
	}
}

// When nobody waits for it any more it is given up, and the next begins anew.
func TestGivenUpByAll(t *testing.T) {
	s, f := newShelf(100, 1<<20), newFlying()
	ctx, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { _, _ = s.Find(ctx, "a", f.find(s, kept.Found[string]{Value: "x", Keep: true})) })
	<-f.begun
	leave()
	if err := <-f.given; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.want(t, "a", "anew", true)
	all.Wait()
}

// Who waited for what may not be told to others finds it out themselves.
func TestWaitedInVain(t *testing.T) {
	for name, find := range map[string]func(f *flying, s *shelf) func(context.Context) kept.Found[string]{
		"not for others": func(f *flying, s *shelf) func(context.Context) kept.Found[string] {
			return f.find(s, kept.Found[string]{Value: "mine"})
		},
		"a panic": func(f *flying, s *shelf) func(context.Context) kept.Found[string] {
			return func(ctx context.Context) kept.Found[string] {
				f.find(s, kept.Found[string]{})(ctx)
				panic("boom")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := newShelf(100, 1<<20), newFlying()
			var all sync.WaitGroup
			all.Go(func() {
				defer func() { _ = recover() }()
				_, _ = s.Find(t.Context(), "a", find(f, s))
			})
			<-f.begun
			all.Go(func() {
				if got, err := s.Find(t.Context(), "a", s.answering("other", true)); got != "other" || err != nil {
					t.Errorf("%q, %v", got, err)
				}
			})
			close(f.land)
			all.Wait()
			s.want(t, "a", "other", false)
		})
	}
}

func TestFoundOutForNobody(t *testing.T) {
	s := newShelf(100, 1<<20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := s.Find(ctx, "a", s.answering("x", true)); !errors.Is(err, context.Canceled) || s.found.Load() != 0 {
		t.Errorf("%q, %v, found out %d times", got, err, s.found.Load())
	}
}

// Whose time is up is told that, and not that somebody has gone.
func TestTimeUp(t *testing.T) {
	for range 20 {
		s, f := newShelf(100, 1<<20), newFlying()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, _ = s.Find(ctx, "a", f.find(s, kept.Found[string]{}))
		if err := <-f.given; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("given up because of %v", err)
		}
		cancel()
	}
}
