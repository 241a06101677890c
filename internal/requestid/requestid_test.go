package requestid_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/requestid"
)

func TestRequestIDs(t *testing.T) {
	var inside string
	h := requestid.Handler(rand.Reader, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inside = requestid.FromContext(r.Context())
	}))
	seen := map[string]bool{}
	for range 100 {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.Header.Set("X-Request-Id", "mine\nlevel=ERROR") // not taken over
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		if id != inside || !regexp.MustCompile(`^[0-9a-f]{24}$`).MatchString(id) || seen[id] {
			t.Fatalf("told %q, inside it is %q", id, inside)
		}
		seen[id] = true
	}
	// Another source of randomness, which may end.
	requestid.Handler(strings.NewReader("abc"), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if id := requestid.FromContext(r.Context()); id != "616263000000000000000000" {
			t.Errorf("id %q", id)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if id := requestid.FromContext(t.Context()); id != "" {
		t.Errorf("outside of a request: %q", id)
	}
}
