package transport_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/transport"
)

func TestEvents(t *testing.T) {
	for name, listen := range map[string]func(s *stage, query string) *listener{
		"POST": func(s *stage, query string) *listener { return s.listen(query) },
		"GET":  func(s *stage, query string) *listener { return s.listenByGET(query) },
	} {
		t.Run(name, func(t *testing.T) {
			events := make(chan any, 9)
			s := stageFor(t, map[string]part{"events": following(events)})

			l := listen(s, "query")
			for name, want := range map[string]string{
				"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no", "Vary": "Accept, Authorization",
			} {
				if got := l.response.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			l.hears(`{"data":{"ok":true}}`)
			l.completes()

			events <- `{"n":1}`
			l = listen(s, "events")
			l.hears(`{"data":{"n":1}}`)
			// What has line breaks in it is one line nonetheless, and what looks like an event is none.
			events <- "{\n\r\n\"n\" : \"two\\nlines\\r\\u2028\" , \r \"m\":[\n]\n}"
			l.hears(`{"data":{"n":"two\nlines\r\u2028","m":[]}}`)
			events <- `{"n":"\n\nevent: complete\ndata: \n\n"}`
			l.hears(`{"data":{"n":"\n\nevent: complete\ndata: \n\n"}}`)
			close(events)
			l.completes()

			// Errors are answers like any other: a status would tell a browser's EventSource nothing.
			l = listen(s, "failing")
			l.hears(`{"data":null,"errors":[{"message":"no","path":["ok"]}]}`)
			l.completes()
			l = listen(s, "mistaken")
			l.hears(`{"errors":[{"message":"first","extensions":{"code":"X"}},{"message":"second"}]}`)
			l.completes()
		})
	}
}

// The end has a data line: without one a browser would not tell it.
func TestEventsAreWrittenAsBrowsersReadThem(t *testing.T) {
	s := stageFor(t, nil)
	l := s.listen("query")
	text, err := io.ReadAll(l.in)
	if want := ":\n\nevent: next\ndata: {\"data\":{\"ok\":true}}\n\nevent: complete\ndata: \n\n"; err != nil || string(text) != want {
		t.Errorf("%q, %v; want %q", text, err, want)
	}
}

func TestMutationsAsEvents(t *testing.T) {
	s := stageFor(t, nil)
	l := s.listen("mutation")
	l.hears(`{"data":{"done":true}}`)
	l.completes()

	// Not by GET: a page of another site could send it, and whatever stands between repeat it.
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.http.URL+"?query=mutation", nil)
	r.Header.Set("Accept", "text/event-stream")
	response, err := s.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "POST" ||
		response.Header.Get("Content-Type") != "application/json; charset=utf-8" || !strings.Contains(string(text), "BAD_USER_INPUT") {
		t.Errorf("status %d, %v: %s", response.StatusCode, response.Header, text)
	}
	if s.running != 0 {
		t.Error("it was executed")
	}
}

// What is no request at all is no stream either.
func TestRequestsForEventsThatAreNone(t *testing.T) {
	s := stageFor(t, nil)
	for body, status := range map[string]int{`{`: 400, `{"query":""}`: 400, strings.Repeat("x", 1001): 413} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.http.URL, strings.NewReader(body))
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set("Content-Type", plain)
		response, err := s.http.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != status || response.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%.20s: status %d, %v", body, response.StatusCode, response.Header)
		}
	}
}

func TestPanicsInEvents(t *testing.T) {
	events := make(chan any, 2)
	events <- `{"n":1}`
	events <- func() { panic("secret") }
	s := stageFor(t, map[string]part{
		"panics when read":  {prepare: func() { panic("secret") }},
		"panics when begun": {begin: func(context.Context) graphql.ResponseHandler { panic("secret") }},
		"panics on the way": following(events),
	})
	for _, name := range []string{"panics when read", "panics when begun", "panics on the way", "panicking"} {
		l := s.listen(name)
		if name == "panics on the way" {
			l.hears(`{"data":{"n":1}}`)
		}
		l.hears(`{"errors":[{"message":"internal","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
		l.completes()
	}
}

// Nothing is executed any more for a client that is gone.
func TestClientsThatLeave(t *testing.T) {
	s := stageFor(t, nil)
	for _, name := range []string{"hanging", "hanging on"} {
		for _, listen := range []func(string, ...string) *listener{s.listen, s.listenByGET} {
			l := listen(name)
			s.eventually("it runs", func() bool { return s.running == 1 })
			l.leave()
			s.quiet()
		}
	}
}

// A great many events come in their order, whoever else listens.
func TestEventsComeInOrder(t *testing.T) {
	const rounds = 500
	parts := map[string]part{}
	for i := range 4 {
		events := make(chan any, rounds)
		for n := range rounds {
			events <- fmt.Sprintf(`{"n":%d}`, n)
		}
		close(events)
		parts[fmt.Sprint("events ", i)] = following(events)
	}
	s := stageFor(t, parts, pace(func(p *transport.Pace) { p.KeepAlive = time.Millisecond }))
	var listeners []*listener
	for i := range 4 {
		listeners = append(listeners, s.listen(fmt.Sprint("events ", i)))
	}
	for n := range rounds {
		for _, l := range listeners {
			l.hears(fmt.Sprintf(`{"data":{"n":%d}}`, n))
		}
	}
	for _, l := range listeners {
		l.completes()
	}
}

// Queries and mutations may take so long and no longer; subscriptions last.
func TestTimeLimitOfEvents(t *testing.T) {
	s := stageFor(t, map[string]part{
		"hanging mutation": hanging(ast.Mutation),
		"answering though": once(ast.Query, func(ctx context.Context) *graphql.Response {
			<-ctx.Done()
			return told(`{"ok":true}`)
		}),
	}, func(set *transport.Settings) { set.Timeout = soon })
	lasting := s.listen("hanging on")
	for _, name := range []string{"hanging", "hanging mutation"} {
		l := s.listen(name)
		l.hears(`{"errors":[{"message":"too long","extensions":{"code":"OPERATION_LIMIT_EXCEEDED"}}]}`)
		l.completes()
	}
	l := s.listen("answering though")
	l.hears(`{"data":{"ok":true}}`)
	l.completes()
	s.eventually("the lasting one runs", func() bool { return s.running == 1 })
	lasting.leave()
}

// An answer that cannot be written as JSON is an internal error.
func TestEventsThatAreNoJSON(t *testing.T) {
	s := stageFor(t, map[string]part{"broken": once(ast.Query, func(context.Context) *graphql.Response { return told(`{"a":`) })})
	l := s.listen("broken")
	l.hears(`{"errors":[{"message":"internal","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	l.completes()
}

// A stream that the server ends because it stops is not complete, and ends in good order all the same, however long it
// had nothing to tell: its client comes again.
func TestStopEndsEvents(t *testing.T) {
	events := make(chan any, 1)
	s := stageFor(t, map[string]part{"events": following(events)}, pace(func(p *transport.Pace) { p.Write = 50 * soon }))
	events <- `{"n":1}`
	l, waiting, query := s.listen("events"), s.listenByGET("hanging on"), s.listen("hanging")
	l.hears(`{"data":{"n":1}}`)
	s.eventually("they run", func() bool { return s.running == 3 })
	time.Sleep(60 * soon) // for what was written last to be longer ago than a client may take for it
	s.api.Stop()
	l.ends()
	waiting.ends()
	query.ends()
	s.quiet()

	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.http.URL+"?query=query", nil)
	r.Header.Set("Accept", "text/event-stream")
	response, err := s.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("another one: status %d", response.StatusCode)
	}
	// What is answered at once is not concerned.
	response, err = s.http.Client().Post(s.http.URL, plain, strings.NewReader(`{"query":"query"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("a request: status %d", response.StatusCode)
	}
}
