package panics_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/panics"
	"github.com/gatehouse/gatehouse/internal/requestid"
)

func TestCaught(t *testing.T) {
	failed := errors.New("failed")
	if err := panics.Caught(func() error { return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v, want the function's own", err)
	}
	if err := panics.Caught(func() error { return nil }); err != nil {
		t.Errorf("error %v, want none", err)
	}
	err := panics.Caught(func() error { panic("spilt") })
	if err == nil || !strings.HasPrefix(err.Error(), "panic: spilt\n") || !strings.Contains(err.Error(), "panics_test.go") {
		t.Errorf("error %v, want the panic with the stack of where it was", err)
	}
}

// served asks a handler behind Handler over a real connection.
func served(t *testing.T, handler http.HandlerFunc) (response *http.Response, body, logged string, err error) {
	t.Helper()
	var log bytes.Buffer
	inner := panics.Handler(slog.New(slog.NewTextHandler(&log, nil)), handler)
	server := httptest.NewServer(requestid.Handler(strings.NewReader("twelve bytes"), inner))
	defer server.Close()
	response, err = http.Get(server.URL + "/there")
	if err != nil {
		server.Close()
		return nil, "", log.String(), err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	server.Close() // so that the handler has ended
	return response, string(text), log.String(), err
}

func TestHandlerAnswersForAPanic(t *testing.T) {
	response, body, log, err := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Cache-Control", "public")
		w.Header().Set("Content-Length", "2")
		w.Header().Set("Connection", "close")
		panic("secret")
	})
	const id = "7477656c7665206279746573"
	if err != nil || response.StatusCode != http.StatusInternalServerError {
		t.Fatalf("%v, %v", response, err)
	}
	if want := `{"errors":[{"extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":"` + id + `"},"message":"Internal server error"}]}` + "\n"; body != want {
		t.Errorf("body %s, want %s", body, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Request-Id": id,
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !response.Close {
		t.Error("that the connection ends was forgotten")
	}
	if strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "panic: secret") || !strings.Contains(log, "request_id="+id) || !strings.Contains(log, "path=/there") {
		t.Errorf("log: %s", log)
	}
}

// What is out cannot be taken back: the client must see that it is no whole answer.
func TestHandlerCutsOffWhatIsBegun(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"a status":  func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"some text": func(w http.ResponseWriter) { _, _ = io.WriteString(w, "some text") },
		"flushed text": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "some text")
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, body, log, err := served(t, func(w http.ResponseWriter, _ *http.Request) {
				begin(w)
				panic("secret")
			})
			if err == nil || strings.Contains(body, "INTERNAL") {
				t.Errorf("the client took %q for a whole answer", body)
			}
			if strings.Count(log, "panic: secret") != 1 {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// Handlers that want the connection cut off have it, and nothing is logged.
func TestHandlerPassesAbortionsOn(t *testing.T) {
	if _, _, log, err := served(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }); err == nil || log != "" {
		t.Errorf("error %v, log %s", err, log)
	}
}

// An interim answer, and one that has none of these troubles, come through as they are.
func TestHandlerLeavesAnswersAlone(t *testing.T) {
	response, body, log, err := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	})
	if err != nil || response.StatusCode != http.StatusTeapot || body != "short and stout" || log != "" {
		t.Errorf("%v, %q, %v, log %s", response, body, err, log)
	}
	response, _, _, err = served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		panic("secret")
	})
	if err != nil || response.StatusCode != http.StatusInternalServerError {
		t.Errorf("after an interim answer: %v, %v", response, err)
	}
}
