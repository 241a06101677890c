package transport

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// hesitant is the writer of a client who has gone, to which something is still being written.
type hesitant struct {
	http.ResponseWriter
	writing []byte
}

func (w *hesitant) Write(text []byte) (int, error) {
	w.writing = text
	return 0, errors.New("gone")
}

// What could not be written may be read still, so that nobody else's answer is written over it.
func TestFailedAnswersKeepTheirMemory(t *testing.T) {
	g := New(Settings{Log: slog.New(slog.DiscardHandler)})
	gone := &hesitant{ResponseWriter: httptest.NewRecorder()}
	g.write(gone, &Exchange{}, mediaJSON, http.StatusOK, response{Data: json.RawMessage(`{"mine":1}`)})
	for range 100 {
		w := httptest.NewRecorder()
		g.write(w, &Exchange{}, mediaJSON, http.StatusOK, response{Data: json.RawMessage(`{"other":2}`)})
		if got := w.Body.String(); got != "{\"data\":{\"other\":2}}\n" {
			t.Fatalf("wrote %q", got)
		}
	}
	if got := string(gone.writing); got != "{\"data\":{\"mine\":1}}\n" {
		t.Errorf("what was being written has become %q", got)
	}
}
