package graph_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// edge is the API behind a real server, to be asked in every way there is.
type edge struct {
	t      testing.TB
	server *httptest.Server
}

func (a *api) serve() *edge {
	e := &edge{t: a.t, server: httptest.NewServer(a.handler)}
	a.t.Cleanup(e.server.Close)
	return e
}

// request is the parts of a request.
type request map[string]any

func (r request) text(t testing.TB) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ways are all ways to send a request. Each answers the first answer: over WebSocket, errors of a request that is not
// executed come without extensions of the answer.
func (e *edge) ways() map[string]func(request) string {
	return map[string]func(request) string{"POST": e.post, "GET": e.get, "events": e.events, "socket": e.socket}
}

func (e *edge) post(r request) string {
	return e.do(http.MethodPost, "", strings.NewReader(r.text(e.t)), "application/json")
}

func (e *edge) get(r request) string {
	parameters := url.Values{}
	for name, value := range r {
		text, isText := value.(string)
		if !isText {
			text = request{"": value}.text(e.t)
			text = text[len(`{"":`) : len(text)-1]
		}
		parameters.Set(name, text)
	}
	return e.do(http.MethodGet, "?"+parameters.Encode(), nil, "application/json")
}

func (e *edge) events(r request) string {
	stream := e.do(http.MethodPost, "", strings.NewReader(r.text(e.t)), "text/event-stream")
	for lines := bufio.NewScanner(strings.NewReader(stream)); lines.Scan(); {
		if data, isData := strings.CutPrefix(lines.Text(), "data: "); isData {
			return data
		}
	}
	e.t.Fatalf("no event: %s", stream)
	return ""
}

func (e *edge) do(method, parameters string, body io.Reader, accept string) string {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.server.URL+"/graphql"+parameters, body)
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := e.server.Client().Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func (e *edge) socket(r request) string {
	e.t.Helper()
	conn, _, err := websocket.Dial(e.t.Context(), e.server.URL+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 20)
	for _, message := range []string{`{"type":"connection_init"}`, `{"type":"subscribe","id":"1","payload":` + r.text(e.t) + `}`} {
		if err := conn.Write(e.t.Context(), websocket.MessageText, []byte(message)); err != nil {
			e.t.Fatal(err)
		}
	}
	for {
		_, text, err := conn.Read(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		var message struct {
			Type    string
			Payload json.RawMessage
		}
		if err := json.Unmarshal(text, &message); err != nil {
			e.t.Fatal(err)
		}
		switch message.Type {
		case "next":
			return string(message.Payload)
		case "error":
			return `{"errors":` + string(message.Payload) + `}`
		}
	}
}
