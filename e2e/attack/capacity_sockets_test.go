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
	capacityQuiet   = 6 * time.Second // in which the program looks three times whether a viewer is still signed in
)

// measureSockets prints what open WebSockets cost, each of which follows one category, and what it costs to tell them something. The
// server is a fresh one, and hashing a password takes it next to no memory: what is free after that would be counted for sockets.
func measureSockets(t *testing.T, settings []string) {
	s := start(t, append([]string{"GATEHOUSE_ARGON2_MEMORY_KIB=64", "GATEHOUSE_ARGON2_PASSES=1"}, settings...)...)
	seller := s.shopper(t, "seller")
	followed, err := seller.create(t.Context(), seller.shelves[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := seller.create(t.Context(), seller.shelves[1])
	if err != nil {
		t.Fatal(err)
	}

	idle := s.memoryMiB(t, "VmRSS")
	heard := s.followers(t, "", seller.shelves[0])
	open := s.memoryMiB(t, "VmRSS")
	var took durations
	cpu := s.cpu(t)
	for range capacityEvents {
		began := time.Now()
		seller.reprice(t, followed)
		hearAll(t, heard)
		took = append(took, time.Since(began))
	}
	told := (s.cpu(t) - cpu) / capacityEvents
	after := s.memoryMiB(t, "VmRSS")

	cpu = s.cpu(t)
	for range 10 * capacityEvents {
		seller.reprice(t, other)
	}
	seller.reprice(t, followed)
	hearAll(t, heard) // so they know of those before as well
	untold := (s.cpu(t) - cpu - told) / (10 * capacityEvents)

	quiet := s.quiet(t)
	s.followers(t, seller.access, seller.shelves[0])
	signedIn := s.quiet(t) - quiet

	fmt.Printf("\n%d WebSockets with a subscription each: memory %.1f MiB before, %.1f with them: %.0f KiB for each; %.1f MiB after events.\n",
		capacitySockets, idle, open, (open-idle)*1024/capacitySockets, after)
	fmt.Printf("One whose client is anonymous takes %.0f µs of CPU a second when nothing happens, and one whose client is signed in %.0f.\n", quiet, signedIn)
	fmt.Printf("A change that all of them are told: %.1f ms of CPU, %.0f µs for each of them; until the last one has it, %.0f ms in the median, %.0f at the most.\n",
		milliseconds(told), float64(told.Microseconds())/capacitySockets, milliseconds(took.percentile(50)), milliseconds(took.percentile(100)))
	fmt.Printf("One that is in another category, and told to none of them: %.1f ms of CPU, that of making it included.\n", milliseconds(untold))
}

// quiet is how many microseconds of CPU so many sockets take in a second when nothing happens, each.
func (s *server) quiet(t *testing.T) float64 {
	t.Helper()
	cpu, began := s.cpu(t), time.Now()
	time.Sleep(capacityQuiet)
	return float64((s.cpu(t) - cpu).Microseconds()) / time.Since(began).Seconds() / capacitySockets
}

// followers open WebSockets, with that access token if it is not empty, that are told of the category's products until the test ends. Each time that one is, or has ended, is
// told by heard.
func (s *server) followers(t *testing.T, access, category string) (heard <-chan error) {
	t.Helper()
	hears := make(chan error, capacitySockets)
	var opening sync.WaitGroup
	for begin := range 10 {
		opening.Go(func() {
			for n := begin; n < capacitySockets; n += 10 {
				if err := s.follow(t, access, category, hears); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	opening.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return hears
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

// follow opens one of them.
func (s *server) follow(t *testing.T, access, category string, heard chan<- error) error {
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
	subscribe := fmt.Sprintf(`{"id":"1","type":"subscribe","payload":{"variables":{"category":%q},
		"query":"subscription ($category: ID!) { productChanged(category: $category) { kind product { id name price } } }"}}`, category)
	begin := `{"type":"connection_init"}`
	if access != "" {
		begin = fmt.Sprintf(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, access)
	}
	for _, message := range []string{begin, subscribe, `{"type":"ping"}`} { // which is answered once the subscription has begun
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
