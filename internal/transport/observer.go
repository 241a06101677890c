package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// Observer is told of requests, for those who run the server. It is called by many goroutines at once, and on the way of
// every request: it must not wait for anything. What it is told holds no variable, no document and nothing of an answer
// but codes.
type Observer interface {
	// Asked is told of a request that has come, of which no more is known than how. Its context is the request's from then
	// on. Header is that of the HTTP request by which it came, or by which its WebSocket was opened.
	Asked(ctx context.Context, x *Exchange, header http.Header) context.Context
	// Begun is told of a subscription that has begun, and lasts.
	Begun(ctx context.Context, x *Exchange)
	// Ended is told of a request to which there is no more to say. The context is the one of Asked, and may be over.
	Ended(ctx context.Context, x *Exchange)
}

// How a request comes.
const (
	OverHTTP      = "http"
	OverEvents    = "sse"
	OverWebSocket = "websocket"
)

// What becomes of a request, where it is not the code of an error.
const (
	OutcomeOK       = "ok"
	OutcomeCanceled = "canceled" // its client went away
)

// maxCodes is how many errors of one request are told of: a stream may last, and fail with every event.
const maxCodes = 100

// Exchange is a request, and what is known of its answers so far: one operation, or what would have been one. Whoever
// observes it may read it while it is being told of it, and must not change it.
type Exchange struct {
	Over   string // how it came
	Method string // of HTTP; empty in a WebSocket

	// What the document says of the operation; empty, or ok false, when the request was refused before that was known.
	Operation  ast.Operation
	Name       string // as its client calls it: a GraphQL name of any length, or empty
	Complexity int    // as the limit counts it

	Status int      // of HTTP; 0 in a WebSocket, and before the answer
	Codes  []string // of the errors that were told, in their order, and of no more than a hundred
	// Streaming says that it is a subscription that has begun, and Events how many answers it was told.
	Streaming bool
	Events    int
	Took      time.Duration // from its beginning to its end, once it has ended

	asked    time.Time
	canceled bool
	code     [1]string // what Codes is in as long as there is one, which is most often
}

// Outcome is what became of it: OutcomeOK, OutcomeCanceled, or the code of its first error. That its client goes away is
// how a subscription is meant to end.
func (x *Exchange) Outcome() string {
	switch {
	case x.canceled && x.Streaming:
		return OutcomeOK
	case x.canceled:
		return OutcomeCanceled
	case len(x.Codes) > 0:
		return x.Codes[0]
	}
	return OutcomeOK
}

// is notes what operation it is, as far as that is known.
func (x *Exchange) is(op *graphql.OperationContext) {
	if op == nil || op.Operation == nil {
		return
	}
	x.Operation, x.Name = op.Operation.Operation, op.Operation.Name
	if stats, ok := op.Stats.GetExtension(extension.ComplexityLimit{}.ExtensionName()).(*extension.ComplexityStats); ok {
		x.Complexity = stats.Complexity
	}
}

// told notes what was told, be it an answer or why there is none.
func (x *Exchange) told(r response) {
	if x.Codes == nil && len(r.Errors) > 0 {
		x.Codes = x.code[:0]
	}
	for _, err := range r.Errors[:min(len(r.Errors), max(0, maxCodes-len(x.Codes)))] {
		code, _ := err.Extensions["code"].(string)
		x.Codes = append(x.Codes, code)
	}
}

// asked begins to observe a request.
func (g *GraphQL) asked(ctx context.Context, over, method string, header http.Header) (context.Context, *Exchange) {
	x := &Exchange{Over: over, Method: method}
	if g.Observer == nil {
		return ctx, x
	}
	x.asked = g.Now()
	return g.Observer.Asked(ctx, x, header), x
}

// hasBegun says that an operation has begun: if it lasts, that is worth knowing before its end.
func (g *GraphQL) hasBegun(ctx context.Context, x *Exchange) {
	if x.Operation != ast.Subscription {
		return
	}
	x.Streaming = true
	g.figures.streams.Add(1)
	if g.Observer != nil {
		g.Observer.Begun(ctx, x)
	}
}

// told notes an answer that was told.
func (g *GraphQL) told(x *Exchange, a response) {
	x.told(a)
	if x.Streaming {
		x.Events++
		g.figures.events.Add(1)
	}
}

// ended ends to observe a request. That its client is gone is told by its context, and by nothing else: an answer for
// nobody says that the program failed.
func (g *GraphQL) ended(ctx context.Context, x *Exchange) {
	if x.Streaming {
		g.figures.streams.Add(-1)
	}
	if g.Observer == nil {
		return
	}
	if x.Method != "" && x.Status == 0 { // nothing was answered: a panic passes by
		x.Codes = append(x.Codes, string(fault.Internal))
	}
	x.canceled = errors.Is(ctx.Err(), context.Canceled) && (len(x.Codes) == 0 || x.Codes[0] == string(fault.Internal))
	if x.canceled {
		x.Codes = nil
	}
	x.Took = g.Now().Sub(x.asked)
	g.Observer.Ended(ctx, x)
}
