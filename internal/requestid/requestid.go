// Package requestid names each request, so that what is told of it in different places can be brought together.
package requestid

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
)

type contextKey struct{}

// NewContext is a context that belongs to the request of that id.
func NewContext(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// FromContext is the id of the request that the context belongs to; empty outside of one.
func FromContext(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}

// Handler gives every request a random id and tells it in X-Request-Id, so that a client's report finds its
// line in the log. An id that the client sends is not taken over: it could forge log lines.
func Handler(random io.Reader, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id [12]byte
		_, _ = io.ReadFull(random, id[:]) // crypto/rand never fails; were it another, the id is only less unique
		text := hex.EncodeToString(id[:])
		w.Header().Set("X-Request-Id", text)
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), text)))
	})
}
