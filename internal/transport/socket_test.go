package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

const subprotocol = "graphql-transport-ws"

// talker is a client of a WebSocket.
type talker struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens a WebSocket, with further headers: name, value, name, value …
func (s *stage) dial(headers ...string) *talker {
	s.t.Helper()
	conn, response, err := s.tryToDial(headers...)
	if err != nil {
		s.t.Fatalf("%v: %v", err, response)
	}
	return &talker{s.t, conn}
}

func (s *stage) tryToDial(headers ...string) (*websocket.Conn, *http.Response, error) {
	options := &websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: http.Header{}, HTTPClient: s.http.Client()}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Sec-WebSocket-Protocol" {
			options.Subprotocols = strings.Fields(headers[i+1])
			continue
		}
		options.HTTPHeader.Add(headers[i], headers[i+1])
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, s.http.URL, options)
	if err == nil {
		s.t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, response, err
}

// join opens a WebSocket and says who asks.
func (s *stage) join(headers ...string) *talker {
	s.t.Helper()
	c := s.dial(headers...)
	c.say(`{"type":"connection_init"}`)
	c.hears(`{"type":"connection_ack"}`)
	return c
}

func (c *talker) say(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatalf("saying %.100s: %v", text, err)
	}
}

// subscribe begins the operation of that id and query.
func (c *talker) subscribe(id, query string) {
	c.t.Helper()
	text, _ := json.Marshal(map[string]any{"type": "subscribe", "id": id, "payload": map[string]any{"query": query}})
	c.say(string(text))
}

func (c *talker) read() (string, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	kind, text, err := c.conn.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		c.t.Errorf("a message that is no text: %q", text)
	}
	return string(text), err
}

// hears waits for the next message, which must be this.
func (c *talker) hears(want string) {
	c.t.Helper()
	got, err := c.read()
	if err != nil {
		c.t.Fatalf("heard %v, want %s", err, want)
	}
	wantJSON(c.t, got, want)
}

// closed waits for the end of the socket, which must come next, and be this.
func (c *talker) closed(code websocket.StatusCode, reason string) {
	c.t.Helper()
	got, err := c.read()
	if err == nil {
		c.t.Fatalf("heard %s, want the end, %d", got, code)
	}
	c.wasClosed(err, code, reason)
}

// closedAs waits for the end of the socket, which must come next, for whatever reason in words.
func (c *talker) closedAs(code websocket.StatusCode) {
	c.t.Helper()
	if got, err := c.read(); websocket.CloseStatus(err) != code {
		c.t.Errorf("heard %.100s, %v; want the end, %d", got, err, code)
	}
}

// closedAtLast waits for the end of the socket, whatever is heard before.
func (c *talker) closedAtLast(code websocket.StatusCode, reason string) {
	c.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			c.wasClosed(err, code, reason)
			return
		}
	}
}

func (c *talker) wasClosed(err error, code websocket.StatusCode, reason string) {
	c.t.Helper()
	var why websocket.CloseError
	if !errors.As(err, &why) || why.Code != code || why.Reason != reason {
		c.t.Errorf("closed with %v; want %d %q", err, code, reason)
	}
}

// wantJSON compares two texts of JSON.
func wantJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil || !reflect.DeepEqual(g, w) {
		t.Fatalf("heard %s, want %s", got, want)
	}
}
