package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// A stream with nothing to tell says so, again and again.
func TestEventsKeepAlive(t *testing.T) {
	events := make(chan any)
	s := stageFor(t, map[string]part{"events": following(events)}, pace(func(p *transport.Pace) { p.KeepAlive = time.Millisecond }))
	l := s.listen("events")
	for range 50 {
		if line, err := l.in.ReadString('\n'); err != nil || line != ":\n" && line != "\n" {
			t.Fatalf("heard %q, %v", line, err)
		}
	}
	go func() { events <- `{"n":1}`; close(events) }()
	l.hears(`{"data":{"n":1}}`)
	l.completes()
}

// The times that a server gives a request and its answer are not for streams.
func TestServersTimesDoNotEndStreams(t *testing.T) {
	const short = 3 * soon
	events := make(chan any)
	s := stageOn(t, &http.Server{ReadTimeout: short, WriteTimeout: short, IdleTimeout: short}, map[string]part{"events": following(events)})
	streams := []*listener{s.listen("events"), s.listenByGET("events")}
	c := s.join()
	c.subscribe("1", "events")
	s.eventually("they run", func() bool { return s.running == 3 })
	for range 3 {
		time.Sleep(2 * short)
		for range 3 {
			events <- `{"n":1}` // heard by one of them
		}
	}
	close(events)
	heard := 0
	for _, l := range streams {
		for {
			name, _, err := l.event()
			if err != nil {
				t.Fatal(err)
			}
			if name == "complete" {
				break
			}
			heard++
		}
	}
	for {
		text, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "complete") {
			break
		}
		heard++
	}
	if heard != 9 {
		t.Errorf("heard %d events of 9", heard)
	}
}

// A stream ends with its token: the client is told why, and that there is no more.
func TestEventsWhoseTokenEnds(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Renew = soon }))
	ada, bob, nobody := s.listen("hanging on", "Authorization", "Bearer ada"), s.listen("hanging on", "Authorization", "Bearer bob"), s.listen("hanging on")
	s.eventually("they run", func() bool { return s.running == 3 })
	s.says("ada", errors.New("the database is gone")) // which ends nothing
	s.eventually("it is looked at", func() bool { return strings.Contains(s.log.String(), "the database is gone") })
	s.says("ada", errPanic)
	s.eventually("it is looked at", func() bool { return strings.Contains(s.log.String(), "panic: secret") })
	s.says("ada", token.NewError(token.Expired))
	ada.hears(`{"errors":[{"message":"Given token not valid for any token type","extensions":{"code":"UNAUTHENTICATED","reason":"TOKEN_EXPIRED"}}]}`)
	ada.completes()
	s.eventually("the others run", func() bool { return s.running == 2 })
	bob.leave()
	nobody.leave()
}

// A client that does not read is dropped, and its operation ended; nobody waits for it meanwhile.
func TestListenersThatDoNotRead(t *testing.T) {
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
	body := `{"query":"flood"}`
	deaf := s.listenRaw(fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	s.eventually("it runs", func() bool { return s.running == 1 })
	for range 3 {
		l := s.listen("query")
		l.hears(`{"data":{"ok":true}}`)
		l.completes()
	}
	s.quiet()
	if _, err := io.Copy(io.Discard, deaf); err != nil && !isReset(err) {
		t.Errorf("reading what was sent: %v", err)
	}
}

// What runs in a stream looks at the token as well, and may see something else at the same time: the watch tells of
// nothing but what it saw.
func TestTheWatchTellsWhatItSaw(t *testing.T) {
	type key struct{}
	looks := make(chan struct{}, 1000)
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Renew = 1 }))
	s.look = func(ctx context.Context, _ string) error {
		if ctx.Value(key{}) != nil {
			return token.NewError(token.Revoked)
		}
		select {
		case looks <- struct{}{}:
		default:
		}
		return nil
	}
	events := make(chan any)
	p := following(events)
	begin := p.begin
	p.begin = func(ctx context.Context) graphql.ResponseHandler {
		go func() {
			for ctx.Err() == nil {
				if _, err := auth.Renew(context.WithValue(ctx, key{}, true)); fault.CodeOf(err) != fault.Unauthenticated {
					t.Errorf("Renew: %v", err)
				}
			}
		}()
		return begin(ctx)
	}
	s.parts["events"] = p
	l := s.listen("events", "Authorization", "Bearer ada")
	for range 1000 {
		<-looks
	}
	close(events)
	l.completes()
}

// A request by GET may announce a body, which means nothing. One that never comes is waited for no longer than any other.
func TestBodiesOfGET(t *testing.T) {
	s := stageOn(t, &http.Server{ReadTimeout: 20 * soon}, nil)
	for body, want := range map[string]string{
		"Content-Length: 10\r\n\r\n":                                                 "HTTP/1.1 408 Request Timeout\r\n",
		"Content-Length: 10\r\n\r\n{":                                                "HTTP/1.1 408 Request Timeout\r\n",
		"Transfer-Encoding: chunked\r\n\r\n":                                         "HTTP/1.1 408 Request Timeout\r\n",
		"Content-Length: 1001\r\n\r\n" + strings.Repeat("x", 1001):                   "HTTP/1.1 413 Request Entity Too Large\r\n",
		"Content-Length: 10\r\nConnection: close\r\n\r\n" + `{"query":"`:             "HTTP/1.1 200 OK\r\n",
		"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\n{\r\n0\r\n\r\n": "HTTP/1.1 200 OK\r\n",
	} {
		conn := s.listenRaw("GET /?query=query HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n" + body)
		answer, err := io.ReadAll(conn)
		if err != nil && !isReset(err) {
			t.Errorf("%.40q: reading the answer: %v", body, err)
		}
		if !strings.HasPrefix(string(answer), want) {
			t.Errorf("%.40q: answered %q", body, answer)
		}
	}
}

// A stream and its watch may find out at the same time that the token serves no more. Its client hears that once, and
// nothing after the end.
func TestTheEndOfAStreamIsToldOnce(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Renew, p.KeepAlive = 1, 1 }))
	refused := auth.Unauthenticated(token.NewError(token.Expired))
	for range 100 {
		events := make(chan any, 1)
		s.mu.Lock()
		s.parts["events"] = following(events)
		s.tokens["ada"] = nil
		s.mu.Unlock()
		l := s.listen("events", "Authorization", "Bearer ada")
		go func() {
			events <- refused
			s.says("ada", token.NewError(token.Expired))
		}()
		l.hears(`{"errors":[{"message":"Given token not valid for any token type","extensions":{"code":"UNAUTHENTICATED","reason":"TOKEN_EXPIRED"}}]}`)
		l.completes()
	}
}
