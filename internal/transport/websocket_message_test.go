package transport_test

import (
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/gatehouse/gatehouse/internal/transport"
)

// What is no message of the protocol ends the socket, before it is acknowledged and after.
func TestInvalidMessages(t *testing.T) {
	s := stageFor(t, nil)
	for name, text := range map[string]string{
		"nothing":                          ``,
		"blanks":                           ` `,
		"no JSON":                          `connection_init`,
		"cut off":                          `{"type":"ping"`,
		"two messages":                     `{"type":"ping"}{"type":"ping"}`,
		"a string":                         `"ping"`,
		"an array":                         `[{"type":"ping"}]`,
		"null":                             `null`,
		"a number":                         `1`,
		"ill-formed UTF-8":                 "{\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}",
		"half a character":                 `{"type":"complete","id":"1\ud83d"}`, // to the server it would be another id
		"the other half":                   `{"type":"ping","payload":{"a":"\ude42"}}`,
		"no type":                          `{}`,
		"the type null":                    `{"type":null}`,
		"the type empty":                   `{"type":""}`,
		"the type a number":                `{"type":1}`,
		"the type an object":               `{"type":{}}`,
		"type in capitals":                 `{"TYPE":"ping"}`,
		"an unknown type":                  `{"type":"secret"}`,
		"a type in capitals":               `{"type":"PING"}`,
		"a type of the old protocol":       `{"type":"start","id":"1","payload":{"query":"query"}}`,
		"its other one":                    `{"type":"stop","id":"1"}`,
		"its end":                          `{"type":"connection_terminate"}`,
		"connection_ack, a server's":       `{"type":"connection_ack"}`,
		"next, a server's":                 `{"type":"next","id":"1","payload":{"data":{}}}`,
		"error, a server's":                `{"type":"error","id":"1","payload":[]}`,
		"complete without an id":           `{"type":"complete"}`,
		"complete with an empty id":        `{"type":"complete","id":""}`,
		"complete with the id null":        `{"type":"complete","id":null}`,
		"complete with a number for an id": `{"type":"complete","id":1}`,
		"ping with an array":               `{"type":"ping","payload":[]}`,
		"ping with a string":               `{"type":"ping","payload":"x"}`,
		"ping with a number":               `{"type":"ping","payload":1}`,
		"ping with false":                  `{"type":"ping","payload":false}`,
	} {
		t.Run(name, func(t *testing.T) {
			s.within(t)
			c := s.dial()
			c.say(text)
			c.closed(4400, "Invalid message")
			c = s.join()
			c.say(text)
			c.closed(4400, "Invalid message")
		})
	}
	for name, payload := range map[string]string{
		"an array":                     `[]`,
		"a string":                     `"Bearer ada"`,
		"a number":                     `1`,
		"true":                         `true`,
		"a header that is no text":     `{"Authorization":1}`,
		"a header that is a list":      `{"authorization":["Bearer ada"]}`,
		"a header that is an object":   `{"authorization":{}}`,
		"one of two that is no text":   `{"authorization":"Bearer ada","AUTHORIZATION":true}`,
		"a header that is no text, no": `{"authorization":false}`,
	} {
		t.Run("connection_init with "+name, func(t *testing.T) {
			s.within(t)
			c := s.dial()
			c.say(`{"type":"connection_init","payload":` + payload + `}`)
			c.closed(4400, "Invalid message")
		})
	}
	for name, message := range map[string]string{
		"no id":                  `{"type":"subscribe","payload":{"query":"query"}}`,
		"an empty id":            `{"type":"subscribe","id":"","payload":{"query":"query"}}`,
		"the id null":            `{"type":"subscribe","id":null,"payload":{"query":"query"}}`,
		"a number for an id":     `{"type":"subscribe","id":1,"payload":{"query":"query"}}`,
		"no payload":             `{"type":"subscribe","id":"1"}`,
		"the payload null":       `{"type":"subscribe","id":"1","payload":null}`,
		"an array":               `{"type":"subscribe","id":"1","payload":["query"]}`,
		"a string":               `{"type":"subscribe","id":"1","payload":"query"}`,
		"no query":               `{"type":"subscribe","id":"1","payload":{}}`,
		"the query null":         `{"type":"subscribe","id":"1","payload":{"query":null}}`,
		"an empty query":         `{"type":"subscribe","id":"1","payload":{"query":""}}`,
		"a blank query":          `{"type":"subscribe","id":"1","payload":{"query":" \n"}}`,
		"a query that is none":   `{"type":"subscribe","id":"1","payload":{"query":1}}`,
		"variables an array":     `{"type":"subscribe","id":"1","payload":{"query":"query","variables":[]}}`,
		"variables a text":       `{"type":"subscribe","id":"1","payload":{"query":"query","variables":"{}"}}`,
		"extensions an array":    `{"type":"subscribe","id":"1","payload":{"query":"query","extensions":[]}}`,
		"operationName a number": `{"type":"subscribe","id":"1","payload":{"query":"query","operationName":1}}`,
	} {
		t.Run("subscribe with "+name, func(t *testing.T) {
			s.within(t)
			c := s.join()
			c.say(message)
			c.closed(4400, "Invalid message")
		})
	}
	if len(s.heard) != 0 {
		t.Errorf("executed %v", s.heard)
	}
}

// Binary messages are none, even if they hold one.
func TestBinaryMessages(t *testing.T) {
	s := stageFor(t, nil)
	c := s.dial()
	if err := c.conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"connection_init"}`)); err != nil {
		t.Fatal(err)
	}
	c.closed(4400, "Messages are text")
}

// What is sent before connection_ack must not run, nor be kept until then.
func TestSubscribeBeforeAcknowledgement(t *testing.T) {
	s := stageFor(t, nil)
	c := s.dial()
	c.subscribe("1", "mutation")
	c.closed(4401, "Unauthorized")
	c = s.dial()
	c.say(`{"type":"subscribe"}`) // not even looked at
	c.closed(4401, "Unauthorized")
	if len(s.heard) != 0 {
		t.Errorf("executed %v", s.heard)
	}
}

func TestSecondInitialisation(t *testing.T) {
	s := stageFor(t, nil)
	c := s.join()
	c.say(`{"type":"connection_init"}`)
	c.closed(4429, "Too many initialisation requests")
	c = s.join()
	c.say(`{"type":"connection_init","payload":"not even looked at"}`)
	c.closed(4429, "Too many initialisation requests")
}

// Pings are answered at any time, with what they held; pongs are not.
func TestPings(t *testing.T) {
	s := stageFor(t, nil)
	c := s.dial()
	ping := func() {
		c.say(`{"type":"ping"}`)
		c.hears(`{"type":"pong"}`)
		c.say(`{"type":"ping","payload":null}`)
		c.hears(`{"type":"pong"}`)
		c.say(`{"type":"ping","payload":{}}`)
		c.hears(`{"type":"pong","payload":{}}`)
		c.say(`{"type":"pong"}`)
		c.say(`{"type":"pong","payload":{"a":1}}`)
		c.say(`{"type":"ping","id":"x","payload":{"b":[1,1.50,"<é>",null],"a":{}}}`)
		c.hears(`{"type":"pong","payload":{"b":[1,1.50,"<é>",null],"a":{}}}`)
	}
	ping()
	c.say(`{"type":"connection_init"}`)
	c.hears(`{"type":"connection_ack"}`)
	ping()
	c.subscribe("1", "hanging on")
	ping()
}

// A message that is too long ends the socket.
func TestLongMessages(t *testing.T) {
	s := stageFor(t, nil, func(set *transport.Settings) { set.MaxBody = 1000 })
	padded := func(length int) string {
		head, tail := `{"type":"ping","payload":{"a":"`, `"}}`
		return head + strings.Repeat("x", length-len(head)-len(tail)) + tail
	}
	c := s.dial()
	c.say(padded(1000))
	c.hears(strings.Replace(padded(1000), "ping", "pong", 1))
	c.say(padded(1001))
	c.closedAs(websocket.StatusMessageTooBig)
}

// A client that is about to send far too much hears why that ends the socket. If it were just cut off, what it is sent
// might be lost with the connection.
func TestVeryLongMessages(t *testing.T) {
	s := stageFor(t, nil, func(set *transport.Settings) { set.MaxBody = 1000 })
	c := s.dialRaw()
	const length = 4 << 20
	c.sendHeader(opText, true, length)
	c.sendMasked(make([]byte, 2000))
	c.wantClose(websocket.StatusMessageTooBig)
	c.sendMasked(make([]byte, length-2000))
	c.send(opClose, true, []byte{0x03, 0xf1}) // 1009
	c.wantEnd()
}
