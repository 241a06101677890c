package refreshcookie_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
	"github.com/gatehouse/gatehouse/internal/transport"
)

const onlyByPost = "The refresh token is kept in a cookie here, which only an answer to an ordinary request by POST can change."

func TestWithoutAnswer(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "https://shop.example/graphql", nil)
	r.Header = http.Header{"Origin": {"https://shop.example"}, "X-Requested-With": {"x"}, "Cookie": {secure + "=token"}}
	w := httptest.NewRecorder()
	refreshcookie.Middleware(refreshcookie.Settings{Now: func() time.Time { return now }})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		jar := refreshcookie.FromContext(r.Context())
		if err := jar.CheckPreflight(); err != nil {
			t.Errorf("with an answer: %v", err)
		}
		mute := refreshcookie.FromContext(refreshcookie.WithoutAnswer(refreshcookie.WithoutAnswer(r.Context())))
		var refused *fault.Error
		if err := mute.CheckPreflight(); !errors.As(err, &refused) || refused.Code != fault.Forbidden || refused.Message != onlyByPost {
			t.Errorf("without: %v", err)
		}
		mute.Set("successor", now.Add(time.Hour))
		mute.Clear()
		if len(w.Header()) != 0 {
			t.Errorf("without an answer it wrote %v", w.Header())
		}
		if raw, err := mute.Token(); err != nil || raw != "token" { // what was brought is there
			t.Errorf("it holds %q, %v", raw, err)
		}
		// The request's own context is as it was.
		if err := jar.CheckPreflight(); err != nil {
			t.Errorf("with an answer: %v", err)
		}
		jar.Set("successor", now.Add(time.Hour))
		if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, secure+"=successor;") {
			t.Errorf("Set-Cookie %q", got)
		}
	})).ServeHTTP(w, r)

	// Outside of cookie mode there is nothing to forbid.
	ctx := refreshcookie.WithoutAnswer(t.Context())
	if jar := refreshcookie.FromContext(ctx); jar != nil || jar.CheckPreflight() != nil {
		t.Errorf("a jar %v", jar)
	}
}

// What is answered in a stream has sent its header before the operation runs: a refresh token that is rotated there would
// be lost. So it is not, and no cookie is set by whatever is executed all the same.
func TestStreamsSetNoCookie(t *testing.T) {
	ran := make(chan error, 1)
	api := refreshcookie.Middleware(refreshcookie.Settings{Now: func() time.Time { return now }})(transport.New(transport.Settings{
		Executor: executor(func(ctx context.Context) *graphql.Response {
			jar := refreshcookie.FromContext(ctx)
			err := jar.CheckPreflight()
			ran <- err
			jar.Set("successor", now.Add(time.Minute))
			jar.Clear()
			if err != nil {
				return &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{{Message: err.Error()}}}
			}
			return &graphql.Response{Data: json.RawMessage("{}")}
		}),
		MaxBody: 1000, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Pace: transport.Pace{Init: time.Minute, Write: time.Minute, KeepAlive: time.Minute, Renew: time.Minute},
	}))
	server := httptest.NewServer(api)
	defer server.Close()
	browsers := func(r *http.Request) { // a request as a page of the server's own makes it
		r.Header.Set("Origin", server.URL)
		r.Header.Set("X-Requested-With", "x")
		r.Header.Set("Cookie", plain+"=token")
		r.Header.Set("Content-Type", "application/json")
	}
	wantRefused := func(name string, header http.Header, answer string) {
		t.Helper()
		var refused *fault.Error
		if err := <-ran; !errors.As(err, &refused) || refused.Code != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
		if header["Set-Cookie"] != nil || strings.Contains(answer, "successor") || !strings.Contains(answer, onlyByPost) {
			t.Errorf("%s: Set-Cookie %q, answered %s", name, header["Set-Cookie"], answer)
		}
	}

	for _, accept := range []string{"text/event-stream", "application/json"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(`{"query": "mutation { x }"}`))
		browsers(r)
		r.Header.Set("Accept", accept)
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if accept == "application/json" { // the same, as it should be
			if err := <-ran; err != nil || len(response.Cookies()) != 1 {
				t.Errorf("an ordinary request: %v, cookies %v", err, response.Cookies())
			}
			continue
		}
		wantRefused(accept, response.Header, string(text))
		if len(response.Trailer) != 0 {
			t.Errorf("a trailer %v", response.Trailer)
		}
	}

	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	browsers(r)
	conn, response, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: r.Header})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	var heard string
	for _, text := range []string{`{"type":"connection_init"}`, `{"type":"subscribe","id":"1","payload":{"query":"mutation { x }"}}`} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		_, answer, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heard = string(answer)
	}
	wantRefused("WebSocket", response.Header, heard)
}
