package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/transport"
)

// answered expects what comes of a query that is answered, so that the socket is known to work.
func (c *talker) answers(id string) {
	c.t.Helper()
	c.subscribe(id, "query")
	c.hears(`{"type":"next","id":"` + id + `","payload":{"data":{"ok":true}}}`)
	c.hears(`{"type":"complete","id":"` + id + `"}`)
}

func TestOperationsOverSockets(t *testing.T) {
	events := make(chan any, 3)
	s := stageFor(t, map[string]part{"events": following(events)})
	c := s.join()

	c.answers("1")
	c.subscribe("1", "mutation") // an id is free after its end
	c.hears(`{"type":"next","id":"1","payload":{"data":{"done":true}}}`)
	c.hears(`{"type":"complete","id":"1"}`)

	// Errors of fields are part of an answer; those of the request are the end.
	c.subscribe("1", "failing")
	c.hears(`{"type":"next","id":"1","payload":{"data":null,"errors":[{"message":"no","path":["ok"]}]}}`)
	c.hears(`{"type":"complete","id":"1"}`)
	c.subscribe("1", "mistaken")
	c.hears(`{"type":"error","id":"1","payload":[{"message":"first","extensions":{"code":"X"}},{"message":"second"}]}`)
	c.answers("1")

	events <- `{"n":1}`
	events <- "{\n \"n\" : 2 }"
	events <- `{"n":"<3>"}`
	close(events)
	c.subscribe("1", "events")
	c.hears(`{"type":"next","id":"1","payload":{"data":{"n":1}}}`)
	c.hears(`{"type":"next","id":"1","payload":{"data":{"n":2}}}`)
	c.hears(`{"type":"next","id":"1","payload":{"data":{"n":"<3>"}}}`)
	c.hears(`{"type":"complete","id":"1"}`)
	c.answers("1")
}

func TestRequestsOverSocketsAreReadExactly(t *testing.T) {
	s := stageFor(t, nil)
	c := s.join()
	c.say(`{"id":"1","type":"subscribe","payload":{"query":"query","operationName":"A","variables":{"a":18.10,"b":[9007199254740993]},"extensions":{"e":1},"more":2}}`)
	c.hears(`{"type":"next","id":"1","payload":{"data":{"ok":true}}}`)
	c.hears(`{"type":"complete","id":"1"}`)
	want := &graphql.RawParams{
		Query: "query", OperationName: "A",
		Variables:  map[string]any{"a": json.Number("18.10"), "b": []any{json.Number("9007199254740993")}},
		Extensions: map[string]any{"e": json.Number("1")},
	}
	if !reflect.DeepEqual(s.heard[0], want) {
		t.Errorf("read as %#v", s.heard[0])
	}
}

// What runs at once does not wait for one another, and each keeps its order.
func TestOperationsRunAtOnce(t *testing.T) {
	const operations, rounds = 50, 20
	parts := map[string]part{}
	for i := range operations {
		events := make(chan any, rounds)
		for n := range rounds {
			events <- fmt.Sprintf(`{"n":%d}`, n)
		}
		close(events)
		parts[fmt.Sprint("events ", i)] = following(events)
	}
	s := stageFor(t, parts)
	c := s.join()
	c.subscribe("hanging", "hanging on")
	for i := range operations {
		c.subscribe(fmt.Sprint(i), fmt.Sprint("events ", i))
	}
	heard := map[string]int{}
	for range operations * (rounds + 1) {
		text, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Type, ID string
			Payload  struct{ Data struct{ N int } }
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		switch n := heard[m.ID]; {
		case n < rounds && (m.Type != "next" || m.Payload.Data.N != n), n >= rounds && m.Type != "complete":
			t.Fatalf("after %d events of %s: %s", n, m.ID, text)
		}
		heard[m.ID]++
	}
	c.answers("x")
}

// An operation that the client has ended says nothing more, whatever it was doing, and its id is free.
func TestClientsEndOperations(t *testing.T) {
	release := make(chan struct{})
	var over atomic.Bool
	s := stageFor(t, map[string]part{
		"stubborn": once(ast.Query, func(ctx context.Context) *graphql.Response {
			<-release // though it was ended
			over.Store(ctx.Err() != nil)
			return told(`{"old":true}`)
		}),
		"stubborn to fail": once(ast.Query, func(context.Context) *graphql.Response {
			<-release
			panic("secret")
		}),
	})
	c := s.join()
	for _, name := range []string{"hanging", "hanging on", "stubborn", "stubborn to fail"} {
		c.subscribe("1", name)
		s.eventually("it runs", func() bool { return s.running > 0 })
		c.say(`{"type":"complete","id":"1"}`)
		c.subscribe("1", "hanging on") // at once
		s.eventually("the one runs and not the other", func() bool { return s.running == 1 && s.heard[len(s.heard)-1].Query == "hanging on" })
		c.say(`{"type":"complete","id":"1"}`)
		s.quiet()
	}
	c.subscribe("1", "hanging on")
	close(release)
	eventually(t, "the old one has ended", over.Load)
	c.answers("2")
	c.say(`{"type":"complete","id":"1"}`)
	s.quiet()
	c.answers("1")
}

// Ending what is not there, or not any more, is nothing: the client's word and the server's may cross.
func TestClientsEndWhatIsNotThere(t *testing.T) {
	s := stageFor(t, nil)
	c := s.dial()
	c.say(`{"type":"complete","id":"1"}`)
	c.say(`{"type":"connection_init"}`)
	c.hears(`{"type":"connection_ack"}`)
	c.answers("1")
	c.say(`{"type":"complete","id":"1"}`)
	c.say(`{"type":"complete","id":"1","payload":{}}`)
	c.answers("1")
}

func TestIDsThatAreTaken(t *testing.T) {
	s := stageFor(t, nil)
	for id, reason := range map[string]string{
		"1":                     "Subscriber for 1 already exists",
		"é \" 😀":                "Subscriber for é \" 😀 already exists",
		strings.Repeat("é", 32): "Subscriber for " + strings.Repeat("é", 32) + " already exists",
		strings.Repeat("x", 65): "Subscriber already exists", // there is room for 123 bytes
		strings.Repeat("é", 99): "Subscriber already exists",
	} {
		c := s.join()
		c.subscribe(id, "hanging on")
		c.subscribe(id, "query")
		c.closedAtLast(4409, reason)
		s.quiet()
	}
	for _, p := range s.heard {
		if p.Query == "query" {
			t.Error("the second one was executed")
		}
	}
	// Ids are as they are written, and those of another socket are no matter.
	c, other := s.join(), s.join()
	c.subscribe("a", "hanging on")
	c.subscribe("A", "hanging on")
	c.subscribe("a ", "hanging on")
	other.answers("a")
}

// Whatever panics is an internal error of its operation, and ends nothing else.
func TestPanicsOverSockets(t *testing.T) {
	events := make(chan any, 2)
	events <- `{"n":1}`
	events <- func() { panic("secret") }
	s := stageFor(t, map[string]part{
		"panics when read":  {prepare: func() { panic("secret") }},
		"panics when begun": {begin: func(context.Context) graphql.ResponseHandler { panic("secret") }},
		"panics on the way": following(events),
		"abort":             once(ast.Mutation, func(context.Context) *graphql.Response { panic(fmt.Errorf("secret")) }),
	})
	c := s.join()
	c.subscribe("other", "hanging on")
	for _, name := range []string{"panics when read", "panics when begun", "panics on the way", "panicking", "abort"} {
		c.subscribe("1", name)
		if name == "panics on the way" {
			c.hears(`{"type":"next","id":"1","payload":{"data":{"n":1}}}`)
		}
		c.hears(`{"type":"error","id":"1","payload":[{"message":"internal","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	}
	c.answers("1")
	s.eventually("only the other one runs", func() bool { return s.running == 1 })
}

// Queries and mutations may take so long and no longer; subscriptions last.
func TestTimeLimitOverSockets(t *testing.T) {
	s := stageFor(t, map[string]part{
		"hanging mutation": hanging(ast.Mutation),
		"answering though": once(ast.Query, func(ctx context.Context) *graphql.Response {
			<-ctx.Done() // the limit is for what comes too late to be begun, not for what is being told
			return told(`{"ok":true}`)
		}),
	}, func(set *transport.Settings) { set.Timeout = soon })
	c := s.join()
	c.subscribe("lasting", "hanging on")
	for _, name := range []string{"hanging", "hanging mutation"} {
		c.subscribe("1", name)
		c.hears(`{"type":"error","id":"1","payload":[{"message":"too long","extensions":{"code":"OPERATION_LIMIT_EXCEEDED"}}]}`)
	}
	c.subscribe("1", "answering though")
	c.hears(`{"type":"next","id":"1","payload":{"data":{"ok":true}}}`)
	c.hears(`{"type":"complete","id":"1"}`)
	s.eventually("the lasting one runs", func() bool { return s.running == 1 })
}

// An answer that cannot be written as JSON is an internal error as well: half a message would end the socket.
func TestAnswersThatAreNoJSON(t *testing.T) {
	s := stageFor(t, map[string]part{"broken": once(ast.Query, func(context.Context) *graphql.Response { return told(`{"a":`) })})
	c := s.join()
	c.subscribe("1", "broken")
	c.hears(`{"type":"error","id":"1","payload":[{"message":"internal","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	c.answers("1")
}
