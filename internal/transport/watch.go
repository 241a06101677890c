package transport

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// renew finds out anew who asks. It tells a token that does not serve from one of which that could not be found out.
func renew(ctx context.Context) (refused *fault.Error, err error) {
	_, err = auth.Renew(ctx)
	if errors.As(err, &refused) {
		return refused, nil
	}
	return nil, err
}

// watch looks again and again whether the token still serves that a stream was opened with, and tells the refusal when it
// does not. That a database cannot be asked ends nothing: the next look may tell. Without a token there is nothing to see.
func (g *GraphQL) watch(ctx context.Context, tell func(refused *fault.Error)) {
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
		// The answer is this look's own: what runs in the stream looks as well, and may have seen another.
		if refused, err := renew(ctx); refused != nil {
			tell(refused)
			return
		} else if err != nil && ctx.Err() == nil {
			g.Log.WarnContext(ctx, "looking whether a stream's token serves", "error", err)
		}
	}
}
