package transport

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// waits are the ways in which a context may have been used before it ends: it ends the same.
var waits = map[string]func(context.Context){
	"nobody":       func(context.Context) {},
	"who asks":     func(ctx context.Context) { _ = ctx.Err() },
	"who waits":    func(ctx context.Context) { _ = ctx.Done() },
	"a child":      func(ctx context.Context) { context.AfterFunc(ctx, func() {}) },
	"a grandchild": func(ctx context.Context) { context.AfterFunc(context.WithValue(ctx, waitsKey{}, 1), func() {}) },
}

type waitsKey struct{}

// A deadline ends as context.WithTimeout's does: the same is said of both, by whatever way one asks.
func TestDeadlinesEndAsOthersDo(t *testing.T) {
	errCause := errors.New("a cause")
	for who, wait := range waits {
		for how, end := range map[string]func(parent context.CancelCauseFunc, cancel func()){
			"not at all":              func(context.CancelCauseFunc, func()) {},
			"by its time":             func(context.CancelCauseFunc, func()) { time.Sleep(time.Minute) },
			"by cancel":               func(_ context.CancelCauseFunc, cancel func()) { cancel() },
			"by cancel, twice":        func(_ context.CancelCauseFunc, cancel func()) { cancel(); cancel() },
			"by time, then cancel":    func(_ context.CancelCauseFunc, cancel func()) { time.Sleep(time.Hour); cancel() },
			"by parent, then cancel":  func(parent context.CancelCauseFunc, cancel func()) { parent(errCause); cancel() },
			"with its parent":         func(parent context.CancelCauseFunc, _ func()) { parent(errCause) },
			"by cancel, then parent":  func(parent context.CancelCauseFunc, cancel func()) { cancel(); parent(errCause) },
			"by cancel, then by time": func(_ context.CancelCauseFunc, cancel func()) { cancel(); time.Sleep(time.Hour) },
		} {
			t.Run(who+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					parent, cancelParent := context.WithCancelCause(context.WithValue(t.Context(), waitsKey{}, "given"))
					defer cancelParent(nil)
					like, cancelLike := context.WithTimeout(parent, time.Minute)
					defer cancelLike()
					_, d := within(parent, time.Minute)
					defer d.cancel()
					wait(d)
					end(cancelParent, func() { cancelLike(); d.cancel() })
					synctest.Wait()
					for range 2 {
						if got, want := d.Err(), like.Err(); !errors.Is(got, want) || (got == nil) != (want == nil) {
							t.Errorf("Err %v; want %v", got, want)
						}
					}
					if got, want := context.Cause(d), context.Cause(like); got != want { //nolint:errorlint // the very one
						t.Errorf("cause %v; want %v", got, want)
					}
					if got, want := isOver(d), isOver(like); got != want {
						t.Errorf("over %v; want %v", got, want)
					}
					child, cancelChild := context.WithCancel(d)
					defer cancelChild()
					if got, want := isOver(child), isOver(like); got != want {
						t.Errorf("a child is over: %v; want %v", got, want)
					}
					if got := d.Value(waitsKey{}); got != "given" {
						t.Errorf("value %v", got)
					}
					got, _ := d.Deadline()
					if want, _ := like.Deadline(); !got.Equal(want) {
						t.Errorf("deadline %v; want %v", got, want)
					}
				})
			})
		}
	}
}

func isOver(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// Of two deadlines the earlier one holds.
func TestDeadlinesOfParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, d := within(parent, time.Minute)
		defer d.cancel()
		if at, ok := d.Deadline(); !ok || time.Until(at) != time.Minute {
			t.Errorf("deadline %v", at)
		}
		time.Sleep(time.Minute)
		if err := d.Err(); !errors.Is(err, context.DeadlineExceeded) || parent.Err() != nil {
			t.Errorf("Err %v, the parent's %v", err, parent.Err())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, d := within(parent, time.Minute)
		defer d.cancel()
		if at, ok := d.Deadline(); !ok || time.Until(at) != time.Second {
			t.Errorf("deadline %v", at)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := d.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Err %v", err)
		}
	})
}

// Whoever waits hears of the end, however close the two come to each other.
func TestEndsOfDeadlinesAreHeard(t *testing.T) {
	for range 200 {
		_, d := within(t.Context(), time.Hour)
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() { <-d.Done() })
			group.Go(func() {
				for d.Err() == nil {
					runtime.Gosched()
				}
			})
		}
		group.Go(d.cancel)
		group.Wait()
	}
}
