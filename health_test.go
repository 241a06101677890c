package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthAsksWhetherTheServerIsReady(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // which is not asked
	status, body := http.StatusOK, "ready\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/readyz" {
			t.Errorf("it asks %s %s", r.Method, r.URL)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	addr := server.Listener.Addr().String()

	var answer strings.Builder
	if err := askReady(t.Context(), addr, &answer); err != nil {
		t.Errorf("a server that is ready: %v", err)
	}
	if answer.String() != body {
		t.Errorf("it prints %q", answer.String())
	}

	status, body = http.StatusServiceUnavailable, "draining"+strings.Repeat("!", 1<<20)
	err := askReady(t.Context(), addr, &answer)
	if err == nil || !strings.Contains(err.Error(), "503 Service Unavailable: draining!") {
		t.Fatalf("a server that is not ready: %v", err)
	}
	if len(err.Error()) > 2<<10 {
		t.Errorf("it repeats %d bytes of the answer", len(err.Error()))
	}

	for _, other := range []int{http.StatusNoContent, http.StatusNotFound} {
		if status = other; askReady(t.Context(), addr, &answer) == nil {
			t.Errorf("status %d counts as ready", other)
		}
	}
}

func TestHealthOfNobody(t *testing.T) {
	var answer strings.Builder
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mute := listener.Addr().String() // connections are accepted, and hear nothing
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := askReady(ctx, mute, &answer); err == nil {
		t.Error("a server that says nothing is ready")
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := askReady(t.Context(), mute, &answer); err == nil {
		t.Error("no server is ready")
	}
}

func TestWhereAServerIsReached(t *testing.T) {
	for addr, want := range map[string]string{
		":8080":            "127.0.0.1:8080",
		"0.0.0.0:8080":     "127.0.0.1:8080",
		"[::]:8080":        "[::1]:8080",
		"127.0.0.2:80":     "127.0.0.2:80",
		"[fe80::1]:80":     "[fe80::1]:80",
		"shop.example:443": "shop.example:443",
	} {
		if got, err := reachable(addr); err != nil || got != want {
			t.Errorf("%s is reached at %q, not %q (%v)", addr, got, want, err)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "8080", ""} {
		if got, err := reachable(addr); err == nil {
			t.Errorf("%q is reached at %q", addr, got)
		}
	}
}
