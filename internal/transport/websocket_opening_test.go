package transport_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/gatehouse/gatehouse/internal/transport"
)

func TestSocketsAreAcknowledged(t *testing.T) {
	s := stageFor(t, nil)
	for _, text := range []string{
		`{"type":"connection_init"}`,
		`{"type":"connection_init","payload":null}`,
		`{"type":"connection_init","payload":{}}`,
		`{"type":"connection_init","payload":{"anything":["else"],"authorization":null}}`,
		` { "payload" : {} , "type" : "connection_init", "id": "x", "more": 1 } `,
	} {
		c := s.dial()
		c.say(text)
		c.hears(`{"type":"connection_ack"}`)
		c.subscribe("1", "query")
		c.hears(`{"type":"next","id":"1","payload":{"data":{"ok":true}}}`)
		c.hears(`{"type":"complete","id":"1"}`)
	}
}

// Who does not speak the one protocol is told so by the close code: a browser would not tell a page of a status.
func TestSubprotocols(t *testing.T) {
	s := stageFor(t, nil)
	for offered, spoken := range map[string]bool{
		"graphql-transport-ws":            true,
		"graphql-ws graphql-transport-ws": true, // the old protocol's clients that speak both
		"graphql-ws":                      false,
		"graphql-transport-ws2":           false,
		"graphql-transport":               false,
		"":                                false,
	} {
		c := s.dial("Sec-WebSocket-Protocol", offered)
		if !spoken {
			c.closed(4406, "Subprotocol not acceptable")
			continue
		}
		if got := c.conn.Subprotocol(); got != subprotocol {
			t.Errorf("%s: agreed on %q", offered, got)
		}
		c.say(`{"type":"connection_init"}`)
		c.hears(`{"type":"connection_ack"}`)
	}
	if len(s.asked) != 0 {
		t.Errorf("looked at the tokens %q", s.asked)
	}
}

// A client has so long to say who it is. That it is alive does not count, and neither does it when it has said so.
func TestInitialisationTimeout(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Init = soon }))
	s.dial().closed(4408, "Connection initialisation timeout")
	pinging := s.dial()
	go func() {
		for pinging.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"pong"}`)) == nil {
		}
	}()
	pinging.closed(4408, "Connection initialisation timeout")

	// Whoever is in time stays. As much time passes as another client needs to be turned away.
	s = stageFor(t, map[string]part{"wait": following(make(chan any))}, pace(func(p *transport.Pace) { p.Init = 50 * soon }))
	c := s.join()
	c.subscribe("1", "wait")
	s.dial().closed(4408, "Connection initialisation timeout")
	c.subscribe("2", "query")
	c.hears(`{"type":"next","id":"2","payload":{"data":{"ok":true}}}`)
	c.hears(`{"type":"complete","id":"2"}`)
}

// A page of another site must not open a WebSocket: the browser would let it, with whatever else it sends along.
func TestOriginsOfSockets(t *testing.T) {
	s := stageFor(t, nil, func(set *transport.Settings) {
		set.Origins = []string{"https://shop.example", "http://localhost:5173"}
	})
	own := s.http.URL // http://127.0.0.1:port
	port := own[strings.LastIndex(own, ":"):]
	for _, tt := range []struct {
		name    string
		origins []string
		opens   bool
	}{
		{"none: no browser", nil, true},
		{"the server's own", []string{own}, true},
		{"the server's own behind a proxy that ends TLS", []string{"https" + strings.TrimPrefix(own, "http")}, true},
		{"one that is allowed", []string{"https://shop.example"}, true},
		{"the other one that is allowed", []string{"http://localhost:5173"}, true},
		{"a foreign one", []string{"https://evil.example"}, false},
		{"empty", []string{""}, false},
		{"null: a file, or a page in a sandbox", []string{"null"}, false},
		{"the own one without its port", []string{strings.TrimSuffix(own, port)}, false},
		{"the own one with another port", []string{own + "0"}, false},
		{"the own one by another name", []string{"http://localhost" + port}, false},
		{"the own one with another scheme", []string{"ws" + strings.TrimPrefix(own, "http")}, false},
		{"the own one with a path", []string{own + "/"}, false},
		{"the allowed one with another scheme", []string{"http://shop.example"}, false},
		{"the allowed one with another port", []string{"https://shop.example:8443"}, false},
		{"the allowed one in capitals, as no browser writes it", []string{"https://SHOP.example"}, false},
		{"below the allowed one", []string{"https://a.shop.example"}, false},
		{"the allowed one as a part", []string{"https://shop.example.evil.test"}, false},
		{"two headers", []string{own, own}, false},
		{"two headers, a foreign one last", []string{own, "https://evil.example"}, false},
		{"two in one", []string{own + ", " + own}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.within(t)
			var headers []string
			for _, origin := range tt.origins {
				headers = append(headers, "Origin", origin)
			}
			conn, response, err := s.tryToDial(headers...)
			if tt.opens {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				_ = conn.CloseNow()
				return
			}
			if err == nil {
				t.Fatal("it opened")
			}
			text, _ := io.ReadAll(response.Body)
			if response.StatusCode != http.StatusForbidden || !strings.Contains(string(text), "BAD_USER_INPUT") || strings.Contains(string(text), "evil") {
				t.Errorf("status %d: %s", response.StatusCode, text)
			}
		})
	}
}

// What is no proper handshake is answered, and nothing is left of it.
func TestHandshakesThatFail(t *testing.T) {
	s := stageFor(t, nil)
	for name, tt := range map[string]struct {
		method  string
		headers map[string]string
		status  int
	}{
		"no key":                {"GET", map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}, 400},
		"another version":       {"GET", map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "8", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, 400},
		"no Connection header":  {"GET", map[string]string{"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, 426},
		"POST":                  {"POST", map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Content-Type": "text/plain"}, 415},
		"an upgrade to another": {"GET", map[string]string{"Upgrade": "h2c", "Connection": "Upgrade"}, 400},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, s.http.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		for header, value := range tt.headers {
			r.Header.Set(header, value)
		}
		response, err := s.http.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", name, response.StatusCode, tt.status)
		}
	}
}

// Once the server stops, no WebSocket opens any more.
func TestNoSocketOpensAfterStop(t *testing.T) {
	s := stageFor(t, nil)
	s.api.Stop()
	_, response, err := s.tryToDial()
	if err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%v, %v; want status 503", response, err)
	}
}
