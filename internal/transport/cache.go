package transport

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse/gatehouse/internal/auth"
)

// isPublic says whether an answer may be kept, and given to whoever asks for the same, by caches that many share: it is that
// of a query by GET that was executed without an error, to a request that had nothing to say who asks. Answers to all others
// may depend on who asks, hold tokens, or be over in a moment.
func isPublic(w http.ResponseWriter, r *http.Request, of answer) bool {
	return r.Method == http.MethodGet && // which only queries can be asked by
		of.outcome == outcomeExecuted && len(of.response.Errors) == 0 &&
		auth.Anonymous(r.Context()) &&
		w.Header()["Set-Cookie"] == nil
}

// writePublic writes an answer that caches may keep, unless the client has it already.
func (g *GraphQL) writePublic(w http.ResponseWriter, r *http.Request, x *Exchange, media string, answer response) {
	body, err := answer.body()
	if err != nil || answer.text == nil && !json.Valid(body) { // what is kept for others is looked at twice
		g.write(w, x, media, http.StatusOK, answer) // as far as it comes
		return
	}
	tag := entityTag(media, body)
	w.Header().Set("Cache-Control", cacheControl(g.PublicMaxAge))
	w.Header().Set("ETag", tag)
	x.Status = http.StatusOK
	if hasAlready(r, tag) {
		x.Status = http.StatusNotModified
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header()["Content-Type"] = contentType(media)
	w.Header()["X-Content-Type-Options"] = noSniff
	if _, err := w.Write(body); err != nil {
		g.Log.Debug("writing an answer", "error", err) // the client is gone
	}
}

// cacheControl says how long a public answer may be given without asking again.
func cacheControl(maxAge time.Duration) string {
	control := fmt.Sprintf("public, max-age=%d", int(maxAge.Seconds()))
	if maxAge <= 0 {
		control += ", must-revalidate"
	}
	return control
}

// entityTag names an answer of that media type by what is in it (RFC 9110, section 8.8.3). Two answers have the same tag
// only if they are the same byte for byte.
func entityTag(media string, body []byte) string {
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, media)
	_, _ = sum.Write(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)) + `"`
}

// hasAlready says whether a request has that answer already, by its If-None-Match headers (RFC 9110, section 13.1.2).
func hasAlready(r *http.Request, tag string) bool {
	for _, element := range elements(strings.Join(r.Header.Values("If-None-Match"), ",")) {
		element = strings.Trim(element, " \t")
		if element == "*" || strings.TrimPrefix(element, "W/") == tag {
			return true
		}
	}
	return false
}
