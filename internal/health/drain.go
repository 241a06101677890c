package health

import "net/http"

// CloseConnections has every answer of next, once Drain was called, be the last one of its connection. So those who keep
// connections for later do not send a request into one that is just being closed, which they could not tell from one that
// was lost while it was worked on.
func (r *Readiness) CloseConnections(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r.IsDraining() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, request)
	})
}
