package transport

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// JWKS answers GET and HEAD with a set of public keys (RFC 7517), which pages of any origin may read; with 404 while it is
// empty.
type JWKS struct {
	// Keys is the set at this moment.
	Keys func() jose.JSONWebKeySet
	// MaxAge is how long clients may keep it.
	MaxAge time.Duration
}

// ServeHTTP answers a request.
func (j *JWKS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "The keys can be read by GET and HEAD.", http.StatusMethodNotAllowed)
		return
	}
	set := j.Keys()
	if len(set.Keys) == 0 {
		http.Error(w, "There are no public keys: tokens are signed with a secret.", http.StatusNotFound)
		return
	}
	text, err := json.Marshal(set)
	if err != nil { // keys were checked when they were made
		http.Error(w, "The keys cannot be written.", http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(j.MaxAge.Seconds())))
	_, _ = w.Write(append(text, '\n')) // the client has gone: nobody to tell
}
