package transport

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
)

type requestIDKey struct{}

// RequestID is the id of the request that the context belongs to; empty outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithRequestID gives every request a random id and tells it in X-Request-Id, so that a client's report
// finds its line in the log. An id that the client sends is not taken over: it could forge log lines.
func WithRequestID(random io.Reader, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id [12]byte
		_, _ = io.ReadFull(random, id[:]) // crypto/rand never fails; were it another, the id is only less unique
		text := hex.EncodeToString(id[:])
		w.Header().Set("X-Request-Id", text)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, text)))
	})
}
