package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deadline is a context with a time when it ends, as context.WithTimeout makes one, whose timer runs only once somebody waits for
// that, as starting and stopping one takes most of the time. Whoever asks whether it has ended finds out. Only if nobody has asked or
// waited until both its time was up and its parent had ended, it is its parent's end, whichever came first.
type deadline struct {
	context.Context // the one that it is made of

	at      time.Time
	ended   atomic.Bool             // by cancel
	waiting atomic.Pointer[waiting] // nil: nobody waits
	begins  sync.Mutex              // held to begin to wait, and to be ended by cancel
	waited  waiting                 // what waiting is then
}

// waiting is the context that is waited for.
type waiting struct {
	context.Context

	cancel context.CancelFunc
}

// within returns a context that ends so long from now, with its parent, or when it is cancelled, as it has to be at the end.
func within(parent context.Context, long time.Duration) (ctx context.Context, d *deadline) {
	d = &deadline{Context: parent, at: time.Now().Add(long)} //nolint:forbidigo // the clock of the standard library's contexts, which synctest sets
	return d, d
}

// wait is the context that is waited for from now on.
func (d *deadline) wait() *waiting {
	if w := d.waiting.Load(); w != nil {
		return w
	}
	d.begins.Lock()
	defer d.begins.Unlock()
	if w := d.waiting.Load(); w != nil {
		return w
	}
	w := &d.waited
	if d.ended.Load() { // whatever has ended since was not why
		w.Context, w.cancel = context.WithCancel(context.WithoutCancel(d.Context))
		w.cancel()
	} else {
		w.Context, w.cancel = context.WithDeadline(d.Context, d.at)
	}
	d.waiting.Store(w)
	return w
}

// cancel ends it, unless it has ended. It may be called again.
func (d *deadline) cancel() {
	_ = d.Err() // which is by now why it ended, if it has
	d.begins.Lock()
	d.ended.Store(true)
	w := d.waiting.Load()
	d.begins.Unlock()
	if w != nil {
		w.cancel()
	}
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (at time.Time, ok bool) {
	if at, ok := d.Context.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.wait().Done() }

// Err implements context.Context. What it says once it goes on saying.
func (d *deadline) Err() error {
	if d.waiting.Load() == nil && !d.ended.Load() && d.Context.Err() == nil && time.Now().Before(d.at) { //nolint:forbidigo // see within
		return nil
	}
	return d.wait().Err()
}

// Value implements context.Context. It is by a value that contexts find the one that ends them.
func (d *deadline) Value(key any) any {
	if w := d.waiting.Load(); w != nil {
		return w.Value(key)
	}
	return d.Context.Value(key)
}
