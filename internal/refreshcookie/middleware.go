// Package refreshcookie keeps the refresh token of browsers in a cookie that no script can read: cookie mode. It holds
// the rules of that cookie, and those of the requests that may use it.
package refreshcookie

import (
	"context"
	"net/http"
	"time"
)

// Settings are what the rules depend on.
type Settings struct {
	// AlwaysSecure has every cookie travel over HTTPS only. Otherwise those that pass between a browser and a server on
	// the same machine need not.
	AlwaysSecure bool
	// Origins are those whose pages may use the cookie, beside the server's own: scheme://host[:port] exactly as
	// browsers send them. Never "null".
	Origins []string
	// Now is the clock. Required.
	Now func() time.Time
}

type contextKey struct{}

// Middleware puts a Jar into the context of every request. What is put into the Jar goes into the header of the answer,
// so nothing below may write that before the operation has run, nor answer after it has returned.
func Middleware(s Settings) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			jar := newJar(s, r, w.Header())
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, jar)))
		})
	}
}

// FromContext is the Jar of the request that the context belongs to; nil outside of one and outside of cookie mode.
func FromContext(ctx context.Context) *Jar {
	jar, _ := ctx.Value(contextKey{}).(*Jar)
	return jar
}

// WithoutAnswer returns a context in which no cookie can be set any more, because the header of the answer is written
// before an operation runs: whatever has to set one is refused there. Signing out is not, and leaves the browser the cookie
// of a session that is over.
func WithoutAnswer(ctx context.Context) context.Context {
	jar := FromContext(ctx)
	if jar == nil {
		return ctx
	}
	mute := *jar
	mute.answer = nil
	return context.WithValue(ctx, contextKey{}, &mute)
}
