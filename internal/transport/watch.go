package transport

import (
	"context"
	"time"

	"github.com/gatehouse/gatehouse/internal/auth"
)

// watch looks again and again whether the token still serves that a stream was opened with, and tells the refusal when it
// does not. That a database cannot be asked ends nothing: the next look may tell. Without a token there is nothing to see.
func (g *GraphQL) watch(ctx context.Context, tell func(refusal error)) {
	if auth.Header(ctx) == "" {
		return
	}
	ticker := time.NewTicker(g.Pace.Renew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, err := auth.Renew(ctx); auth.Rejection(ctx) != nil {
			tell(err)
			return
		} else if err != nil && ctx.Err() == nil {
			g.Log.WarnContext(ctx, "looking whether a stream's token serves", "error", err)
		}
	}
}
