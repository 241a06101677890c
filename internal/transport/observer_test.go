package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/requestid"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// notes are an Observer that writes down what it is told.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) add(ctx context.Context, what string, x *transport.Exchange) {
	n.mu.Lock()
	defer n.mu.Unlock()
	line := fmt.Sprintf("%s %s %s %s events=%d status=%d %s %q", what, x.Over, x.Method, x.Operation, x.Events, x.Status, x.Outcome(), x.Codes)
	if requestid.FromContext(ctx) != "observed" {
		line += " in another context"
	}
	if what != "ended" && x.Took != 0 || x.Took < 0 {
		line += " that took " + x.Took.String()
	}
	n.lines = append(n.lines, line)
}

func (n *notes) Asked(ctx context.Context, x *transport.Exchange, header http.Header) context.Context {
	ctx = requestid.NewContext(ctx, "observed")
	n.add(ctx, "asked "+header.Get("X-Test"), x)
	return ctx
}
func (n *notes) Begun(ctx context.Context, x *transport.Exchange) { n.add(ctx, "begun", x) }
func (n *notes) Ended(ctx context.Context, x *transport.Exchange) { n.add(ctx, "ended", x) }

// told waits for what is said of a request, and forgets it.
func (n *notes) told(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d notes", len(want)), func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		return len(n.lines) >= len(want)
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	if diff := cmp.Diff(want, n.lines); diff != "" {
		t.Error(diff)
	}
	n.lines = nil
}

func observed(n *notes) func(*transport.Settings) {
	return func(s *transport.Settings) { s.Observer = n }
}

func TestRequestsAreObserved(t *testing.T) {
	n := &notes{}
	s := stageFor(t, map[string]part{
		"failing with codes": once(ast.Query, failingWith("NOT_FOUND", "FORBIDDEN")),
		"internal":           once(ast.Query, failingWith(string(fault.Internal))),
	}, observed(n), func(s *transport.Settings) { s.Timeout = time.Minute })
	for _, tt := range []struct{ method, path, accept, contentType, body, asked, ended string }{
		{"POST", "/", "", "application/json", `{"query":"query"}`, "http POST", `http POST query events=0 status=200 ok []`},
		{"POST", "/", "", "application/json", `{"query":"mutation"}`, "http POST", `http POST mutation events=0 status=200 ok []`},
		{"GET", "/?query=query", "", "", ``, "http GET", `http GET query events=0 status=200 ok []`},
		{"GET", "/?query=mutation", "", "", ``, "http GET", `http GET mutation events=0 status=405 BAD_USER_INPUT ["BAD_USER_INPUT"]`},
		{"PUT", "/", "", "application/json", `{}`, "http PUT", `http PUT  events=0 status=405 BAD_USER_INPUT ["BAD_USER_INPUT"]`},
		{"POST", "/", "", "text/plain", `{"query":"query"}`, "http POST", `http POST  events=0 status=415 BAD_USER_INPUT ["BAD_USER_INPUT"]`},
		{"POST", "/", "", "application/json", `{`, "http POST", `http POST  events=0 status=400 BAD_USER_INPUT ["BAD_USER_INPUT"]`},
		{"POST", "/", "image/png", "application/json", `{"query":"query"}`, "http POST", `http POST  events=0 status=406 BAD_USER_INPUT ["BAD_USER_INPUT"]`},
		{"POST", "/", "", "application/json", `{"query":"mistaken"}`, "http POST", `http POST query events=0 status=200 X ["X" ""]`},
		{"POST", "/", "", "application/json", `{"query":"failing with codes"}`, "http POST", `http POST query events=0 status=200 NOT_FOUND ["NOT_FOUND" "FORBIDDEN"]`},
		{"POST", "/", "", "application/json", `{"query":"internal"}`, "http POST", `http POST query events=0 status=200 INTERNAL_SERVER_ERROR ["INTERNAL_SERVER_ERROR"]`},
		{"POST", "/", "", "application/json", `{"query":"panicking"}`, "http POST", `http POST query events=0 status=500 INTERNAL_SERVER_ERROR ["INTERNAL_SERVER_ERROR"]`},
		{"POST", "/", "text/event-stream", "application/json", `{"query":"query"}`, "sse POST", `sse POST query events=0 status=200 ok []`},
		{"POST", "/", "text/event-stream", "application/json", `{"query":"mistaken"}`, "sse POST", `sse POST query events=0 status=200 X ["X" ""]`},
		{"POST", "/", "text/event-stream", "application/json", `{`, "sse POST", `sse POST  events=0 status=400 BAD_USER_INPUT ["BAD_USER_INPUT"]`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, s.http.URL+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Test", "test")
		if tt.accept != "" {
			r.Header.Set("Accept", tt.accept)
		}
		if tt.contentType != "" {
			r.Header.Set("Content-Type", tt.contentType)
		}
		response, err := s.http.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body) // to the end, or it might be seen that the client goes
		response.Body.Close()
		n.told(t, "asked test "+tt.asked+"  events=0 status=0 ok []", "ended "+tt.ended)
	}
}

// A client that goes away is no failure of the server's, though nobody is told the answer.
func TestClientsThatGoAwayAreObserved(t *testing.T) {
	n := &notes{}
	s := stageFor(t, nil, observed(n))
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.http.URL, strings.NewReader(`{"query":"hanging"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	left := make(chan error)
	go func() {
		_, err := s.http.Client().Do(r)
		left <- err
	}()
	s.eventually("it runs", func() bool { return s.running == 1 })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	n.told(t, "asked  http POST  events=0 status=0 ok []", "ended http POST query events=0 status=200 canceled []")
}

// One that takes too long is one, though its context is over, too.
func TestRequestsThatTakeTooLongAreObserved(t *testing.T) {
	n := &notes{}
	s := stageFor(t, nil, observed(n), func(s *transport.Settings) { s.Timeout = soon })
	response, err := s.http.Client().Post(s.http.URL, "application/json", strings.NewReader(`{"query":"hanging"}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	n.told(t, "asked  http POST  events=0 status=0 ok []",
		`ended http POST query events=0 status=200 OPERATION_LIMIT_EXCEEDED ["OPERATION_LIMIT_EXCEEDED"]`)
}

func TestStreamsAreObserved(t *testing.T) {
	n := &notes{}
	events := make(chan any)
	s := stageFor(t, map[string]part{"events": following(events)}, observed(n))
	l := s.listen("events")
	n.told(t, "asked  sse POST  events=0 status=0 ok []", "begun sse POST subscription events=0 status=200 ok []")
	wantFigures(t, s, transport.Figures{Streams: 1})
	for range 3 {
		events <- `{"n":1}`
		l.hears(`{"data":{"n":1}}`)
	}
	wantFigures(t, s, transport.Figures{Streams: 1, Events: 3})
	l.leave()
	n.told(t, "ended sse POST subscription events=3 status=200 ok []")
	wantFigures(t, s, transport.Figures{Events: 3})

	l = s.listen("events")
	events <- fault.New(fault.LimitExceeded, "Too slow.")
	l.hears(`{"errors":[{"message":"Too slow.","extensions":{"code":"OPERATION_LIMIT_EXCEEDED"}}]}`)
	l.completes()
	n.told(t, "asked  sse POST  events=0 status=0 ok []", "begun sse POST subscription events=0 status=200 ok []",
		`ended sse POST subscription events=0 status=200 OPERATION_LIMIT_EXCEEDED ["OPERATION_LIMIT_EXCEEDED"]`)
	wantFigures(t, s, transport.Figures{Events: 3, Dropped: 1})
}

// Each operation of a WebSocket is a request.
func TestSocketsAreObserved(t *testing.T) {
	n := &notes{}
	events := make(chan any)
	s := stageFor(t, map[string]part{"events": following(events)}, observed(n))
	c := s.join("X-Test", "opened")
	wantFigures(t, s, transport.Figures{Sockets: 1})
	c.subscribe("1", "events")
	n.told(t, "asked opened websocket   events=0 status=0 ok []", "begun websocket  subscription events=0 status=0 ok []")
	events <- `{"n":1}`
	c.hears(`{"id":"1","type":"next","payload":{"data":{"n":1}}}`)
	wantFigures(t, s, transport.Figures{Sockets: 1, Streams: 1, Events: 1})
	c.subscribe("2", "mistaken")
	if _, err := c.read(); err != nil {
		t.Fatal(err)
	}
	n.told(t, "asked opened websocket   events=0 status=0 ok []", `ended websocket  query events=0 status=0 X ["X" ""]`)
	c.subscribe("3", "query")
	c.hears(`{"id":"3","type":"next","payload":{"data":{"ok":true}}}`)
	c.hears(`{"id":"3","type":"complete"}`)
	n.told(t, "asked opened websocket   events=0 status=0 ok []", "ended websocket  query events=0 status=0 ok []")
	c.subscribe("4", "hanging")
	s.eventually("it runs", func() bool { return s.running == 2 })
	c.say(`{"type":"complete","id":"4"}`)
	n.told(t, "asked opened websocket   events=0 status=0 ok []", "ended websocket  query events=0 status=0 canceled []")
	c.say(`{"type":"complete","id":"1"}`)
	n.told(t, "ended websocket  subscription events=1 status=0 ok []")
	wantFigures(t, s, transport.Figures{Sockets: 1, Events: 1})

	c.subscribe("5", "events")
	events <- fault.New(fault.LimitExceeded, "Too slow.")
	c.closedAs(1013)
	n.told(t, "asked opened websocket   events=0 status=0 ok []", "begun websocket  subscription events=0 status=0 ok []",
		`ended websocket  subscription events=0 status=0 OPERATION_LIMIT_EXCEEDED ["OPERATION_LIMIT_EXCEEDED"]`)
	wantFigures(t, s, transport.Figures{Events: 1, Dropped: 1})

	if _, _, err := s.tryToDial("Origin", "https://elsewhere.example", "X-Test", "opened"); err == nil {
		t.Fatal("a page of any origin may open a WebSocket")
	}
	n.told(t, "asked opened websocket GET  events=0 status=0 ok []", `ended websocket GET  events=0 status=403 BAD_USER_INPUT ["BAD_USER_INPUT"]`)
}

// A client that takes nothing of what is written to it is counted once, whatever waits to be written.
func TestClientsThatDoNotReadAreCounted(t *testing.T) {
	for name, open := range map[string]func(s *stage){
		"events": func(s *stage) {
			s.listenRaw("POST / HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"query\":\"flood\"}\n")
		},
		"websocket": func(s *stage) {
			c := s.join()
			c.subscribe("1", "flood")
			c.subscribe("2", "flood")
			go func() { // whose answers wait, too
				for c.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"ping"}`)) == nil {
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := stageFor(t, map[string]part{"flood": flooding()}, pace(func(p *transport.Pace) { p.Write = 5 * soon }))
			open(s)
			eventually(t, "it is dropped", func() bool { return s.api.Figures().Dropped == 1 })
			s.quiet()
			if dropped := s.api.Figures().Dropped; dropped != 1 {
				t.Errorf("%d clients were dropped", dropped)
			}
		})
	}
}

func wantFigures(t *testing.T, s *stage, want transport.Figures) {
	t.Helper()
	eventually(t, fmt.Sprintf("figures of %+v", want), func() bool { return s.api.Figures() == want })
}

// failingWith is an answer whose errors have those codes.
func failingWith(codes ...string) func(context.Context) *graphql.Response {
	return func(context.Context) *graphql.Response {
		response := told(`null`)
		for _, code := range codes {
			response.Errors = append(response.Errors, &gqlerror.Error{Message: "no", Extensions: map[string]any{"code": code}})
		}
		return response
	}
}

// flooding is a subscription that tells without end.
func flooding() part {
	event := `{"a":"` + strings.Repeat("x", 16<<10) + `"}`
	return part{kind: ast.Subscription, begin: func(context.Context) graphql.ResponseHandler {
		return func(ctx context.Context) *graphql.Response {
			if ctx.Err() != nil {
				return nil
			}
			return told(event)
		}
	}}
}

// A panic that nothing here recovers from is an internal error as any other.
func TestPanicsAreObserved(t *testing.T) {
	n := &notes{}
	api := serving(broken{}, observed(n))
	func() {
		defer func() { _ = recover() }()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"query":"x"}`))
		r.Header.Set("Content-Type", "application/json")
		api.ServeHTTP(httptest.NewRecorder(), r)
		t.Error("it did not panic")
	}()
	n.told(t, "asked  http POST  events=0 status=0 ok []", `ended http POST  events=0 status=0 INTERNAL_SERVER_ERROR ["INTERNAL_SERVER_ERROR"]`)
}

// broken cannot even say what is wrong.
type broken struct{ echo }

func (broken) CreateOperationContext(context.Context, *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	return &graphql.OperationContext{}, gqlerror.List{{Message: "no"}}
}

func (broken) DispatchError(context.Context, gqlerror.List) *graphql.Response { panic("broken") }
