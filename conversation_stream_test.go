package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// stream is a subscription that a script follows, as server-sent events.
type stream struct {
	events chan streamEvent // closed when the stream has ended
	cancel context.CancelFunc
}

type streamEvent struct{ name, data string }

// listen begins a subscription, and returns once the server hears it.
func (c *conversation) listen(args []string) {
	o := newOptions()
	as := o.flags.String("as", "", "")
	if len(args) == 0 || o.flags.Parse(args[1:]) != nil || o.flags.NArg() == 0 {
		c.Fatalf("usage: listen NAME [-as TOKEN] [-H header] QUERY [name=value ...]")
	}
	if *as != "" {
		o.header.Set("Authorization", "Bearer "+c.variable(*as))
	}
	c.begin(args[0], o.header, c.fileOr(o.flags.Arg(0), "{"), c.variables(o.flags.Args()[1:]))
}

// begin does so.
func (c *conversation) begin(name string, header http.Header, query string, variables map[string]any) {
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "text/event-stream")
	ctx, cancel := context.WithCancel(c.tb.Context())
	c.Defer(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.program.url+"/graphql", bytes.NewReader(question(query, variables)))
	c.Check(err)
	request.Header = header
	response, err := (&http.Client{}).Do(request) // without a limit of time: ctx ends it
	c.Check(err)
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream; charset=utf-8" {
		c.Fatalf("the stream is answered with %s and %q", response.Status, got)
	}
	s := &stream{events: make(chan streamEvent, 1000), cancel: cancel}
	go func() {
		defer close(s.events)
		defer func() { _ = response.Body.Close() }()
		lines := bufio.NewScanner(response.Body)
		for next := (streamEvent{}); lines.Scan(); {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				next.name = value
			case "data":
				next.data = value
			case "":
				if next.name != "" {
					s.events <- next
				}
				next = streamEvent{}
			}
		}
	}()
	if c.streams == nil {
		c.streams = map[string]*stream{}
	}
	c.streams[name] = s
}

// event waits for the next event of a subscription, which is then the last answer: an answer; complete, for the event that
// says that there are no more; or cut, for a stream that has ended without it.
func (c *conversation) event(args []string) {
	if len(args) < 1 || len(args) > 2 || c.streams[args[0]] == nil {
		c.Fatalf("usage: event NAME [JSON | complete | cut]")
	}
	var got streamEvent
	select {
	case event, open := <-c.streams[args[0]].events:
		if got = event; !open {
			got.name = "cut"
		}
	case <-time.After(patience):
		c.Fatalf("there is no event")
	}
	if got.name != "next" {
		if len(args) != 2 || args[1] != got.name {
			c.Fatalf("the event is %s", got.name)
		}
		return
	}
	c.last = answer{status: http.StatusOK, body: []byte(got.data)}
	var err error
	c.reply, err = readJSON(c.last.body)
	c.Check(err)
	c.Check(checkForm(c.reply))
	_, _ = fmt.Fprintf(c.Stdout(), "%s", c.indented())
	if len(args) == 2 {
		c.checkReply(args[1:])
	}
}

// hangup ends a subscription from the client's side.
func (c *conversation) hangup(args []string) {
	if len(args) != 1 || c.streams[args[0]] == nil {
		c.Fatalf("usage: hangup NAME")
	}
	c.streams[args[0]].cancel()
}
