// Package kept keeps what was found out about something that changes, for as long as it has not changed.
package kept

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gatehouse/gatehouse/internal/bounded"
)

// Edition is the number of the state that is found from now on. Without one nothing may be kept. A number that has passed never
// comes back, and those that follow are greater.
type Edition func() (number uint64, ok bool)

// Found is what was found out.
type Found[V any] struct {
	Value V
	// Bytes is how much memory the value takes.
	Bytes int
	// Keep says whether others may be told the same.
	Keep bool
}

// overhead is about how many bytes an entry takes beside its key and its value.
const overhead = 256

// Store keeps what was found out, by keys, of the present edition. Many goroutines may use it at once.
type Store[V any] struct {
	edition        Edition
	entries, bytes int

	issue  atomic.Pointer[issue[V]]
	mu     sync.Mutex // held to begin another issue
	hits   atomic.Uint64
	misses atomic.Uint64
}

// issue is what is kept of one edition.
type issue[V any] struct {
	edition uint64
	kept    *bounded.Cache[V]

	mu      sync.Mutex
	flights map[string]*flight[V] // what is being found out
}

// New is an empty store of so many entries and bytes at the most.
func New[V any](entries, bytes int, edition Edition) *Store[V] {
	s := &Store[V]{edition: edition, entries: entries, bytes: bytes}
	s.issue.Store(s.blank(0))
	return s
}

func (s *Store[V]) blank(edition uint64) *issue[V] {
	return &issue[V]{edition: edition, kept: bounded.New[V](s.entries, s.bytes), flights: map[string]*flight[V]{}}
}

// current is the issue of the present edition; nil when nothing may be kept.
func (s *Store[V]) current() *issue[V] {
	edition, ok := s.edition()
	if !ok {
		return nil
	}
	if i := s.issue.Load(); i.edition == edition {
		return i
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.issue.Load()
	if i.edition < edition {
		passed := i
		i = s.blank(edition)
		s.issue.Store(i)
		passed.kept.Purge() // what still flies holds it, and may do so for long
	}
	if i.edition != edition { // it has passed since it was asked for
		return nil
	}
	return i
}

// Get is what is kept under a key.
func (s *Store[V]) Get(key string) (value V, ok bool) {
	if i := s.current(); i != nil {
		value, ok = i.kept.Get(key)
	}
	if ok {
		s.hits.Add(1)
	}
	return value, ok
}

// Find is what is kept under a key, or else what find finds out. Who comes with the same key while it is being found out waits for
// that, unless it turns out that they may not be told the same: then they find it out themselves. Find's context is
// over when that of everybody is who waits for it, and at the latest when the context is of who began it that is, by its deadline. Its
// values are those of who began.
//
// The error is the context's, for one that is over before what it waits for.
func (s *Store[V]) Find(ctx context.Context, key string, find func(ctx context.Context) Found[V]) (value V, err error) {
	if err := ctx.Err(); err != nil {
		return value, err
	}
	i := s.current()
	if i == nil {
		s.misses.Add(1)
		return find(ctx).Value, nil
	}
	if value, ok := i.kept.Get(key); ok {
		s.hits.Add(1)
		return value, nil
	}
	f, begins := i.join(ctx, key)
	if begins {
		s.misses.Add(1)
		return s.fly(ctx, i, key, f, find), nil
	}
	select {
	case <-f.landed:
	case <-ctx.Done():
		i.leave(key, f)
		return value, ctx.Err()
	}
	if f.found.Keep {
		s.hits.Add(1)
		return f.found.Value, nil
	}
	s.misses.Add(1)
	found := find(ctx)
	s.keep(i, key, found)
	return found.Value, nil
}

// Edition is the number of the present edition, if there is one.
func (s *Store[V]) Edition() (number uint64, ok bool) { return s.edition() }

// keep keeps what may be kept, of an edition that has not passed.
func (s *Store[V]) keep(i *issue[V], key string, found Found[V]) {
	if found.Keep && s.issue.Load() == i {
		i.kept.Add(key, found.Value, found.Bytes+overhead)
	}
}

// Figures say how much use it is.
type Figures struct {
	Hits, Misses uint64 // ever
	Bytes        int    // that are kept
}

// Figures may be asked for at any time.
func (s *Store[V]) Figures() Figures {
	_, bytes := s.issue.Load().kept.Size()
	return Figures{Hits: s.hits.Load(), Misses: s.misses.Load(), Bytes: bytes}
}
