package transport_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// The kinds of frames (RFC 6455, section 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
)

// rawTalker is a client of a WebSocket that does no more than it is told: it answers no ping, reads only when it is asked
// to, and may send what no library would.
type rawTalker struct {
	t    *testing.T
	conn *net.TCPConn
	in   *bufio.Reader
}

// dialRaw opens a WebSocket over a connection into which little fits that the client does not read.
func (s *stage) dialRaw() *rawTalker {
	s.t.Helper()
	address, err := net.ResolveTCPAddr("tcp", s.http.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := net.DialTCP("tcp", nil, address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if err := errors.Join(conn.SetReadBuffer(4<<10), conn.SetDeadline(time.Now().Add(patience))); err != nil {
		s.t.Fatal(err)
	}
	c := &rawTalker{s.t, conn, bufio.NewReaderSize(conn, 1<<10)}
	c.sendBytes([]byte("GET /graphql HTTP/1.1\r\nHost: " + address.String() + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n\r\n"))
	response, err := http.ReadResponse(c.in, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("%v, %v", response, err)
	}
	return c
}

// joinRaw opens one, and says who asks.
func (s *stage) joinRaw() *rawTalker {
	s.t.Helper()
	c := s.dialRaw()
	c.say(`{"type":"connection_init"}`)
	if _, text := c.frame(); !strings.Contains(text, "connection_ack") {
		s.t.Fatalf("heard %s", text)
	}
	return c
}

func (c *rawTalker) sendBytes(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("sending: %v", err)
	}
}

// sendHeader sends the beginning of a frame. Its mask is all zeros, so that what is masked is as it was.
func (c *rawTalker) sendHeader(op byte, last bool, length int) {
	c.t.Helper()
	if last {
		op |= 0x80
	}
	header := []byte{op}
	switch {
	case length < 126:
		header = append(header, 0x80|byte(length))
	case length < 1<<16:
		header = binary.BigEndian.AppendUint16(append(header, 0x80|126), uint16(length))
	default:
		header = binary.BigEndian.AppendUint64(append(header, 0x80|127), uint64(length))
	}
	c.sendBytes(append(header, 0, 0, 0, 0))
}

func (c *rawTalker) sendMasked(payload []byte) {
	c.t.Helper()
	c.sendBytes(payload)
}

// send sends a frame.
func (c *rawTalker) send(op byte, last bool, payload []byte) {
	c.t.Helper()
	c.sendHeader(op, last, len(payload))
	c.sendMasked(payload)
}

// say sends a message in one frame.
func (c *rawTalker) say(text string) {
	c.t.Helper()
	c.send(opText, true, []byte(text))
}

// readFrame reads one frame of the server's, which is whole.
func (c *rawTalker) readFrame() (op byte, payload string, err error) {
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return 0, "", err
	}
	length := uint64(head[1])
	switch {
	case head[0]&0x80 == 0 || length > 127:
		return 0, "", fmt.Errorf("a frame that begins %x", head)
	case length >= 126:
		long := make([]byte, 8)
		if _, err := io.ReadFull(c.in, long[:2+6*(length-126)]); err != nil {
			return 0, "", err
		}
		if length == 126 {
			length = uint64(binary.BigEndian.Uint16(long))
		} else {
			length = binary.BigEndian.Uint64(long)
		}
	}
	text := make([]byte, length)
	_, err = io.ReadFull(c.in, text)
	return head[0] & 0xf, string(text), err
}

// frame is the next frame, which must come.
func (c *rawTalker) frame() (op byte, payload string) {
	c.t.Helper()
	op, payload, err := c.readFrame()
	if err != nil {
		c.t.Fatalf("waiting for a frame: %v", err)
	}
	return op, payload
}

// wantText expects a message, which must come next but for pings.
func (c *rawTalker) wantText(want string) {
	c.t.Helper()
	op, text := c.frame()
	for op == opPing {
		op, text = c.frame()
	}
	if op != opText {
		c.t.Fatalf("heard a frame %x %q", op, text)
	}
	wantJSON(c.t, text, want)
}

// wantClose expects the closing frame of that code.
func (c *rawTalker) wantClose(code websocket.StatusCode) {
	c.t.Helper()
	op, text := c.frame()
	if op != opClose || len(text) < 2 || websocket.StatusCode(binary.BigEndian.Uint16([]byte(text))) != code {
		c.t.Fatalf("heard a frame %x %q; want %d", op, text, code)
	}
}

// wantCutOff reads what was sent until the connection is at its end, however that comes.
func (c *rawTalker) wantCutOff() {
	c.t.Helper()
	for {
		if _, _, err := c.readFrame(); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err) {
			return
		} else if err != nil {
			c.t.Fatalf("waiting for the end: %v", err)
		}
	}
}

// isReset says whether a connection was cut off by the other side, and not by the test's patience.
func isReset(err error) bool {
	var timeout net.Error
	return err != nil && errors.As(err, &timeout) && !timeout.Timeout()
}

// wantEnd expects that the server closes the connection in good order.
func (c *rawTalker) wantEnd() {
	c.t.Helper()
	if op, text, err := c.readFrame(); !errors.Is(err, io.EOF) {
		c.t.Errorf("heard %x %q, %v; want the end", op, text, err)
	}
}
