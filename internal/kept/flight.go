package kept

import (
	"context"
	"errors"
)

// flight is one finding out, and who waits for it.
type flight[V any] struct {
	ctx    context.Context //nolint:containedctx // what is found out for several ends when all of them are gone
	cancel context.CancelFunc
	landed chan struct{} // closed when it is done
	found  Found[V]      // then

	waiting int // under the issue's mu
}

// join is the flight of a key, and whether the caller is to begin it.
func (i *issue[V]) join(ctx context.Context, key string) (f *flight[V], begins bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if f = i.flights[key]; f != nil {
		f.waiting++
		return f, false
	}
	f = &flight[V]{landed: make(chan struct{}), waiting: 1}
	lasting := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		f.ctx, f.cancel = context.WithDeadline(lasting, deadline) //nolint:gosec // fly calls it
	} else {
		f.ctx, f.cancel = context.WithCancel(lasting) //nolint:gosec // likewise
	}
	i.flights[key] = f
	return f, true
}

// leave is called by who does not wait any more. When nobody does, it is given up: who comes later begins anew.
func (i *issue[V]) leave(key string, f *flight[V]) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.cancel()
	if i.flights[key] == f {
		delete(i.flights, key)
	}
}

// fly finds it out. Whoever began it does so, even if only others wait for it by then.
func (s *Store[V]) fly(ctx context.Context, i *issue[V], key string, f *flight[V], find func(context.Context) Found[V]) V {
	stays := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) { // which is the flight's own deadline, and told as that
			i.leave(key, f)
		}
	})
	defer func() { // also when find panics: nothing was found then
		stays()
		f.cancel()
		i.mu.Lock()
		if i.flights[key] == f {
			delete(i.flights, key)
		}
		i.mu.Unlock()
		close(f.landed)
	}()
	f.found = find(f.ctx) //nolint:contextcheck // it has the values of ctx, and outlasts it
	s.keep(i, key, f.found)
	return f.found.Value
}
