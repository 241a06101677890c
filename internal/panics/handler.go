package panics

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/requestid"
)

// Handler answers 500 with the id of the request where next panics, in the form of every other error, and logs the panic once
// with its stack. Where a part of an answer is out already, the connection is cut off instead: the client must not take it
// for a whole one. http.ErrAbortHandler, by which a handler asks for just that, is passed on.
func Handler(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answer{ResponseWriter: w}
		defer func() {
			panicked := recover()
			if panicked == nil {
				return
			}
			if panicked == http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
				panic(panicked)
			}
			id := requestid.FromContext(r.Context())
			log.ErrorContext(r.Context(), "internal error", "error", Error(panicked), "path", r.URL.Path, "request_id", id)
			if answer.begun {
				panic(http.ErrAbortHandler)
			}
			refuse(w, id)
		}()
		next.ServeHTTP(answer, r)
	})
}

// refuse answers that something failed here. What the handler wanted to say of its answer does not hold for this one.
func refuse(w http.ResponseWriter, id string) {
	header := w.Header()
	for name := range header {
		if name != "X-Request-Id" && name != "Connection" {
			delete(header, name)
		}
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusInternalServerError)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{ // if the client is gone, nobody is to be told
		"message":    "Internal server error",
		"extensions": map[string]any{"code": fault.Internal, "requestId": id},
	}}})
}

// answer is an answer of which it is known whether any of it is out.
type answer struct {
	http.ResponseWriter
	begun bool
}

// Unwrap lets http.ResponseController find what the writer can do besides.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader begins the answer, unless it is an interim one.
func (a *answer) WriteHeader(status int) {
	a.begun = a.begun || status >= http.StatusOK || status == http.StatusSwitchingProtocols
	a.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the answer.
func (a *answer) Write(text []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(text)
}
