// Package health tells those who watch over the program how it is: whether it lives, and whether it should be sent requests.
// What it tells is for machines, says nothing of what is within, and is not to be kept.
package health

import (
	"encoding/json"
	"net/http"
)

// status is what is told, as JSON.
type status struct {
	Status string `json:"status"`           // alive, ready or unavailable
	Failed string `json:"failed,omitempty"` // the name of the check that did
}

// Live answers 200 for as long as the program can answer at all. It asks nothing else, a database least of all: who is
// told that the program is dead starts another one, and that mends no database.
func Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tell(w, r, http.StatusOK, status{Status: "alive"})
	})
}

// tell answers GET and HEAD.
func tell(w http.ResponseWriter, r *http.Request, code int, s status) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "This can be read by GET and HEAD.", http.StatusMethodNotAllowed)
		return
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(s) // the client has gone: nobody to tell
}
