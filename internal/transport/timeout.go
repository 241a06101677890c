package transport

import (
	"context"
	"net/http"
	"time"
)

// WithTimeout ends a request's context after the given time: what it waits for is then given up.
func WithTimeout(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
