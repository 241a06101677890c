package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

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
