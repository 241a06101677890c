package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/gofrs/flock"

	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/health"
)

// signal sends the program a signal.
func (p *program) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// logged waits until the program has logged that.
func (p *program) logged(t *testing.T, pattern string) {
	t.Helper()
	if err := p.awaitLog(regexp.MustCompile(pattern)); err != nil {
		t.Fatal(err)
	}
}

// endsWith waits until the program has ended, which it must with that exit status.
func (p *program) endsWith(t *testing.T, status int) {
	t.Helper()
	err := p.awaitEnd()
	if got := p.command.ProcessState.ExitCode(); got != status {
		t.Errorf("the program ended with %d (%v), want %d", got, err, status)
	}
}

// While it drains, the program says so and serves on, and no answer leaves its client with a connection that it may be about
// to close. A second signal ends it in the midst of that.
func TestDraining(t *testing.T) {
	t.Parallel()
	p := start(t, sqliteFolder(t), "GATEHOUSE_DRAIN_DELAY=5m")
	const clients = 8
	var asked, drained sync.WaitGroup
	asked.Add(clients)
	for range clients {
		drained.Go(func() {
			client := http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}, Timeout: patience}
			defer client.CloseIdleConnections()
			first := sync.OnceFunc(asked.Done)
			defer first()
			for {
				response, err := client.Post(p.url+"/graphql", "application/json", strings.NewReader(`{"query":"{ products(first: 0) { totalCount } }"}`))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				response.Body.Close()
				if err != nil || string(body) != `{"data":{"products":{"totalCount":0}}}`+"\n" {
					t.Errorf("%s, %v", body, err)
					return
				}
				first()
				if response.Close { // as it must be, sooner or later
					return
				}
			}
		})
	}
	asked.Wait()
	p.signal(t, syscall.SIGTERM)
	p.logged(t, "not ready any more")
	drained.Wait()

	client := &http.Client{Timeout: patience}
	got, err := send(t.Context(), client, http.MethodGet, p.url+"/readyz", nil, nil)
	if err != nil || got.status != http.StatusServiceUnavailable || strings.TrimSpace(string(got.body)) != `{"status":"unavailable","failed":"draining"}` {
		t.Errorf("/readyz: %d %s, %v", got.status, got.body, err)
	}
	got, err = send(t.Context(), client, http.MethodGet, p.url+"/healthz", nil, nil)
	if err != nil || got.status != http.StatusOK {
		t.Errorf("/healthz: %d %s, %v", got.status, got.body, err)
	}
	socket, response, err := websocket.Dial(t.Context(), p.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Errorf("a WebSocket: %v, %v", response, err)
	} else {
		socket.CloseNow()
	}

	p.signal(t, syscall.SIGTERM)
	p.endsWith(t, 128+int(syscall.SIGTERM))
	p.logged(t, `a second signal \(terminated\): ended at once`)
}

// After the drain delay sockets are closed in a way that has their clients come again, and the program ends in good order.
func TestDrainingEnds(t *testing.T) {
	t.Parallel()
	dir := sqliteFolder(t)
	p := start(t, dir, "GATEHOUSE_DRAIN_DELAY=10ms")
	socket, _, err := websocket.Dial(t.Context(), p.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow()
	p.signal(t, syscall.SIGTERM)
	if _, _, err := socket.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the socket ended with %v, want 1001", err)
	}
	p.endsWith(t, 0)
	for _, suffix := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(dir + "/data/gatehouse.db" + suffix); !os.IsNotExist(err) {
			t.Errorf("gatehouse.db%s is left, so the database was not closed: %v", suffix, err)
		}
	}
}

// The first SIGINT is as good as SIGTERM.
func TestInterrupting(t *testing.T) {
	t.Parallel()
	p := start(t, sqliteFolder(t))
	p.signal(t, os.Interrupt)
	p.endsWith(t, 0)
}

// A request that does not come to its end, here for want of its body, keeps the program from ending no longer than it may.
func TestRequestsBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	p := start(t, sqliteFolder(t), "GATEHOUSE_REQUEST_TIMEOUT=5m", "GATEHOUSE_SHUTDOWN_TIMEOUT=10ms")
	held := hold(t.Context(), p.url, "", []byte(`{"query":"{ __typename }"}`))
	<-held.begun
	p.signal(t, syscall.SIGTERM)
	p.endsWith(t, 1)
	p.logged(t, "gatehouse: shutting down: requests were still running: context deadline exceeded")
	_ = held.pipe.Close()
	if <-held.done; held.err == nil {
		t.Errorf("it was answered: %s", held.answer)
	}
}

// Whoever waits for somebody else's migration says so, and serves after it.
func TestWaitingToMigrate(t *testing.T) {
	t.Parallel()
	dir := sqliteFolder(t)
	if err := os.Mkdir(dir+"/data", 0o700); err != nil {
		t.Fatal(err)
	}
	lock := flock.New(dir + "/data/gatehouse.db.migrate.lock")
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	ctx, cancel := context.WithCancel(lifetime(t))
	defer cancel()
	command := exec.CommandContext(ctx, "gatehouse", "serve")
	p := &program{command: command, ended: make(chan struct{})}
	command.Dir, command.Env, command.Stderr = dir, testEnvironment(t, dir), &p.log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = command.Wait()
		close(p.ended)
	}()
	p.logged(t, `level=WARN msg="migrating takes long: another program may be at it"`)
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	p.logged(t, "msg=serving")
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
}

// What panics anywhere behind the server's handler is an answer with an id and one line in the log. Here everything does, for
// want of what the app is made of.
func TestHandlerPanics(t *testing.T) {
	var log bytes.Buffer
	a := &app{settings: config.Settings{}, log: slog.New(slog.NewTextHandler(&log, nil))}
	handler := a.handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") }), health.New(health.Settings{}))
	for _, path := range []string{"/graphql", "/.well-known/jwks.json"} {
		log.Reset()
		got := httptest.NewRecorder()
		handler.ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		var body struct {
			Errors []struct {
				Extensions struct{ Code, RequestID string }
			}
		}
		if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil || len(body.Errors) != 1 {
			t.Fatalf("%s: %s, %v", path, got.Body, err)
		}
		id := got.Header().Get("X-Request-Id")
		if e := body.Errors[0].Extensions; got.Code != http.StatusInternalServerError || e.Code != "INTERNAL_SERVER_ERROR" || e.RequestID != id || len(id) != 24 {
			t.Errorf("%s: %d %s, request %s", path, got.Code, got.Body, id)
		}
		if strings.Count(log.String(), "level=ERROR") != 1 || !strings.Contains(log.String(), "request_id="+id) || !strings.Contains(log.String(), "goroutine") {
			t.Errorf("%s: the log has %s", path, &log)
		}
	}
}

// A reload that panics is not the last one.
func TestReloadPanics(t *testing.T) {
	var log journal
	a := &app{settings: config.Settings{JWTKeys: sqliteFolder(t)}, log: slog.New(slog.NewTextHandler(&log, nil))} // without an issuer
	ctx, cancel := context.WithCancel(t.Context())
	hangups, ended := make(chan os.Signal), make(chan struct{})
	go func() {
		defer close(ended)
		a.reload(ctx, hangups, nil)
	}()
	for range 3 {
		select {
		case hangups <- syscall.SIGHUP:
		case <-ended:
			t.Fatalf("it has ended: %s", log.String())
		}
	}
	cancel()
	<-ended
	if n := strings.Count(log.String(), "level=ERROR"); n != 3 {
		t.Errorf("%d errors, want 3: %s", n, log.String())
	}
}

// What cannot be waited for in the background is not.
func TestBackgroundThatHangs(t *testing.T) {
	var log bytes.Buffer
	a := &app{log: slog.New(slog.NewTextHandler(&log, nil))}
	var hanging sync.WaitGroup
	hanging.Add(1)
	defer hanging.Done()
	a.awaitBackground(t.Context(), &hanging)
	if !strings.Contains(log.String(), "not waiting any longer") {
		t.Errorf("log: %s", &log)
	}
	log.Reset()
	a.awaitBackground(t.Context(), new(sync.WaitGroup))
	if log.Len() > 0 {
		t.Errorf("log: %s", &log)
	}
}
