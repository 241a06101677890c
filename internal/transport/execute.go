package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// outcome is what kind of answer an answer is.
type outcome int

const (
	outcomeExecuted outcome = iota // there is data, be it null
	outcomeRefused                 // nothing was executed
	outcomeLate                    // nothing was executed, because the time was up
	outcomeBroken                  // the program failed where no resolver is to blame
	outcomeEnded                   // the stream has no more answers, and the errors say why
)

// answer is one answer to a request.
type answer struct {
	outcome  outcome
	response response
}

// response is what is told of an answer; unlike gqlgen's own it has no data when nothing was executed.
type response struct {
	Errors     gqlerror.List   `json:"errors,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
	Extensions map[string]any  `json:"extensions,omitempty"`

	text []byte // the whole, where it has been written before; nil: it was not
}

// code is the code of the first error.
func (r response) code() fault.Code {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return fault.Code(code)
}

// reason is the reason of the first error, as far as it has one.
func (r response) reason() string {
	if len(r.Errors) == 0 {
		return ""
	}
	reason, _ := r.Errors[0].Extensions["reason"].(string)
	return reason
}

// refusedBy is an answer that says why a request is not executed at all.
func refusedBy(why *refusal) response {
	extensions := map[string]any{"code": string(fault.BadUserInput)}
	if why.limit != (fault.Limit{}) {
		extensions = map[string]any{"code": string(fault.LimitExceeded), "limit": why.limit}
	}
	return response{Errors: gqlerror.List{{Message: why.message, Extensions: extensions}}}
}

// start reads and checks an operation. The answer is nil if it may run, in the context.
func (g *GraphQL) start(ctx context.Context, x *Exchange, params *graphql.RawParams) (_ context.Context, op *graphql.OperationContext, refusal *answer) {
	ctx = graphql.StartOperationTrace(ctx)
	defer func() {
		if panicked := recover(); panicked != nil {
			refusal = g.broken(ctx, panicked)
		}
	}()
	op, errs := g.Executor.CreateOperationContext(ctx, params)
	x.is(op)
	if errs != nil {
		response := g.Executor.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		return ctx, op, &answer{outcomeRefused, told(response)}
	}
	return ctx, op, nil
}

// run executes an operation that may run, and tells its answers: one for a query or mutation, any number for a
// subscription. Each is valid until the next. There is none when the context is over: nobody waits for it. It calls begun
// once the operation has begun, and before its first answer: of all that happens after that, a subscription tells.
func (g *GraphQL) run(ctx context.Context, op *graphql.OperationContext, begun func()) iter.Seq[answer] {
	return func(yield func(answer) bool) {
		responses, ctx, err := g.dispatch(ctx, op)
		begun()
		for err == nil {
			var response *graphql.Response
			if response, err = g.next(ctx, responses); err != nil {
				break
			}
			if response == nil {
				return
			}
			if !yield(answer{outcomeOf(response), told(response)}) || op.Operation.Operation != ast.Subscription {
				return
			}
		}
		yield(*err)
	}
}

// limited is the context with the time that an operation may take, unless it is one that lasts.
func (g *GraphQL) limited(ctx context.Context, op *graphql.OperationContext) (context.Context, context.CancelFunc) {
	if op.Operation.Operation == ast.Subscription {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, g.Timeout)
}

// Resolvers' panics are errors already; any other becomes an answer here, so that it is told and logged as every error
// is, and ends nothing but the operation.

func (g *GraphQL) dispatch(ctx context.Context, op *graphql.OperationContext) (_ graphql.ResponseHandler, _ context.Context, failed *answer) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failed = g.broken(ctx, panicked)
		}
	}()
	responses, ctx := g.Executor.DispatchOperation(ctx, op)
	return responses, ctx, nil
}

func (g *GraphQL) next(ctx context.Context, responses graphql.ResponseHandler) (_ *graphql.Response, failed *answer) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failed = g.broken(ctx, panicked)
		}
	}()
	return responses(ctx), nil
}

func (g *GraphQL) broken(ctx context.Context, panicked any) *answer {
	err := fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
	return &answer{outcomeBroken, g.present(ctx, err)}
}

// present is the answer that an error makes.
func (g *GraphQL) present(ctx context.Context, err error) response {
	return told(g.Executor.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)}))
}

// unwritable is the error of an answer that is no JSON.
func unwritable(err error) error { return fmt.Errorf("writing an answer: %w", err) }

func outcomeOf(r *graphql.Response) outcome {
	switch {
	case r.HasNext != nil && !*r.HasNext:
		return outcomeEnded
	case r.Data == nil:
		return outcomeRefused
	}
	return outcomeExecuted
}

func told(r *graphql.Response) response {
	return response{Errors: r.Errors, Data: r.Data, Extensions: r.Extensions}
}
