package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/montanaflynn/stats"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// subscribers follow one product, each over a WebSocket of its own.
const subscribers = 1000

// dialing is how many of them connect at once.
const dialing = 10

// subscriptions is the name of what is measured.
const subscriptions = "1,000 subscriptions, one write a second"

// audience is what it takes to tell subscribers of one write a second.
type audience struct {
	cpu      float64 // ms a second, of the server's process: user and system
	told     float64 // ms until the last one has been told, the median of the writes
	before   float64 // MiB that are resident without them
	resident float64 // MiB that are, at the end
}

// audience measures them for so long with a server of its own on the servers' core.
func (s *shop) audience(ctx context.Context, long time.Duration) (audience, error) {
	server, end, err := s.alone(ctx, gatehouseCached, serversCore)
	if err != nil {
		return audience{}, err
	}
	defer end()
	before, err := server.process.Stat()
	if err != nil {
		return audience{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	heard, err := server.subscribe(ctx)
	if err != nil {
		return audience{}, err
	}
	if _, err := s.reprice(ctx, server, heard, 0); err != nil { // warm
		return audience{}, err
	}
	begun, err := server.process.Stat()
	if err != nil {
		return audience{}, err
	}
	var took stats.Float64Data
	second := time.NewTicker(time.Second)
	defer second.Stop()
	writes := int(long / time.Second)
	for n := range writes {
		one, err := s.reprice(ctx, server, heard, n+1)
		if err != nil {
			return audience{}, err
		}
		took = append(took, milliseconds(one))
		<-second.C
	}
	after, err := server.process.Stat()
	if err != nil {
		return audience{}, err
	}
	median, err := took.Median()
	return audience{
		cpu:      (after.CPUTime() - begun.CPUTime()) * 1e3 / float64(writes),
		told:     median,
		before:   float64(before.ResidentMemory()) / mebibyte,
		resident: float64(after.ResidentMemory()) / mebibyte,
	}, err
}

// followed is the id of the product that they follow.
const followed = firstProduct + products/2

// reprice gives the product its n-th price, and answers how long that took until all have heard of it.
func (s *shop) reprice(ctx context.Context, server *server, heard <-chan error, n int) (time.Duration, error) {
	begun := time.Now()
	answer, err := server.ask(ctx, operation.Operation{Query: operation.Update, Signed: true, Variables: operation.Variables{
		"id": strconv.Itoa(followed), "price": fmt.Sprintf("%d.00", 1000+n),
	}}, s.access)
	if err != nil {
		return 0, err
	}
	if payload, _ := answer["productUpdate"].(map[string]any); payload["product"] == nil {
		return 0, fmt.Errorf("not changed: %v", payload)
	}
	late := time.After(patience)
	for range subscribers {
		select {
		case err := <-heard:
			if err != nil {
				return 0, err
			}
		case <-late:
			return 0, fmt.Errorf("not all of %d subscribers heard of a change within %v", subscribers, patience)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return time.Since(begun), nil
}

// subscribe opens all WebSockets, until the context ends. Each time that one is told of the product, or has ended, heard tells.
func (s *server) subscribe(ctx context.Context) (heard <-chan error, err error) {
	hears := make(chan error, subscribers)
	failed := make(chan error, dialing)
	var opening sync.WaitGroup
	for first := range dialing {
		opening.Go(func() {
			for n := first; n < subscribers; n += dialing {
				if err := s.follow(ctx, hears); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	opening.Wait()
	select {
	case err := <-failed:
		return nil, err
	default:
		return hears, nil
	}
}

// follow opens one.
func (s *server) follow(ctx context.Context, hears chan<- error) error {
	socket, _, err := websocket.Dial(ctx, s.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return err
	}
	body, err := operation.Operation{Query: operation.Changed, Variables: operation.Variables{"ids": []string{strconv.Itoa(followed)}}}.Body()
	if err != nil {
		return err
	}
	for _, message := range []string{
		`{"type":"connection_init"}`,
		`{"id":"1","type":"subscribe","payload":` + string(body) + `}`,
		`{"type":"ping"}`, // which is answered once the subscription has begun
	} {
		if err := socket.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			return err
		}
	}
	for _, kind := range []string{"connection_ack", "pong"} {
		if _, text, err := socket.Read(ctx); err != nil || !strings.Contains(string(text), kind) {
			return fmt.Errorf("a WebSocket has %q (%w), not %s", text, err, kind)
		}
	}
	go hear(ctx, socket, hears)
	return nil
}

// hear reads from a WebSocket until the context ends.
func hear(ctx context.Context, socket *websocket.Conn, hears chan<- error) {
	for {
		_, text, err := socket.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			hears <- fmt.Errorf("a WebSocket has ended: %w", err)
			return
		case strings.Contains(string(text), `"ping"`):
			_ = socket.Write(ctx, websocket.MessageText, []byte(`{"type":"pong"}`)) // Read tells if there is nobody
		case strings.Contains(string(text), `"next"`):
			hears <- nil
		default:
			hears <- fmt.Errorf("a WebSocket has %q", text)
			return
		}
	}
}

// audiencesMarkdown is the table of the medians.
func (m *measured) audiencesMarkdown() string {
	var b strings.Builder
	b.WriteString("| | | CPU, ms a second | until the last is told, ms | resident without them, MiB | with them, MiB |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|\n")
	for _, r := range m.audiences.rows {
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.0f | %.0f | %.0f |\n", r.name, r.server,
			r.median(func(a audience) float64 { return a.cpu }), r.median(func(a audience) float64 { return a.told }),
			r.median(func(a audience) float64 { return a.before }), r.median(func(a audience) float64 { return a.resident }))
	}
	return b.String()
}
