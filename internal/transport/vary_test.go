package transport_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Whatever is answered depends on what is accepted and on who asks, beside what it depended on before: without Origin among it, a cache
// would hand the answer for one site's page to another's.
func TestAnswersVary(t *testing.T) {
	for _, tt := range []struct {
		name, method, query, body, accept string
	}{
		{"an answer", "POST", "", `{"query":"{ok}"}`, ""},
		{"an answer to GET", "GET", "?query={ok}", "", modern},
		{"events", "POST", "", `{"query":"{ok}"}`, "text/event-stream"},
		{"a refusal", "POST", "", `{`, ""},
		{"no request", "PUT", "", ``, ""},
		{"nothing that is accepted", "POST", "", `{"query":"{ok}"}`, "text/html"},
	} {
		r := httptest.NewRequest(tt.method, "/graphql"+tt.query, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", plain)
		r.Header.Set("Accept", tt.accept)
		w := httptest.NewRecorder()
		w.Header().Set("Vary", "Origin")
		serving(&executor{}).ServeHTTP(w, r)
		if got := w.Header().Values("Vary"); !slices.Equal(got, []string{"Origin", "Accept, Authorization"}) {
			t.Errorf("%s: Vary %q", tt.name, got)
		}
		if tt.accept == "text/html" && w.Code != http.StatusNotAcceptable {
			t.Errorf("%s: status %d", tt.name, w.Code)
		}
	}
}
