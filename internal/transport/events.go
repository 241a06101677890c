package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
)

// serveEvents answers a request with server-sent events, one connection for each operation: "distinct connections mode"
// of https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. Each answer is an event `next`, and the last is
// followed by `complete`. A stream that is ended because the server stops has no `complete`: its client comes again.
// Not even the header comes before the operation has begun: who has it and then reads what there is misses no event.
func (g *GraphQL) serveEvents(ctx context.Context, w http.ResponseWriter, method string, x *Exchange, params *graphql.RawParams) {
	ctx, cancel := context.WithCancel(refreshcookie.WithoutAnswer(ctx))
	defer cancel()
	ctx, op, not := g.start(ctx, x, params)
	if not == nil && method == http.MethodGet && op.Operation.Operation == ast.Mutation {
		g.refuse(w, x, mediaEvents, mutationByGET)
		return
	}
	end, refused := g.begin()
	if refused != nil {
		g.refuse(w, x, mediaEvents, refused)
		return
	}
	defer end()
	defer context.AfterFunc(g.stopping, cancel)() //nolint:contextcheck // it ends with the server, too
	e := g.openEvents(w, x)
	defer e.close()
	if not != nil {
		e.last(not.response)
		return
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	if op.Operation.Operation == ast.Subscription {
		beside.Go(g.caught(ctx, cancel, func() {
			g.watch(ctx, func(refused *fault.Error) {
				e.last(g.present(ctx, refused))
				cancel()
			})
		}))
	}
	g.tellAll(ctx, e, op, func() {
		g.hasBegun(ctx, x)
		e.signal()
		beside.Go(g.caught(ctx, cancel, func() { e.keepAlive(ctx) }))
	})
}

// tellAll executes an operation, and tells its answers as events.
func (g *GraphQL) tellAll(ctx context.Context, e *events, op *graphql.OperationContext, begun func()) {
	ctx, cancel := g.limited(ctx, op)
	defer cancel()
	told := false
	for answer := range g.run(ctx, op, begun) {
		if answer.outcome == outcomeEnded {
			g.figures.lagged(answer.response)
			e.last(answer.response)
			return
		}
		text, err := json.Marshal(answer.response)
		if err != nil {
			e.last(g.present(ctx, unwritable(err)))
			return
		}
		if err := e.write(event("next", string(text)), false); err != nil { // the client is gone, or does not read
			if errors.Is(err, os.ErrDeadlineExceeded) {
				g.figures.dropped.Add(1)
			}
			return
		}
		e.note(func(x *Exchange) { g.told(x, answer.response) })
		told = true
	}
	switch timeUp := errors.Is(ctx.Err(), context.DeadlineExceeded); {
	case timeUp && !told:
		e.last(g.present(ctx, ctx.Err()))
	case timeUp, ctx.Err() == nil:
		e.complete()
	}
}

// events writes server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Its methods may be
// called by different goroutines.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time
	pace    Pace
	x       *Exchange

	mu   sync.Mutex
	over bool // nothing more is to be written
}

func (g *GraphQL) openEvents(w http.ResponseWriter, x *Exchange) *events {
	x.Status = http.StatusOK
	e := &events{w: w, x: x, control: http.NewResponseController(w), now: g.Now, pace: g.Pace}
	header := w.Header()
	header.Set("Content-Type", mediaEvents+"; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	header.Set("X-Content-Type-Options", "nosniff")
	_ = e.control.SetReadDeadline(time.Time{}) // or the server would take the client for gone when its time to ask is up
	return e
}

// event is one event as it is written. Each has a data line, even if there is no data, or browsers would not tell it.
func event(name, data string) string { return "event: " + name + "\ndata: " + data + "\n\n" }

// signal writes a comment, which tells the client nothing but that it is heard.
func (e *events) signal() { _ = e.write(":\n\n", false) }

// complete writes the event that says that there are no more.
func (e *events) complete() { _ = e.write(event("complete", ""), true) }

// last tells an answer that is followed by no other, and holds nothing but errors.
func (e *events) last(why response) {
	e.note(func(x *Exchange) { x.told(why) })
	text, _ := json.Marshal(why) // errors can always be written
	_ = e.write(event("next", string(text))+event("complete", ""), true)
}

// note notes what is told, unless the last was written.
func (e *events) note(told func(x *Exchange)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over {
		told(e.x)
	}
}

// keepAlive gives signals, so that nothing on the way takes the connection for dead, and its end is noticed.
func (e *events) keepAlive(ctx context.Context) {
	ticker := time.NewTicker(e.pace.KeepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.signal()
		}
	}
}

// close gives the client time to take the end of the answer, which the server writes once nothing else is written.
func (e *events) close() { _ = e.control.SetWriteDeadline(e.now().Add(e.pace.Write)) }

// write writes a text, unless the last was written. Its error says that the client is gone, or does not read.
func (e *events) write(text string, last bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return nil
	}
	e.over = last
	_ = e.control.SetWriteDeadline(e.now().Add(e.pace.Write))
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.control.Flush()
}
