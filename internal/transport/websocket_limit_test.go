package transport_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
)

const tooMany = `{"type":"error","id":"one more","payload":[{"message":"At most 100 operations may run at a time in one WebSocket.","extensions":{"code":"OPERATION_LIMIT_EXCEEDED","limit":{"name":"operations","max":100}}}]}`

// A socket has room for a hundred operations. One more is refused, and the others go on.
func TestOperationsOfASocket(t *testing.T) {
	s := stageFor(t, nil)
	c, other := s.join(), s.join()
	for i := range 100 {
		c.subscribe(fmt.Sprint(i), "hanging on")
	}
	for range 2 {
		c.subscribe("one more", "query")
		c.hears(tooMany)
	}
	other.answers("one more")
	s.eventually("a hundred run", func() bool { return s.running == 100 })

	// There is room again as soon as one is ended, by the client or by itself.
	for range 50 {
		c.say(`{"type":"complete","id":"7"}`)
		c.subscribe("7", "hanging on")
	}
	c.say(`{"type":"complete","id":"7"}`)
	for range 50 {
		c.answers("7")
	}
	c.subscribe("7", "hanging on")
	c.subscribe("one more", "query")
	c.hears(tooMany)
}

// Operations that are ended no sooner than they are begun run on for a moment. However fast a client goes about that,
// there are never many.
func TestOperationsThatAreEndedStillCount(t *testing.T) {
	release := make(chan struct{})
	s := stageFor(t, map[string]part{"stubborn": once(ast.Query, func(context.Context) *graphql.Response {
		<-release
		return told(`{}`)
	})})
	begun := func() (n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.heard)
	}
	c := s.join()
	go func() {
		for range 1000 {
			for _, text := range []string{`{"type":"subscribe","id":"one more","payload":{"query":"stubborn"}}`, `{"type":"complete","id":"one more"}`} {
				_ = c.conn.Write(t.Context(), websocket.MessageText, []byte(text))
			}
		}
	}()
	c.hears(tooMany)
	if n := begun(); n > 200 {
		t.Errorf("%d were begun", n)
	}
	for range 1000 - 201 {
		c.hears(tooMany)
	}
	if n := begun(); n > 200 {
		t.Errorf("%d were begun", n)
	}
	close(release)
	eventually(t, "there is room again", func() bool {
		c.subscribe("room", "query")
		text, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		return strings.HasPrefix(text, `{"type":"next"`)
	})
	c.hears(`{"type":"complete","id":"room"}`)
}
