package database

import (
	"context"
	"time"
)

// outlastingTimeout bounds what nobody waits for.
const outlastingTimeout = 5 * time.Second

// Outlasting is a context for what has to be written whether the client waits for it or not. It does not end with ctx, but
// soon by itself: a database that has gone away must not hold for ever whoever writes, nor those who wait for them.
func Outlasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), outlastingTimeout)
}
