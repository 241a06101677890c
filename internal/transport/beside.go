package transport

import (
	"context"

	"github.com/gatehouse/gatehouse/internal/panics"
	"github.com/gatehouse/gatehouse/internal/requestid"
)

// besides runs f beside the goroutine that listens. A panic, which nobody else would catch there, is logged, and ends the socket
// in a way that has its client come again: what it was in the middle of, nobody knows.
func (s *socket) besides(f func()) {
	s.beside.Go(s.g.caught(s.ctx, func() { s.close(closing{closeTryAgainLater, "Try again later"}) }, f))
}

// caught is f for a goroutine of its own: its panic is logged, and then end is called.
func (g *GraphQL) caught(ctx context.Context, end, f func()) func() {
	return func() {
		if err := panics.Caught(func() error { f(); return nil }); err != nil {
			g.Log.ErrorContext(ctx, "internal error", "error", err, "request_id", requestid.FromContext(ctx))
			end()
		}
	}
}
