package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// beginner is an executor whose operations take a while to begin, and say when they have.
type beginner struct {
	executor
	begin func(query string)
}

func (b *beginner) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	op, errs := b.executor.CreateOperationContext(ctx, params)
	op.RawQuery = params.Query
	return op, errs
}

func (b *beginner) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	b.begin(op.RawQuery)
	return b.executor.DispatchOperation(ctx, op)
}

// Whoever reads what there is once they are subscribed must miss nothing in between.
func TestEventsAreOpenedOnceTheOperationHasBegun(t *testing.T) {
	var begun atomic.Bool
	e := &beginner{executor: executor{kind: ast.Subscription}, begin: func(string) {
		time.Sleep(50 * time.Millisecond)
		begun.Store(true)
	}}
	server := httptest.NewServer(serving(e))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(`{"query":"subscription{x}"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", plain)
	r.Header.Set("Accept", "text/event-stream")
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if !begun.Load() {
		t.Error("the header came before the operation had begun")
	}
}

func TestOperationsOfASocketBeginInOrder(t *testing.T) {
	var mu sync.Mutex
	var begun []string
	e := &beginner{begin: func(query string) {
		if query == "1" {
			time.Sleep(50 * time.Millisecond)
		}
		mu.Lock()
		defer mu.Unlock()
		begun = append(begun, query)
	}}
	server := httptest.NewServer(serving(e))
	defer server.Close()
	conn := dial(t, server, `{"type":"connection_init"}`)
	for _, query := range []string{"1", "2", "3"} {
		say(t, conn, `{"type":"subscribe","id":"`+query+`","payload":{"query":"`+query+`"}}`)
	}
	for completed := 0; completed < 3; {
		if strings.Contains(hear(t, conn), `"complete"`) {
			completed++
		}
	}
	if got := strings.Join(begun, " "); got != "1 2 3" {
		t.Errorf("begun: %s", got)
	}
}

// dial opens a WebSocket and initiates it.
func dial(t *testing.T, server *httptest.Server, initiation string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	say(t, conn, initiation)
	if ack := hear(t, conn); ack != `{"type":"connection_ack"}` {
		t.Fatalf("initiated: %s", ack)
	}
	return conn
}

func say(t *testing.T, conn *websocket.Conn, message string) {
	t.Helper()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	_, message, err := conn.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(message)
}
