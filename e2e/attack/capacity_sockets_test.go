//go:build attack

package attack

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	capacitySockets = 1000
	capacityEvents  = 20
)

// measureSockets prints what open WebSockets cost, each with one subscription, and what it costs to tell them something. The
// server is a fresh one, and hashing a password takes it next to no memory: what is free after that would be counted for sockets.
func measureSockets(t *testing.T, settings []string) {
	s := start(t, append([]string{"GATEHOUSE_ARGON2_MEMORY_KIB=64", "GATEHOUSE_ARGON2_PASSES=1"}, settings...)...)
	idle := s.memoryMiB(t, "VmRSS")
	heard := make(chan error, capacitySockets) // each time somebody hears of a change, or nothing any more
	var opening sync.WaitGroup
	for begin := range 10 {
		opening.Go(func() {
			for n := begin; n < capacitySockets; n += 10 {
				if err := s.follow(t, heard); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	opening.Wait()
	if t.Failed() {
		return
	}
	open := s.memoryMiB(t, "VmRSS")

	seller := s.shopper(t, "seller")
	product, err := seller.create(t.Context()) // of which they are told, too
	if err != nil {
		t.Fatal(err)
	}
	hearAll(t, heard)
	var took durations
	cpu := s.cpu(t)
	for range capacityEvents {
		began := time.Now()
		seller.reprice(t, product)
		hearAll(t, heard)
		took = append(took, time.Since(began))
	}
	cpu = s.cpu(t) - cpu
	fmt.Printf("\n%d WebSockets with a subscription each: memory %.1f MiB before, %.1f with them: %.0f KiB for each; %.1f MiB after events.\n",
		capacitySockets, idle, open, (open-idle)*1024/capacitySockets, s.memoryMiB(t, "VmRSS"))
	fmt.Printf("A change that all of them are told: %.1f ms of CPU, %.0f µs for each of them; until the last one has it, %.0f ms in the median, %.0f at the most.\n",
		milliseconds(cpu)/capacityEvents, float64(cpu.Microseconds())/capacityEvents/capacitySockets,
		milliseconds(took.percentile(50)), milliseconds(took.percentile(100)))
}

// hearAll waits until as many have heard of a change as there are sockets.
func hearAll(t *testing.T, heard <-chan error) {
	t.Helper()
	for range capacitySockets {
		select {
		case err := <-heard:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(patience):
			t.Fatal("not everybody hears of a change")
		}
	}
}

// follow opens a WebSocket that is told of all products until the test ends, and tells heard of each.
func (s *server) follow(t *testing.T, heard chan<- error) error {
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	socket, _, err := websocket.Dial(ctx, s.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		end()
		return err
	}
	t.Cleanup(func() {
		end()
		_ = socket.CloseNow() // it has served
	})
	const subscribe = `{"id":"1","type":"subscribe","payload":{"query":"subscription { productChanged { kind product { id name price } } }"}}`
	for _, message := range []string{`{"type":"connection_init"}`, subscribe, `{"type":"ping"}`} { // which is answered once the subscription has begun
		if err := socket.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			return err
		}
	}
	for _, kind := range []string{"connection_ack", "pong"} {
		if _, text, err := socket.Read(ctx); err != nil || !strings.Contains(string(text), kind) {
			return fmt.Errorf("a WebSocket has %q (%w), not %s", text, err, kind)
		}
	}
	go func() {
		for {
			_, text, err := socket.Read(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				heard <- fmt.Errorf("a WebSocket has ended: %w", err)
				return
			case strings.Contains(string(text), `"next"`):
				heard <- nil
			case strings.Contains(string(text), `"ping"`):
				_ = socket.Write(ctx, websocket.MessageText, []byte(`{"type":"pong"}`)) // Read tells if there is nobody
			}
		}
	}()
	return nil
}
