package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const followProducts = `subscription { productChanged { kind product { name } } }`

// follower hears of products, each as "KIND name".
type follower struct {
	name  string
	heard chan string // closed when the stream has ended
}

func (f *follower) hears(t *testing.T, want ...string) {
	t.Helper()
	for i, text := range want {
		select {
		case got, open := <-f.heard:
			if got != text || !open {
				t.Fatalf("%s hears %q as number %d, want %q", f.name, got, i, text)
			}
		case <-time.After(patience):
			t.Fatalf("%s does not hear %q", f.name, text)
		}
	}
}

// told is what an answer of followProducts says.
func told(answer []byte) string {
	var event struct {
		Data struct {
			ProductChanged struct {
				Kind    string
				Product struct{ Name string }
			}
		}
	}
	if err := json.Unmarshal(answer, &event); err != nil || event.Data.ProductChanged.Kind == "" {
		return string(answer)
	}
	return event.Data.ProductChanged.Kind + " " + event.Data.ProductChanged.Product.Name
}

// byEvents follows products by server-sent events.
func byEvents(t *testing.T, name, url string) *follower {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", bytes.NewReader(question(followProducts, nil)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
	response, err := (&http.Client{Transport: &http.Transport{}}).Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", response, err)
	}
	f := &follower{name: name, heard: make(chan string, 1000)}
	go func() {
		defer close(f.heard)
		defer response.Body.Close()
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found && data != "" {
				f.heard <- told([]byte(data))
			}
		}
	}()
	return f
}

// byWebSocket follows products over a WebSocket.
func byWebSocket(t *testing.T, name, url string) *follower {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	say := func(text string) {
		t.Helper()
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	await := func(kind string) {
		t.Helper()
		if _, text, err := conn.Read(t.Context()); err != nil || !strings.Contains(string(text), kind) {
			t.Fatalf("%s, %v; want %s", text, err, kind)
		}
	}
	say(`{"type":"connection_init"}`)
	await("connection_ack")
	say(fmt.Sprintf(`{"id":"1","type":"subscribe","payload":{"query":%q}}`, followProducts))
	say(`{"type":"ping"}`) // is read once the subscription has begun
	await("pong")
	f := &follower{name: name, heard: make(chan string, 1000)}
	go func() {
		defer close(f.heard)
		for {
			_, text, err := conn.Read(context.WithoutCancel(t.Context()))
			if err != nil {
				return
			}
			var message struct {
				Type    string
				Payload json.RawMessage
			}
			if json.Unmarshal(text, &message) == nil && message.Type == "next" {
				f.heard <- told(message.Payload)
			} else if message.Type != "ping" && message.Type != "pong" {
				f.heard <- string(text)
			}
		}
	}()
	return f
}

// What is written through one instance is told to who follows on the other, in order and once: also right after the
// connections were lost by which they hear of each other, and by commands.
func TestInstancesTellEachOther(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.run(t, "demo")
	f.start(t)
	access, _ := register(t, f.a.url, "seller")
	all := []*follower{
		byEvents(t, "A by events", f.a.url), byEvents(t, "B by events", f.b.url),
		byWebSocket(t, "A by WebSocket", f.a.url), byWebSocket(t, "B by WebSocket", f.b.url),
	}
	seller := &visitor{url: f.a.url, token: access}
	data, err := seller.ask(t.Context(), `{ category(by: {slug: "seafood"}) { id } }`, nil)
	shelf := must(t, data, err)("category.id")
	var expected []string
	create := func(turn int, name string) {
		t.Helper()
		seller.url = f.url(turn)
		data, err := seller.ask(t.Context(), createProduct, map[string]any{"name": name, "category": shelf})
		must(t, data, err)("productCreate.product.id")
		expected = append(expected, "CREATED "+name)
	}
	check := func() {
		t.Helper()
		for _, f := range all {
			f.hears(t, expected...)
		}
		expected = nil
	}
	for n := range 20 {
		create(n, fmt.Sprint("Product ", n))
	}
	check()

	// Some are written while nobody listens, others while they listen again.
	for round := range 3 {
		f.cut(t)
		for n := range 10 {
			create(n, fmt.Sprintf("Round %d, product %d", round, n))
		}
		check()
	}

	// Notifications that are none of ours change nothing.
	if _, err := f.admin.Exec(t.Context(), "SELECT pg_notify('gatehouse', 'garbage')"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(f.dir, "products.csv")
	var rows strings.Builder
	rows.WriteString("sku,name,price,category\n")
	for n := range 300 { // more than one notification has room for
		fmt.Fprintf(&rows, "S-%d,Import %d,1.00,seafood\n", n, n)
		expected = append(expected, fmt.Sprint("CREATED Import ", n))
	}
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	f.run(t, "import", file)
	check()
	create(1, "The last one")
	check()

	// Both end in good order, with their followers.
	for _, p := range []*program{f.a, f.b} {
		if err := p.terminate(); err != nil {
			t.Error(err)
		}
	}
}
