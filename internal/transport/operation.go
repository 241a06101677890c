package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// operation is one operation of a socket's, from its subscribe message to its end.
type operation struct {
	id     string
	params *graphql.RawParams
	ctx    context.Context
	stop   context.CancelFunc
	begun  chan struct{} // closed when it has begun, or does not
	over   bool          // it does not count any more

	exchange *Exchange // set when it is executed, and used by that goroutine alone
}

var badMessage = &closing{closeBadRequest, "Invalid message"}

// hear does what a message of the client's asks for. It answers why the socket is to be closed, or nil.
func (s *socket) hear(text []byte) *closing {
	m, ok := parse(text)
	if !ok {
		return badMessage
	}
	switch m.kind {
	case connectionInit:
		return s.initiate(m)
	case ping:
		return s.answerPing(m)
	case pong:
		return nil
	case subscribe:
		return s.subscribe(m)
	case complete:
		if m.id == "" {
			return badMessage
		}
		s.forget(m.id)
		return nil
	}
	return badMessage
}

func (s *socket) initiate(m heard) *closing {
	if s.initiated {
		return &closing{closeTooManyInits, "Too many initialisation requests"}
	}
	s.initiated = true
	s.initTimer.Stop()
	header, ok := authorization(m.payload)
	if !ok {
		return badMessage
	}
	if why := s.authenticate(header); why != nil {
		return why
	}
	s.acknowledged = true
	_ = s.write(message{Type: connectionAck}.text()) // if the client is gone, reading tells
	return nil
}

func (s *socket) answerPing(m heard) *closing {
	answer := message{Type: pong}
	if m.payload != nil {
		var object map[string]json.RawMessage
		if json.Unmarshal(m.payload, &object) != nil {
			return badMessage
		}
		answer.Payload = m.payload
	}
	_ = s.write(answer.text())
	return nil
}

// subscribe begins an operation: of any kind, not only a subscription. Nothing that the client says after it is heard before
// it has begun, so a query that is sent after a subscription finds all of which that does not tell.
func (s *socket) subscribe(m heard) *closing {
	if !s.acknowledged {
		return &closing{closeUnauthorized, "Unauthorized"}
	}
	params, refused := decode(m.payload)
	if m.id == "" || refused != nil {
		return badMessage
	}
	op, why := s.register(m.id, params)
	if op == nil {
		return why
	}
	s.besides(func() { s.execute(op) })
	<-op.begun
	return nil
}

// register makes an operation of an id that is free. Without one, it answers why the socket is to be closed, or nil.
func (s *socket) register(id string, params *graphql.RawParams) (*operation, *closing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[id] != nil {
		return nil, &closing{closeSubscriberHere, alreadyExists(id)}
	}
	if len(s.operations) >= maxOperations || s.running >= 2*maxOperations {
		refused := message{ID: id, Type: failure, Payload: refusedBy(&refusal{
			message: fmt.Sprintf("At most %d operations may run at a time in one WebSocket.", maxOperations),
			limit:   fault.Limit{Name: limitOperations, Max: maxOperations},
		}).Errors}
		_ = s.write(refused.text())
		return nil, nil
	}
	op := &operation{id: id, params: params, begun: make(chan struct{})}
	op.ctx, op.stop = context.WithCancel(auth.WithHeader(s.ctx, s.header))
	s.operations[id] = op
	s.running++
	return op, nil
}

// alreadyExists is what the protocol has a socket say when it is closed for an id that is taken.
func alreadyExists(id string) string {
	if len(id) > 64 {
		return "Subscriber already exists"
	}
	return "Subscriber for " + id + " already exists"
}

// forget ends an operation without a word: the client has ended it. Its id is free again.
func (s *socket) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op := s.operations[id]; op != nil {
		op.stop()
		delete(s.operations, id)
	}
}

// execute executes an operation, and tells its answers.
func (s *socket) execute(op *operation) {
	defer s.leave(op)
	defer op.stop()
	observed, x := s.g.asked(op.ctx, OverWebSocket, "", s.opened)
	defer s.g.ended(observed, x)
	op.exchange = x
	begun := sync.OnceFunc(func() { close(op.begun) })
	defer begun()
	ctx, running, not := s.g.start(observed, x, op.params)
	if not != nil {
		s.end(op, not.response)
		return
	}
	ctx, cancel := s.g.limited(ctx, running)
	defer cancel()
	told := false
	for answer := range s.g.run(ctx, running, func() { s.g.hasBegun(observed, x); begun() }) {
		switch {
		case answer.outcome == outcomeExecuted:
			if told = s.tell(op, answer.response); told {
				continue
			}
		case answer.response.code() == fault.Unauthenticated && (answer.outcome == outcomeEnded || auth.Rejection(op.ctx) != nil):
			// Also for what is refused at its beginning: clients know what to do about a socket that is closed.
			x.told(answer.response)
			s.close(*forbidden(answer.response.reason()))
		case answer.outcome == outcomeEnded && answer.response.code() == fault.LimitExceeded:
			x.told(answer.response)
			s.g.figures.lagged(answer.response)
			s.close(closing{closeTryAgainLater, "Events were lost: read anew what you show"})
		default:
			s.end(op, answer.response)
		}
		return
	}
	switch timeUp := errors.Is(ctx.Err(), context.DeadlineExceeded); {
	case timeUp && !told:
		s.end(op, s.g.present(ctx, ctx.Err()))
	case timeUp, ctx.Err() == nil:
		s.last(op, message{ID: op.id, Type: complete})
	}
}

// end tells why an operation ends before it has come to its end.
func (s *socket) end(op *operation, why response) {
	op.exchange.told(why)
	s.last(op, message{ID: op.id, Type: failure, Payload: why.Errors})
}

// tell sends an answer of an operation, unless the client has ended it. It answers false for one that cannot be written as
// JSON, which ends the operation.
func (s *socket) tell(op *operation, a response) bool {
	text, err := json.Marshal(message{ID: op.id, Type: next, Payload: a})
	if err != nil {
		s.end(op, s.g.present(op.ctx, unwritable(err)))
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[op.id] == op && !s.closing.Load() {
		_ = s.write(text) // if the client is gone, reading tells
		s.g.told(op.exchange, a)
	}
	return true
}

// last sends the last message of an operation, unless the client has ended it. Its id is free once the client hears that.
func (s *socket) last(op *operation, m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[op.id] == op && !s.closing.Load() {
		delete(s.operations, op.id)
		s.uncount(op)
		_ = s.write(m.text())
	}
}

// leave has an operation that is at its end count no more, if it does so still.
func (s *socket) leave(op *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uncount(op)
}

// uncount does so. The caller holds mu.
func (s *socket) uncount(op *operation) {
	if !op.over {
		op.over = true
		s.running--
	}
}
