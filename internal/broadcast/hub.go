// Package broadcast tells many listeners of what happens, and never waits for one of them.
package broadcast

import (
	"context"
	"errors"
	"sync"
)

// ErrTooSlow says that a listener was dropped: more had been told than it had room for. What it missed is lost to it.
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
		for _, m := range messages {
			if !l.put(m) {
				h.drop(l)
				break
			}
		}
	}
}

// Listen begins to listen: to what is told from now on, until the listener is closed.
func (h *Hub[T]) Listen() *Listener[T] {
	l := &Listener[T]{hub: h, messages: make(chan T, h.room)}
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

// drop forgets a listener, once. The caller holds mu.
func (h *Hub[T]) drop(l *Listener[T]) {
	if _, listens := h.listeners[l]; listens {
		delete(h.listeners, l)
		close(l.messages)
	}
}

// Listener is one that listens to a Hub. Its methods may be called by different goroutines.
type Listener[T any] struct {
	hub      *Hub[T]
	messages chan T
}

// Next waits for the next message. Its error is the context's; or ErrTooSlow, after the last message that there was room
// for, and for ever after Close.
func (l *Listener[T]) Next(ctx context.Context) (message T, err error) {
	select {
	case m, open := <-l.messages:
		if !open {
			return message, ErrTooSlow
		}
		return m, nil
	case <-ctx.Done():
		return message, ctx.Err()
	}
}

// Close stops listening. It may be called again.
func (l *Listener[T]) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.drop(l)
}

func (l *Listener[T]) put(m T) (hadRoom bool) {
	select {
	case l.messages <- m:
		return true
	default:
		return false
	}
}
