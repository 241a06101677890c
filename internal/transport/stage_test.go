package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// patience is how long a test waits for what must come. None says that anything comes sooner than that.
const patience = 30 * time.Second

// stage is a server over real connections, with a GraphExecutor that plays parts: a query is the name of one.
type stage struct {
	t    *testing.T
	api  *transport.GraphQL
	http *httptest.Server
	log  *lockedBuffer

	mu      sync.Mutex
	parts   map[string]part
	tokens  map[string]error                               // what is said of each access token; none of the others is genuine
	look    func(ctx context.Context, access string) error // if it is not nil: what is said instead
	asked   []string                                       // the tokens that were looked at
	running int                                            // operations whose context is not over
	heard   []*graphql.RawParams
}

// part is what an operation does.
type part struct {
	kind    ast.Operation // empty: a query
	refused gqlerror.List // before it runs
	prepare func()        // when it is read; nil: nothing
	begin   func(ctx context.Context) graphql.ResponseHandler
}

// once is a part that answers once.
func once(kind ast.Operation, answer func(ctx context.Context) *graphql.Response) part {
	return part{kind: kind, begin: func(context.Context) graphql.ResponseHandler {
		first := true
		return func(ctx context.Context) *graphql.Response {
			if !first {
				return nil
			}
			first = false
			return answer(ctx)
		}
	}}
}

// told is an answer of that data.
func told(data string) *graphql.Response { return &graphql.Response{Data: json.RawMessage(data)} }

// following is a subscription to what is sent to a channel, until that is closed. What is sent as an error ends it, as
// package graph has a stream end.
func following(events <-chan any) part {
	return part{kind: ast.Subscription, begin: func(context.Context) graphql.ResponseHandler {
		return func(ctx context.Context) *graphql.Response {
			select {
			case event, open := <-events:
				switch event := event.(type) {
				case string:
					return told(event)
				case *fault.Error:
					return &graphql.Response{Errors: gqlerror.List{shown(event)}, HasNext: new(bool)}
				case func():
					event()
				}
				if open {
					panic("unknown event")
				}
			case <-ctx.Done():
			}
			return nil
		}
	}}
}

// hanging waits until its context is over, as a query does that the database keeps waiting.
var hanging = func(kind ast.Operation) part {
	return once(kind, func(ctx context.Context) *graphql.Response {
		<-ctx.Done()
		return nil
	})
}

// usual are parts that most tests want.
func usual() map[string]part {
	return map[string]part{
		"query":    once(ast.Query, func(context.Context) *graphql.Response { return told(`{"ok":true}`) }),
		"mutation": once(ast.Mutation, func(context.Context) *graphql.Response { return told(`{"done":true}`) }),
		"mistaken": {refused: gqlerror.List{{Message: "first", Extensions: map[string]any{"code": "X"}}, {Message: "second"}}},
		"failing": once(ast.Query, func(context.Context) *graphql.Response {
			return &graphql.Response{Data: json.RawMessage(`null`), Errors: gqlerror.List{{Message: "no", Path: ast.Path{ast.PathName("ok")}}}}
		}),
		"hanging":    hanging(ast.Query),
		"hanging on": hanging(ast.Subscription),
		"panicking":  once(ast.Query, func(context.Context) *graphql.Response { panic("secret") }),
	}
}

// stageFor opens a server. When the test ends it is stopped, and no stream, operation or panic may be left.
func stageFor(t *testing.T, parts map[string]part, change ...func(*transport.Settings)) *stage {
	t.Helper()
	return stageOn(t, &http.Server{}, parts, change...)
}

// stageOn opens one on a server with other settings.
func stageOn(t *testing.T, server *http.Server, parts map[string]part, change ...func(*transport.Settings)) *stage {
	t.Helper()
	s := &stage{t: t, parts: usual(), tokens: map[string]error{"ada": nil, "bob": nil}, log: &lockedBuffer{}}
	for name, p := range parts {
		s.parts[name] = p
	}
	s.api = serving(s, append([]func(*transport.Settings){func(set *transport.Settings) {
		set.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}}, change...)...)
	s.http = httptest.NewUnstartedServer(nil)
	s.http.Config = server
	server.Handler = auth.Middleware(s.authenticate, nil)(s.api)
	server.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(s.log, nil), slog.LevelError)
	s.http.Listener = smallBuffers{s.http.Listener}
	s.http.Start()
	t.Cleanup(s.close)
	return s
}

func (s *stage) close() {
	s.api.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.api.Wait(ctx); err != nil {
		s.t.Errorf("streams that do not end: %v", err)
	}
	s.quiet()
	s.http.CloseClientConnections()
	s.http.Close()
	if text := s.log.String(); strings.Contains(text, "panic serving") {
		s.t.Errorf("a handler panicked:\n%s", text)
	}
}

// within has a subtest be the test, for as long as it lasts.
func (s *stage) within(t *testing.T) {
	outer := s.t
	s.t = t
	t.Cleanup(func() { s.t = outer })
}

// quiet waits until no operation runs.
func (s *stage) quiet() {
	s.t.Helper()
	s.eventually("no operation runs", func() bool { return s.running == 0 })
}

// eventually waits until the condition holds, which is looked at under the stage's lock.
func (s *stage) eventually(what string, holds func() bool) {
	s.t.Helper()
	eventually(s.t, what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return holds()
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// says changes what is said of a token.
func (s *stage) says(access string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[access] = err
}

func (s *stage) authenticate(ctx context.Context, access string) (auth.Viewer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.look != nil {
		return auth.Viewer{UserID: 1}, s.look(ctx, access)
	}
	s.asked = append(s.asked, access)
	err, known := s.tokens[access]
	if !known {
		err = token.NewError(token.Invalid)
	}
	if errors.Is(err, errPanic) {
		panic("secret")
	}
	if err == nil {
		err = ctx.Err()
	}
	return auth.Viewer{UserID: 1}, err
}

// errPanic has a token be one at which the authentication panics.
var errPanic = errors.New("panic")

// CreateOperationContext implements graphql.GraphExecutor.
func (s *stage) CreateOperationContext(_ context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	s.mu.Lock()
	s.heard = append(s.heard, params)
	p, known := s.parts[params.Query]
	s.mu.Unlock()
	if p.prepare != nil {
		p.prepare()
	}
	if !known {
		return &graphql.OperationContext{}, gqlerror.List{{Message: "there is no such part"}}
	}
	kind := p.kind
	if kind == "" {
		kind = ast.Query
	}
	return &graphql.OperationContext{RawQuery: params.Query, Operation: &ast.OperationDefinition{Operation: kind}}, p.refused
}

// DispatchOperation implements graphql.GraphExecutor.
func (s *stage) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	s.mu.Lock()
	s.running++
	p := s.parts[op.RawQuery]
	s.mu.Unlock()
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running--
	})
	return p.begin(ctx), ctx
}

// DispatchError implements graphql.GraphExecutor: refusals are shown, and of anything else only that it happened.
func (s *stage) DispatchError(_ context.Context, list gqlerror.List) *graphql.Response {
	response := &graphql.Response{}
	for _, err := range list {
		response.Errors = append(response.Errors, shown(err))
	}
	return response
}

func shown(err error) *gqlerror.Error {
	var refused *fault.Error
	var known *gqlerror.Error
	switch {
	case errors.As(err, &refused):
		e := &gqlerror.Error{Message: refused.Message, Extensions: map[string]any{"code": string(refused.Code)}}
		if refused.Reason != "" {
			e.Extensions["reason"] = refused.Reason
		}
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &gqlerror.Error{Message: "too long", Extensions: map[string]any{"code": string(fault.LimitExceeded)}}
	case errors.As(err, &known) && known.Err == nil:
		return known
	}
	return &gqlerror.Error{Message: "internal", Extensions: map[string]any{"code": string(fault.Internal)}}
}

// smallBuffers has connections on which little fits between a server that writes and a client that does not read.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(4 << 10)
	}
	return conn, err
}

// lockedBuffer is a buffer that many goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// pace changes how long streams wait for what.
func pace(change func(*transport.Pace)) func(*transport.Settings) {
	return func(s *transport.Settings) { change(&s.Pace) }
}

// soon is for what a test waits for.
const soon = 10 * time.Millisecond
