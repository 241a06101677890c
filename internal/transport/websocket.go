package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
	"github.com/gatehouse/gatehouse/internal/sameorigin"
)

// subprotocol is the only one that is spoken:
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
const subprotocol = "graphql-transport-ws"

// maxOperations is how many operations of one socket may run at a time. As many again may be those that the client has ended
// and that have not noticed yet: if they did not count, they could be begun and ended faster than they go away.
const maxOperations = 100

// The codes with which a socket is closed.
const (
	closeGoingAway     websocket.StatusCode = 1001 // the server stops: come again
	closeTryAgainLater websocket.StatusCode = 1013 // the client did not keep up, or the server does not: come again
	closeBadRequest    websocket.StatusCode = 4400
	closeUnauthorized  websocket.StatusCode = 4401
	// closeForbidden is for every token that does not serve, or does not any more: other than with closeUnauthorized,
	// clients come again, with the token that they have by then.
	closeForbidden      websocket.StatusCode = 4403
	closeNotAcceptable  websocket.StatusCode = 4406
	closeInitTimeout    websocket.StatusCode = 4408
	closeSubscriberHere websocket.StatusCode = 4409
	closeTooManyInits   websocket.StatusCode = 4429
)

// closing is why a socket is closed.
type closing struct {
	code   websocket.StatusCode
	reason string // at most 123 bytes
}

// socket is one WebSocket, and what runs in it.
type socket struct {
	g    *GraphQL
	conn *websocket.Conn
	ctx  context.Context // of what runs in it
	stop context.CancelFunc
	// opened is the header of the request that opened it.
	opened http.Header

	closing   atomic.Bool
	slow      atomic.Bool // the client did not take in time what was written to it
	initTimer *time.Timer
	beside    sync.WaitGroup // all goroutines but the one that listens

	// Known to the goroutine that listens, and fixed once connection_ack is sent.
	initiated, acknowledged bool
	header                  string // the Authorization header of every operation

	mu         sync.Mutex            // held to write a message of an operation, so that none comes after its end
	operations map[string]*operation // those that the client waits for, by their ids
	running    int                   // how many run: those, and those that the client has ended
}

// serveWebSocket makes a WebSocket of the request, and serves it until it is closed.
func (g *GraphQL) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	if origins := r.Header.Values("Origin"); len(origins) > 1 || len(origins) == 1 && !sameorigin.Allows(r, origins[0], g.Origins) {
		g.refuseWebSocket(r.Context(), w, r, &refusal{status: http.StatusForbidden, message: "Pages of this origin may not open a WebSocket here."})
		return
	}
	end, refused := g.begin()
	if refused != nil {
		g.refuseWebSocket(r.Context(), w, r, refused)
		return
	}
	defer end()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // verified above, by the rules that hold everywhere here
	})
	if err != nil {
		g.Log.DebugContext(r.Context(), "opening a WebSocket", "error", err) // the client was told
		return
	}
	conn.SetReadLimit(g.MaxBody)
	g.figures.sockets.Add(1)
	defer g.figures.sockets.Add(-1)
	s := &socket{g: g, conn: conn, opened: r.Header, operations: map[string]*operation{}}
	s.ctx, s.stop = context.WithCancel(refreshcookie.WithoutAnswer(r.Context()))
	if conn.Subprotocol() != subprotocol {
		s.close(closing{closeNotAcceptable, "Subprotocol not acceptable"})
		return
	}
	s.serve() //nolint:contextcheck // its context is in it
}

// refuseWebSocket answers a request for a WebSocket that it does not get.
func (g *GraphQL) refuseWebSocket(ctx context.Context, w http.ResponseWriter, r *http.Request, why *refusal) {
	ctx, x := g.asked(ctx, OverWebSocket, r.Method, r.Header)
	g.refuse(w, x, mediaJSON, why)
	g.ended(ctx, x)
}

// serve serves the socket until it is closed, by whichever side.
func (s *socket) serve() {
	s.initTimer = time.AfterFunc(s.g.Pace.Init, func() {
		s.close(closing{closeInitTimeout, "Connection initialisation timeout"})
	})
	defer s.initTimer.Stop()
	defer context.AfterFunc(s.g.stopping, func() { s.close(closing{closeGoingAway, "The server stops"}) })()
	defer s.beside.Wait()
	defer func() { _ = s.conn.CloseNow() }()
	defer s.stop()
	s.besides(s.keepAlive)
	// Reading must not end with what runs in the socket: the client's last word belongs to the closing handshake.
	for ctx := context.WithoutCancel(s.ctx); ; {
		kind, text, err := s.conn.Read(ctx)
		switch {
		case errors.Is(err, websocket.ErrMessageTooBig): // which the client was told; what is yet to come of it is passed over
			s.close(closing{websocket.StatusMessageTooBig, ""})
			return
		case err != nil: // the client is gone, or does not speak WebSocket
			return
		case s.closing.Load():
			continue
		case kind != websocket.MessageText:
			s.close(closing{closeBadRequest, "Messages are text"})
			return
		}
		if why := s.hear(text); why != nil {
			s.close(*why)
			return
		}
	}
}

// close ends what runs in the socket, and tells the client why. Only the first call does so.
func (s *socket) close(why closing) {
	if s.closing.Swap(true) {
		return
	}
	s.stop()
	if err := s.conn.Close(why.code, why.reason); err != nil {
		s.g.Log.DebugContext(s.ctx, "closing a WebSocket", "error", err) // the client is gone
	}
}

// keepAlive pings the client, and gives up one that does not answer.
func (s *socket) keepAlive() {
	ticker := time.NewTicker(s.g.Pace.KeepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
		}
		// Not with what runs in the socket: a ping that is given up while it is written takes the connection with it,
		// and the client would not be told why its socket is closed. Waiting for the answer ends with the connection, and writing to a
		// client that does not read as it does for any other message.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), s.g.Pace.Write)
		err := s.conn.Ping(ctx)
		cancel()
		if err != nil && s.ctx.Err() == nil {
			_ = s.conn.CloseNow()
			return
		}
	}
}

// write sends a message. What it is part of may be over by then; the message is sent as a whole all the same.
func (s *socket) write(text []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), s.g.Pace.Write)
	defer cancel()
	err := s.conn.Write(ctx, websocket.MessageText, text)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && !s.slow.Swap(true) {
		s.g.figures.dropped.Add(1)
	}
	return err
}

// authenticate finds out who the client is, by its connection_init or, without a header there, by its request.
func (s *socket) authenticate(header string) *closing {
	if header == "" {
		header = auth.Header(s.ctx)
	}
	s.header = header
	ctx := auth.WithHeader(s.ctx, header)
	if refused, err := renew(ctx); refused != nil {
		return forbidden(refused.Reason)
	} else if err != nil {
		if !errors.Is(err, context.Canceled) {
			s.g.Log.ErrorContext(ctx, "finding out who opens a WebSocket", "error", err)
		}
		return &closing{closeTryAgainLater, "Try again later"}
	}
	s.besides(func() {
		s.g.watch(ctx, func(refused *fault.Error) { s.close(*forbidden(refused.Reason)) })
	})
	return nil
}

// forbidden is the end of a socket whose token does not serve.
func forbidden(reason string) *closing { return &closing{closeForbidden, "Forbidden: " + reason} }
