package transport_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// A server that stops ends every socket in a way that has its client come again, however far it has come.
func TestStopEndsSockets(t *testing.T) {
	s := stageFor(t, nil)
	silent, idle, busy := s.dial(), s.join(), s.join()
	busy.subscribe("1", "hanging on")
	busy.subscribe("2", "hanging")
	s.eventually("they run", func() bool { return s.running == 2 })
	s.api.Stop()
	s.api.Stop() // again, which is nothing
	for _, c := range []*talker{silent, idle, busy} {
		c.closed(1001, "The server stops")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.api.Wait(ctx); err != nil {
		t.Errorf("Wait: %v", err)
	}
	s.quiet()
}

// A client that does not answer the end does not keep the server from stopping.
func TestStopWaitsForNobody(t *testing.T) {
	t.Parallel() // it takes a while
	s := stageFor(t, nil)
	silent, busy := s.dialRaw(), s.joinRaw()
	busy.say(`{"type":"subscribe","id":"1","payload":{"query":"hanging on"}}`)
	s.eventually("it runs", func() bool { return s.running == 1 })
	s.api.Stop()
	silent.wantClose(1001)
	busy.wantClose(1001)
	s.quiet() // before the client has answered
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.api.Wait(ctx); err != nil {
		t.Errorf("Wait: %v", err)
	}
	silent.wantCutOff()
	busy.wantCutOff()
}

// Whoever waits for the streams to end does so no longer than they want to.
func TestWaitingForStreams(t *testing.T) {
	s := stageFor(t, nil)
	c := s.join()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.api.Wait(ctx); err == nil {
		t.Error("Wait waited for nothing")
	}
	c.answers("1")
}

// What a client says once it was told the end is not heard.
func TestNothingIsHeardAfterTheEnd(t *testing.T) {
	s := stageFor(t, nil)
	c := s.joinRaw()
	c.say(`{"type":"connection_init"}`) // the second one
	c.say(`{"type":"subscribe","id":"1","payload":{"query":"mutation"}}`)
	c.say(`nonsense`)
	c.wantClose(4429)
	c.say(`{"type":"subscribe","id":"1","payload":{"query":"mutation"}}`)
	c.send(opClose, true, []byte{0x11, 0x4d}) // 4429
	c.wantEnd()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heard) != 0 {
		t.Errorf("executed %v", s.heard)
	}
}

// What a stream cannot tell any more ends the whole socket: its client has to read anew what it shows.
func TestConsumersThatDoNotKeepUp(t *testing.T) {
	events := make(chan any, 2)
	events <- `{"n":1}`
	events <- &fault.Error{Code: fault.LimitExceeded, Message: "x"}
	s := stageFor(t, map[string]part{"events": following(events)})
	c := s.join()
	c.subscribe("other", "hanging on")
	c.subscribe("1", "events")
	c.hears(`{"type":"next","id":"1","payload":{"data":{"n":1}}}`)
	c.closed(1013, "Events were lost: read anew what you show")
	s.quiet()
}

// Any other end of a stream is the end of that operation.
func TestStreamsThatFail(t *testing.T) {
	events := make(chan any, 2)
	events <- `{"n":1}`
	events <- &fault.Error{Code: fault.Internal, Message: "x"}
	s := stageFor(t, map[string]part{"events": following(events)})
	c := s.join()
	c.subscribe("1", "events")
	c.hears(`{"type":"next","id":"1","payload":{"data":{"n":1}}}`)
	c.hears(`{"type":"error","id":"1","payload":[{"message":"x","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	c.answers("1")
}

// A client that leaves, with a word or without, leaves nothing that runs.
func TestClientsOfSocketsThatLeave(t *testing.T) {
	s := stageFor(t, nil)
	for name, leave := range map[string]func(c *rawTalker){
		"with a closing frame": func(c *rawTalker) {
			c.send(opClose, true, []byte{0x03, 0xe8}) // 1000
			c.wantClose(1000)
			c.wantEnd()
		},
		"with one that says nothing": func(c *rawTalker) { c.send(opClose, true, nil); c.wantCutOff() },
		"without a word":             func(c *rawTalker) { _ = c.conn.Close() },
		"by a reset":                 func(c *rawTalker) { _ = c.conn.SetLinger(0); _ = c.conn.Close() },
		"within a message":           func(c *rawTalker) { c.sendHeader(opText, true, 10); _ = c.conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s.within(t)
			c := s.joinRaw()
			c.say(`{"type":"subscribe","id":"1","payload":{"query":"hanging on"}}`)
			c.say(`{"type":"subscribe","id":"2","payload":{"query":"hanging"}}`)
			s.eventually("they run", func() bool { return s.running == 2 })
			leave(c)
			s.quiet()
		})
	}
}

// The server pings, whatever else goes on, and gives up a client that does not answer. One that does stays.
func TestSocketsKeepAlive(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.KeepAlive, p.Write = soon, time.Second }))
	c := s.joinRaw()
	for range 3 {
		op, payload := c.frame()
		if op != opPing {
			t.Fatalf("heard %x %q; want a ping", op, payload)
		}
		c.send(opPong, true, []byte(payload))
	}
	c.say(`{"type":"subscribe","id":"1","payload":{"query":"hanging on"}}`)
	c.say(`{"type":"pong"}`)                     // which is no answer
	c.send(opPong, true, []byte("another ping")) // and neither is this
	s.eventually("it runs", func() bool { return s.running == 1 })
	c.wantCutOff()
	s.quiet()
}

// The client is told why its socket is closed, also when that happens while it is being pinged.
func TestEndsAreToldBesidePings(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.KeepAlive = time.Microsecond }))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 600 { // it takes some to meet a ping as it is written
				c := s.join()
				c.say("nonsense")
				c.closedAtLast(4400, "Invalid message")
			}
		})
	}
	group.Wait()
}

// A client that does not read is dropped once it has not taken a message for long enough. Nobody waits for it meanwhile.
func TestClientsThatDoNotRead(t *testing.T) {
	t.Parallel() // it takes a while
	flood := make(chan any)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case flood <- `{"a":"` + strings.Repeat("x", 16<<10) + `"}`:
			case <-done:
				return
			}
		}
	}()
	s := stageFor(t, map[string]part{"flood": following(flood)}, pace(func(p *transport.Pace) { p.Write = time.Second }))
	other := s.join()
	deaf, pinging := s.joinRaw(), s.joinRaw()
	deaf.say(`{"type":"subscribe","id":"1","payload":{"query":"hanging on"}}`)
	s.eventually("it runs", func() bool { return s.running == 1 })
	deaf.say(`{"type":"subscribe","id":"2","payload":{"query":"flood"}}`) // runs for no longer than it takes to be dropped
	go func() {                                                           // one that is told nothing but the answers to its pings
		for {
			if _, err := pinging.conn.Write([]byte("\x81\x8f\x00\x00\x00\x00{\"type\":\"ping\"}")); err != nil {
				return
			}
		}
	}()
	for range 3 {
		other.answers("1")
	}
	s.quiet()
	deaf.wantCutOff()
	pinging.wantCutOff()
	other.answers("1")
}

// However many sockets were opened, and however they ended, nothing is left of them.
func TestNothingIsLeftOfSockets(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Renew, p.KeepAlive = soon, soon }))
	s.join("Authorization", "Bearer ada").answers("1") // what is made once is made
	count := func() int {
		s.http.Client().CloseIdleConnections()
		return runtime.NumGoroutine()
	}
	before := count()
	for range 5 {
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				c := s.dial("Authorization", "Bearer ada")
				if i%5 > 0 {
					c.say(`{"type":"connection_init"}`)
					for n := range i {
						c.subscribe(fmt.Sprint(n), []string{"hanging", "hanging on"}[n%2])
					}
				}
				switch i % 4 {
				case 0:
					_ = c.conn.Close(websocket.StatusNormalClosure, "")
				case 1:
					_ = c.conn.CloseNow()
				case 2:
					c.say(`{"type":"connection_init"}`)
					c.say(`{"type":"connection_init"}`)
					c.closedAtLast(4429, "Too many initialisation requests")
				case 3:
					c.say("nonsense")
					c.closedAtLast(4400, "Invalid message")
				}
			})
		}
		group.Wait()
	}
	s.quiet()
	eventually(t, "the goroutines are gone", func() bool { return count() <= before })
}
