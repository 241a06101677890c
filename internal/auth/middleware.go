package auth

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// Client is where a request came from, for the record.
type Client struct {
	IPAddress string // textual, without a port; empty when unknown
	UserAgent string
}

type clientKey struct{}

// WithClient returns a context that knows where the request came from.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// ClientFromContext is where the request came from; the zero Client when nobody said.
func ClientFromContext(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// Middleware puts the request's Authorization header and origin in its context. It never rejects: a
// client sends its expired token along with tokenRefresh, so each field decides for itself.
//
// What comes from one of the proxies came from the address that its X-Forwarded-For headers tell.
func Middleware(authenticate Authenticate, proxies []netip.Prefix) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// Two headers are refused as two values in one are, rather than one chosen.
			header := strings.Join(r.Header.Values("Authorization"), " ")
			ctx := WithAuthorization(r.Context(), header, authenticate)
			ctx = WithClient(ctx, Client{IPAddress: origin(r, proxies), UserAgent: r.UserAgent()})
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}
