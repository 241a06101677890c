//go:build faults

package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// rolls is how often all instances are started anew, one after the other.
const rolls = 3

// TestRollingRestart starts both instances behind HAProxy anew, over and over, while clients keep their connections and try
// nothing twice: none of their requests may fail. Those with a WebSocket open another, and are told of what happens then.
func TestRollingRestart(t *testing.T) {
	instances := rolling(t)
	balancer := startHAProxy(t, instances)
	roll(t, balancer.url, func(n int, i *instance) {
		up := fmt.Sprintf("gatehouse-%c is UP", 'a'+n)
		before := balancer.logged(up)
		i.stop(t)
		i.start(t)
		balancer.awaitLog(t, up, before)
	}, instances)
}

// rolling is two instances that give a load balancer time to notice.
func rolling(t *testing.T) []*instance {
	t.Helper()
	return newInstances(t, newCluster(t, "").url(), 2, "GATEHOUSE_DRAIN_DELAY=2s", "GATEHOUSE_REQUEST_TIMEOUT=10s")
}

// roll starts the instances anew under load that comes through a proxy.
func roll(t *testing.T, url string, again func(n int, i *instance), instances []*instance) {
	t.Helper()
	l := put(t, []*instance{{name: "the proxy", url: url}})
	w := watch(t, url)
	defer w.end()
	l.tally.reset()
	for range rolls {
		for n, i := range instances {
			again(n, i)
			w.awaitEvents(t)
		}
	}
	l.end()
	w.end()
	fmt.Printf("\n%d rolling restarts of %d instances:\n%s    the subscriber was told of %d changes, over %d WebSockets\n",
		rolls, len(instances), l.tally, w.events.Load(), w.sockets.Load())
	if failed := l.tally.failed(); failed > 0 {
		t.Errorf("%d requests failed", failed)
	}
	if n := w.sockets.Load(); n < rolls {
		t.Errorf("the subscriber had %d WebSockets: it was never cut off; that is no test", n)
	}
	l.check(t)
}

// watcher is somebody who subscribes to changes, and comes again when the WebSocket is closed.
type watcher struct {
	events, sockets atomic.Int64
	end             func()
}

func watch(t *testing.T, url string) *watcher {
	t.Helper()
	w := &watcher{}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	w.end = func() {
		stop()
		<-done
	}
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			err := w.subscribe(ctx, url)
			if code := websocket.CloseStatus(err); ctx.Err() == nil && code != websocket.StatusGoingAway && code != websocket.StatusServiceRestart {
				t.Errorf("a WebSocket ended with %v, want that it is told to come again", err)
			}
		}
	}()
	w.awaitEvents(t)
	return w
}

// subscribe reads changes (https://github.com/graphql/graphql-over-http, graphql-transport-ws) until the WebSocket ends.
func (w *watcher) subscribe(ctx context.Context, url string) error {
	socket, response, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return err
	}
	if response.Body != nil {
		defer response.Body.Close()
	}
	defer func() { _ = socket.CloseNow() }() // or it is closed
	w.sockets.Add(1)
	say := func(message string) error { return socket.Write(ctx, websocket.MessageText, []byte(message)) }
	if err := errors.Join(say(`{"type": "connection_init"}`),
		say(`{"id": "1", "type": "subscribe", "payload": {"query": "subscription { productChanged { __typename } }"}}`)); err != nil {
		return err
	}
	for {
		_, text, err := socket.Read(ctx)
		if err != nil {
			return err
		}
		var message struct{ Type string }
		if err := json.Unmarshal(text, &message); err != nil {
			return err
		}
		switch message.Type {
		case "next":
			w.events.Add(1)
		case "ping":
			err = say(`{"type": "pong"}`)
		case "connection_ack":
		default:
			err = fmt.Errorf("a message %s", text)
		}
		if err != nil {
			return err
		}
	}
}

// awaitEvents waits for further ones.
func (w *watcher) awaitEvents(t *testing.T) {
	t.Helper()
	before := w.events.Load()
	until(t, 30*time.Second, "the subscriber is told of more", func() bool { return w.events.Load() > before })
}
