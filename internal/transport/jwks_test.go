package transport_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse/gatehouse/internal/transport"
)

func TestJWKS(t *testing.T) {
	public := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", ed25519.SeedSize))).Public()
	some := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "spring", Algorithm: "EdDSA", Use: "sig"}}}
	for _, row := range []struct {
		method, cache string
		set           jose.JSONWebKeySet
		status        int
	}{
		{http.MethodGet, "public, max-age=300", some, http.StatusOK},
		{http.MethodHead, "public, max-age=300", some, http.StatusOK},
		{http.MethodGet, "no-store", jose.JSONWebKeySet{}, http.StatusNotFound},
		{http.MethodHead, "no-store", jose.JSONWebKeySet{}, http.StatusNotFound},
		{http.MethodPost, "no-store", some, http.StatusMethodNotAllowed},
		{http.MethodPut, "no-store", some, http.StatusMethodNotAllowed},
		{http.MethodOptions, "no-store", some, http.StatusMethodNotAllowed},
		{"get", "no-store", some, http.StatusMethodNotAllowed},
		{http.MethodDelete, "no-store", jose.JSONWebKeySet{}, http.StatusMethodNotAllowed},
	} {
		t.Run(row.method, func(t *testing.T) {
			h := &transport.JWKS{Keys: func() jose.JSONWebKeySet { return row.set }, MaxAge: 5 * time.Minute}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(row.method, "/.well-known/jwks.json", nil))
			if w.Code != row.status || w.Header().Get("Cache-Control") != row.cache {
				t.Errorf("%d, %q, want %d, %q", w.Code, w.Header().Get("Cache-Control"), row.status, row.cache)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("the header is %v", w.Header())
			}
			if allow := w.Header().Get("Allow"); (allow == "GET, HEAD") != (row.status == http.StatusMethodNotAllowed) {
				t.Errorf("Allow is %q", allow)
			}
			if row.status != http.StatusOK {
				return
			}
			var set jose.JSONWebKeySet
			if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() || set.Keys[0].KeyID != "spring" {
				t.Errorf("%s, %v", w.Body, err)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
		})
	}
}
