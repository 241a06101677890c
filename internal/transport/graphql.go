// Package transport speaks GraphQL: over HTTP, as server-sent events, and over WebSocket, all at one path. It takes the
// place of gqlgen's transports, which put the body of a bad request into the answer, read bodies of any size and pay no
// heed to what a client can read.
package transport

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/bounded"
	"github.com/gatehouse/gatehouse/internal/scratch"
)

// Settings are what GraphQL is served with. All are required but Origins, PublicMaxAge, Answers and Observer.
type Settings struct {
	Executor graphql.GraphExecutor
	Log      *slog.Logger
	// MaxBody is how long a request, or a message of a WebSocket, may be, in bytes.
	MaxBody int64
	// Timeout is how long a query or a mutation may take. Subscriptions last for as long as they are wanted.
	Timeout time.Duration
	// Origins are those whose pages may open WebSockets, beside the server's own: scheme://host[:port] exactly as browsers
	// send them.
	Origins []string
	// SpecStatus says whether answers have the statuses of the GraphQL over HTTP specification, rather than those that
	// clients have come to expect.
	SpecStatus bool
	// PublicMaxAge is for how long, in whole seconds, an answer that is the same for everybody may be given to others
	// without asking here again.
	PublicMaxAge time.Duration
	// Answers keeps answers that are the same for everybody; nil: none are kept.
	Answers *Answers
	// Observer is told of every request; nil: nobody is.
	Observer Observer
	// Now is the clock by which a client is given time to take what is written to it.
	Now func() time.Time
	// Pace is how long streams wait for what.
	Pace Pace
}

// Pace is how long streams wait for what.
type Pace struct {
	// Init is how long after opening a WebSocket its client has to say who it is.
	Init time.Duration
	// Write is how long a client may take to take what is written to it.
	Write time.Duration
	// KeepAlive is the time between two signs of life in a stream that has nothing else to tell.
	KeepAlive time.Duration
	// Renew is how often a stream looks whether the token serves that it was opened with.
	Renew time.Duration
}

// DefaultPace is the pace of a server. A stream ends within 2 seconds after its session.
func DefaultPace() Pace {
	return Pace{Init: 5 * time.Second, Write: 10 * time.Second, KeepAlive: 15 * time.Second, Renew: 2 * time.Second}
}

// GraphQL serves GraphQL as each request wants it. Make it with New.
type GraphQL struct {
	Settings
	stopping context.Context // ends when streams are to end
	stop     context.CancelFunc
	mu       sync.Mutex // held to begin a stream and to stop, so that none begins after that
	streams  sync.WaitGroup
	figures  figures
	accepts  *bounded.Cache[negotiated]
	bodies   scratch.Pool
}

// New makes a server that serves until it is stopped.
func New(s Settings) *GraphQL {
	g := &GraphQL{Settings: s, accepts: bounded.New[negotiated](knownAccepts, knownAccepts*256)}
	g.stopping, g.stop = context.WithCancel(context.Background())
	return g
}

// Stop ends all streams, in a way that tells their clients to come again, and has new ones refused. Requests that are
// answered at once are not concerned: they end by themselves.
func (g *GraphQL) Stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop()
}

// Wait waits, after Stop, until the streams have ended. Its error is the context's.
func (g *GraphQL) Wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		g.streams.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin counts a stream in, unless the server stops. The caller calls end when it has ended.
func (g *GraphQL) begin() (end func(), refused *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopping.Err() != nil {
		return nil, &refusal{status: http.StatusServiceUnavailable, message: "The server is about to stop: try again."}
	}
	g.streams.Add(1)
	return g.streams.Done, nil
}

// ServeHTTP answers one request, or serves one stream until it ends.
func (g *GraphQL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if asksForWebSocket(r) {
		g.serveWebSocket(w, r)
		return
	}
	vary(w.Header())
	media, ok := g.negotiate(r.Header.Values("Accept"))
	over := OverHTTP
	if media == mediaEvents {
		over = OverEvents
	}
	observed, x := g.asked(r.Context(), over, known(r.Method), r.Header)
	defer g.ended(observed, x)
	if !ok {
		g.refuse(w, x, mediaJSON, &refusal{status: http.StatusNotAcceptable, message: "An answer is " + mediaResponse + ", " + mediaJSON + " or, as it comes, " + mediaEvents + ": the request accepts none of them."})
		return
	}
	ctx, end := within(observed, g.Timeout)
	defer end.cancel()
	asked, refused := g.receive(w, r)
	if refused != nil {
		g.refuse(w, x, media, refused)
		return
	}
	key := g.Answers.key(ctx, asked, media)
	if answer := g.Answers.find(key, x); answer != nil {
		g.tellAtOnce(w, r, x, media, *answer)
		return
	}
	params, refused := asked.read(r.Header)
	switch {
	case refused != nil:
		g.refuse(w, x, media, refused)
	case media == mediaEvents:
		g.serveEvents(observed, w, r.Method, x, params)
	default:
		g.answer(ctx, w, r, x, media, params, key)
	}
}

// asksForWebSocket says whether a request wants to become a WebSocket (RFC 6455, section 4.1).
func asksForWebSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// known is a method of HTTP, or _OTHER for what a client has made up, as in OpenTelemetry's http.request.method
// (https://opentelemetry.io/docs/specs/semconv/attributes-registry/http/): it may have any length.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return "_OTHER"
}
