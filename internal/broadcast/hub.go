// Package broadcast tells many listeners of what happens, and never waits for one of them.
package broadcast

import (
	"context"
	"errors"
	"sync"
)

// ErrTooSlow says that a listener was dropped: more had been told than it had room for, or nobody knows what there was to
// tell. What it missed is lost to it.
var ErrTooSlow = errors.New("the listener did not keep up")

// Hub tells every listener everything, in the order of Tell. Many goroutines may use it at once.
type Hub[T any] struct {
	room      int
	mu        sync.Mutex
	listeners map[*Listener[T]]struct{}
}

// NewHub makes a hub whose listeners may each lag behind by as many messages as there is room for.
func NewHub[T any](room int) *Hub[T] {
	return &Hub[T]{room: room, listeners: map[*Listener[T]]struct{}{}}
}

// Tell tells the messages to all who listen now. A listener without room for them is dropped.
func (h *Hub[T]) Tell(messages ...T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		if !l.put(messages) {
			delete(h.listeners, l)
		}
	}
}

// DropAll drops all who listen now, as if there were no room: who tells has missed something itself.
func (h *Hub[T]) DropAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		l.drop()
	}
	clear(h.listeners)
}

// Listen begins to listen: to what is told from now on, until the listener is closed.
func (h *Hub[T]) Listen() *Listener[T] {
	l := &Listener[T]{hub: h, wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[l] = struct{}{}
	return l
}

// Listeners is how many listen.
func (h *Hub[T]) Listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners)
}

// Listener is one that listens to a Hub. One goroutine at a time may call Next; any may call Close.
type Listener[T any] struct {
	hub  *Hub[T]
	wake chan struct{} // has something in it when there may be something new

	mu      sync.Mutex
	waiting []T  // no more than there is room for; it grows only as it is needed, since most listeners keep up
	over    bool // nothing is put there any more
}

// Next waits for the next message. Its error is the context's; or ErrTooSlow, after the last message that there was room
// for, and for ever after Close.
func (l *Listener[T]) Next(ctx context.Context) (message T, err error) {
	for {
		if message, found, over := l.take(); found {
			return message, nil
		} else if over {
			return message, ErrTooSlow
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return message, ctx.Err()
		}
	}
}

// Close stops listening. It may be called again.
func (l *Listener[T]) Close() {
	l.hub.mu.Lock()
	delete(l.hub.listeners, l)
	l.hub.mu.Unlock()
	l.drop()
}

// drop has nothing be put there any more.
func (l *Listener[T]) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

// put adds messages, as far as there is room. It answers false if that was not for all of them, and ends the listener.
func (l *Listener[T]) put(messages []T) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := l.hub.room - len(l.waiting)
	l.waiting = append(l.waiting, messages[:min(room, len(messages))]...)
	if room < len(messages) {
		l.end()
		return false
	}
	l.nudge()
	return true
}

func (l *Listener[T]) take() (message T, found, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.waiting = nil // what was taken can be collected
		return message, false, l.over
	}
	message, l.waiting = l.waiting[0], l.waiting[1:]
	return message, true, false
}

// end has Next come to an end. The caller holds mu.
func (l *Listener[T]) end() {
	l.over = true
	l.nudge()
}

func (l *Listener[T]) nudge() {
	select {
	case l.wake <- struct{}{}:
	default: // it will look, and find everything
	}
}
