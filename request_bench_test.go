package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/config"
)

// BenchmarkRequest is what requests cost this program, from the header that was read to the answer that was written: all but
// the network.
func BenchmarkRequest(b *testing.B) {
	settings, err := config.Load([]string{
		"GATEHOUSE_DATABASE_URL=sqlite://" + filepath.Join(b.TempDir(), "bench.db"),
		"GATEHOUSE_SECRET_KEY=" + strings.Repeat("k", 48),
		"GATEHOUSE_LOG_REQUESTS=false",
		"GATEHOUSE_ACCESS_TOKEN_LIFETIME=12h",
	}, nil)
	if err != nil {
		b.Fatal(err)
	}
	app, err := open(b.Context(), settings, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = app.close(b.Context()) })
	if _, err := app.catalog.LoadDemo(b.Context()); err != nil {
		b.Fatal(err)
	}
	const password = "plum-tangerine-42"
	_, err = app.accounts.CreateSuperuser(b.Context(), account.Registration{Username: "keeper", Email: "keeper@example.com", Password: password})
	if err != nil {
		b.Fatal(err)
	}
	api := app.api(nil)
	handler := app.handler(api, app.readiness())
	ask := func(b *testing.B, bearer, query string, variables map[string]any) []byte {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			b.Fatal(err)
		}
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.RemoteAddr = "192.0.2.1:40000"
		r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}, "User-Agent": {"bench"}}
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		w := &written{header: http.Header{}}
		handler.ServeHTTP(w, r)
		if w.status != http.StatusOK || bytes.Contains(w.body.Bytes(), []byte(`"errors"`)) {
			b.Fatalf("status %d: %s", w.status, w.body.Bytes())
		}
		return w.body.Bytes()
	}
	var obtained struct {
		Data struct {
			TokenObtain struct{ Access, Refresh string }
		}
	}
	answer := ask(b, "", `mutation ($p: String!) { tokenObtain(username: "keeper", password: $p) { access refresh } }`, map[string]any{"p": password})
	if err := json.Unmarshal(answer, &obtained); err != nil {
		b.Fatal(err)
	}
	access, refresh := obtained.Data.TokenObtain.Access, obtained.Data.TokenObtain.Refresh
	b.Run("typename", func(b *testing.B) {
		defer measureCPU(b)()
		for b.Loop() {
			ask(b, "", `{ __typename }`, nil)
		}
	})
	b.Run("me", func(b *testing.B) {
		defer measureCPU(b)()
		for b.Loop() {
			ask(b, access, `{ me { id username email } }`, nil)
		}
	})
	b.Run("products", func(b *testing.B) {
		defer measureCPU(b)()
		for b.Loop() {
			ask(b, "", `{ products(first: 10) { edges { node { id name price category { id name } } } } }`, nil)
		}
	})
	b.Run("refresh", func(b *testing.B) {
		defer measureCPU(b)()
		for b.Loop() {
			var refreshed struct {
				Data struct{ TokenRefresh struct{ Refresh string } }
			}
			answer := ask(b, "", `mutation ($r: String!) { tokenRefresh(refresh: $r) { access refresh } }`, map[string]any{"r": refresh})
			if err := json.Unmarshal(answer, &refreshed); err != nil {
				b.Fatal(err)
			}
			refresh = refreshed.Data.TokenRefresh.Refresh
		}
	})
}

// measureCPU has a benchmark tell, at the end of what it measures, the CPU time of the whole process: other than the time that
// passes, it is not that of who else uses the machine.
func measureCPU(b *testing.B) (end func()) {
	b.ReportAllocs()
	cpu := func() time.Duration {
		var used syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
			b.Fatal(err)
		}
		return time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	before := cpu()
	return func() { b.ReportMetric(float64(cpu()-before)/float64(time.Microsecond)/float64(b.N), "cpu-µs/op") }
}

// written is an answer.
type written struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *written) Header() http.Header { return w.header }

func (w *written) WriteHeader(status int) { w.status = status }

func (w *written) Write(text []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.body.Write(text)
}
