package health_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse/gatehouse/internal/health"
)

const (
	timeout = 2 * time.Second
	maxAge  = time.Second
)

// ward is a readiness whose checks a test can have fail, hang and panic. In a bubble its clock is the bubble's.
type ward struct {
	*health.Readiness
	t                    *testing.T
	log                  bytes.Buffer
	made                 atomic.Int64 // how often the database was asked
	database, migrations atomic.Pointer[func(context.Context) error]
}

func newWard(t *testing.T) *ward {
	w := &ward{t: t}
	check := func(what *atomic.Pointer[func(context.Context) error]) func(context.Context) error {
		return func(ctx context.Context) error {
			if what == &w.database {
				w.made.Add(1)
			}
			if f := what.Load(); f != nil {
				return (*f)(ctx)
			}
			return nil
		}
	}
	w.Readiness = health.New(health.Settings{
		Checks:  []health.Check{{"database", check(&w.database)}, {"migrations", check(&w.migrations)}},
		Timeout: timeout,
		MaxAge:  maxAge,
		Log:     slog.New(slog.NewTextHandler(&w.log, nil)),
		Now:     time.Now,
	})
	return w
}

func set(what *atomic.Pointer[func(context.Context) error], f func(context.Context) error) {
	what.Store(&f)
}

// wants asks, and checks the answer.
func (w *ward) wants(status int, body string) {
	w.t.Helper()
	got := ask(w.t, w, http.MethodGet)
	if got.Code != status || strings.TrimSpace(got.Body.String()) != body {
		w.t.Errorf("%d %s, want %d %s", got.Code, got.Body, status, body)
	}
}

func ask(t *testing.T, handler http.Handler, method string) *httptest.ResponseRecorder {
	t.Helper()
	got := httptest.NewRecorder()
	handler.ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), method, "/", nil))
	return got
}

const (
	ready      = `{"status":"ready"}`
	noDatabase = `{"status":"unavailable","failed":"database"}`
	migrating  = `{"status":"unavailable","failed":"migrations"}`
	draining   = `{"status":"unavailable","failed":"draining"}`
)

func TestReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t)
		w.wants(200, ready)
		set(&w.database, func(context.Context) error { return errors.New("disk I/O error: /secret/path") })
		w.wants(200, ready) // as it was found just before
		time.Sleep(maxAge)
		w.wants(503, noDatabase)
		set(&w.database, well())
		set(&w.migrations, func(context.Context) error { return errors.New("pending") })
		time.Sleep(maxAge)
		w.wants(503, migrating)
		set(&w.migrations, func(context.Context) error { panic("secret") })
		time.Sleep(maxAge)
		w.wants(503, migrating)
		set(&w.migrations, well())
		time.Sleep(maxAge)
		w.wants(200, ready)
		w.Drain()
		w.wants(503, draining)
		for _, want := range []string{"failed=database error=\"disk I/O error: /secret/path\"", "failed=migrations error=pending", "ready again"} {
			if strings.Count(w.log.String(), want) != 1 {
				t.Errorf("the log lacks %q, or has it twice: %s", want, &w.log)
			}
		}
		if n := strings.Count(w.log.String(), "\n"); n != 3 {
			t.Errorf("%d lines, one for each change wanted: %s", n, &w.log)
		}
	})
}

func well() func(context.Context) error { return func(context.Context) error { return nil } }

// However many ask, the database is asked once at a time and once in so long.
func TestReadinessSparesTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t)
		leave := make(chan struct{})
		set(&w.database, func(context.Context) error { <-leave; return nil })
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { w.wants(200, ready) })
		}
		synctest.Wait()
		close(leave)
		group.Wait()
		for range 100 {
			w.wants(200, ready)
		}
		if n := w.made.Load(); n != 1 {
			t.Errorf("the database was asked %d times, not once", n)
		}
		time.Sleep(maxAge - time.Nanosecond)
		w.wants(200, ready)
		time.Sleep(time.Nanosecond)
		w.wants(200, ready)
		if n := w.made.Load(); n != 2 {
			t.Errorf("the database was asked %d times, not twice", n)
		}
	})
}

// A database that does not answer is not waited for, whether it heeds the context or not, and not asked a second time while
// the first is unanswered.
func TestReadinessDoesNotWait(t *testing.T) {
	for name, heeds := range map[string]bool{"heeds the context": true, "heeds nothing": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWard(t)
				leave := make(chan struct{})
				set(&w.database, func(ctx context.Context) error {
					if heeds {
						<-ctx.Done()
						return ctx.Err()
					}
					<-leave
					return nil
				})
				begun := time.Now()
				w.wants(503, noDatabase)
				if waited := time.Since(begun); waited != timeout {
					t.Errorf("it was waited for %v, not %v", waited, timeout)
				}
				time.Sleep(maxAge)
				w.wants(503, noDatabase)
				if n := w.made.Load(); !heeds && n != 1 {
					t.Errorf("the database was asked %d times while it had not answered", n)
				}
				if n := strings.Count(w.log.String(), "not ready"); n != 1 {
					t.Errorf("logged %d times: %s", n, &w.log)
				}
				close(leave)
				synctest.Wait()
				set(&w.database, well())
				time.Sleep(maxAge)
				w.wants(200, ready)
			})
		})
	}
}

// Who goes away while the checks are made does not spoil them for others.
func TestReadinessOutlivesWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t)
		leave := make(chan struct{})
		set(&w.database, func(ctx context.Context) error { <-leave; return ctx.Err() })
		ctx, hangUp := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			w.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		})
		synctest.Wait()
		hangUp()
		group.Wait()
		group.Go(func() { w.wants(200, ready) })
		synctest.Wait()
		close(leave)
		group.Wait()
		if w.log.Len() > 0 {
			t.Errorf("log: %s", &w.log)
		}
	})
}

// Once it drains, no check can say otherwise, nor one that began before.
func TestDrainingGoesBeforeEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t)
		leave := make(chan struct{})
		set(&w.database, func(context.Context) error { <-leave; return nil })
		var group sync.WaitGroup
		group.Go(func() { w.wants(503, draining) })
		synctest.Wait()
		w.Drain()
		close(leave)
		group.Wait()
		time.Sleep(maxAge)
		w.wants(503, draining)
		if n := w.made.Load(); n != 1 || !w.IsDraining() {
			t.Errorf("the database was asked %d times, draining is %v", n, w.IsDraining())
		}
	})
}

func TestHeaders(t *testing.T) {
	w := newWard(t)
	drained := newWard(t)
	drained.Drain()
	for name, test := range map[string]struct {
		handler http.Handler
		status  int
		body    string
	}{
		"alive":     {health.Live(), 200, `{"status":"alive"}`},
		"ready":     {w, 200, ready},
		"not ready": {drained, 503, draining},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
				got := ask(t, test.handler, method)
				header := got.Header()
				if header.Get("Cache-Control") != "no-store" || header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s: %v", method, header)
				}
				if method == http.MethodPost {
					if got.Code != http.StatusMethodNotAllowed || header.Get("Allow") != "GET, HEAD" {
						t.Errorf("POST: %d, %v", got.Code, header)
					}
					continue
				}
				if got.Code != test.status || header.Get("Content-Type") != "application/json" || strings.TrimSpace(got.Body.String()) != test.body {
					t.Errorf("%s: %d %s, %v", method, got.Code, got.Body, header)
				}
			}
		})
	}
}
