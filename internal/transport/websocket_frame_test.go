package transport_test

import (
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/gatehouse/gatehouse/internal/transport"
)

// A message may come in any number of frames, with pings in between.
func TestFragments(t *testing.T) {
	s := stageFor(t, nil)
	c := s.joinRaw()
	message := `{"type":"subscribe","id":"é","payload":{"query":"query"}}`
	c.send(opText, false, []byte(message[:20]))
	for i := 20; i < len(message); i++ { // byte by byte, in the midst of characters, too
		c.send(opContinuation, false, []byte{message[i]})
	}
	c.send(opPing, true, []byte("between"))
	c.send(opContinuation, false, nil)
	c.send(opContinuation, true, nil)
	if op, text := c.frame(); op != opPong || text != "between" {
		t.Fatalf("heard %x %q; want the ping answered", op, text)
	}
	c.wantText(`{"type":"next","id":"é","payload":{"data":{"ok":true}}}`)
	c.wantText(`{"type":"complete","id":"é"}`)
}

// Fragments do not get past the limit of a message's length.
func TestFragmentsCountTogether(t *testing.T) {
	s := stageFor(t, nil, func(set *transport.Settings) { set.MaxBody = 1000 })
	c := s.joinRaw()
	c.send(opText, false, []byte(`{"type":"ping","payload":{"a":"`))
	for range 10 {
		c.send(opContinuation, false, []byte(strings.Repeat("x", 100)))
	}
	c.wantClose(websocket.StatusMessageTooBig)
}

// What breaks the rules of WebSocket itself ends the socket, and nothing else.
func TestBrokenFrames(t *testing.T) {
	s := stageFor(t, nil)
	other := s.join()
	for name, broken := range map[string]func(c *rawTalker){
		"a frame without a mask":          func(c *rawTalker) { c.sendBytes([]byte("\x81\x0f{\"type\":\"ping\"}")) },
		"a reserved bit":                  func(c *rawTalker) { c.send(opText|0x40, true, []byte(`{"type":"ping"}`)) },
		"an unknown kind":                 func(c *rawTalker) { c.send(0x3, true, nil) },
		"a continuation of nothing":       func(c *rawTalker) { c.send(opContinuation, true, []byte(`{"type":"ping"}`)) },
		"a message within another":        func(c *rawTalker) { c.send(opText, false, nil); c.send(opText, true, nil) },
		"a ping in two frames":            func(c *rawTalker) { c.send(opPing, false, nil) },
		"a ping that is too long":         func(c *rawTalker) { c.send(opPing, true, make([]byte, 126)) },
		"a closing code that there isn't": func(c *rawTalker) { c.send(opClose, true, []byte{0, 1}) },
		"half a closing code":             func(c *rawTalker) { c.send(opClose, true, []byte{3}) },
		"a length beyond all lengths":     func(c *rawTalker) { c.sendBytes([]byte("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00{}")) },
		"a connection that breaks off":    func(c *rawTalker) { c.sendHeader(opText, true, 100); _ = c.conn.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			s.within(t)
			c := s.joinRaw()
			c.say(`{"type":"subscribe","id":"1","payload":{"query":"hanging on"}}`)
			s.eventually("it runs", func() bool { return s.running == 1 })
			broken(c)
			c.wantCutOff()
			s.quiet()
		})
	}
	other.subscribe("1", "query")
	other.hears(`{"type":"next","id":"1","payload":{"data":{"ok":true}}}`)
}
