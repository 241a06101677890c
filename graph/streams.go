package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/catalog"
)

// stream turns the events of a subscription into what gqlgen wants: a channel, which is closed when there are no more.
// Why that is, which a channel cannot tell, is left for streams to answer.
func stream(ctx context.Context) func(*catalog.Events, error) (<-chan *catalog.ProductEvent, error) {
	return func(events *catalog.Events, err error) (<-chan *catalog.ProductEvent, error) {
		if err != nil {
			return nil, err
		}
		told := make(chan *catalog.ProductEvent)
		go func() {
			defer close(told)
			defer events.Close()
			endingOf(ctx).because(pass(ctx, events, told))
		}()
		return told, nil
	}
}

// pass passes events on until there are no more, and says why that is. A panic, which nobody else would catch here, is a
// reason as any other.
func pass(ctx context.Context, events *catalog.Events, on chan<- *catalog.ProductEvent) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = recovered(ctx, panicked)
		}
	}()
	for {
		event, err := events.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case on <- event:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ending is why a stream ended. It is written before the stream's channel is closed, and read after that.
type ending struct{ err error }

type endingKey struct{}

func endingOf(ctx context.Context) *ending {
	e, _ := ctx.Value(endingKey{}).(*ending)
	return e
}

func (e *ending) because(err error) {
	if e != nil {
		e.err = err
	}
}

// streams answers, at the end of a subscription, why it ended: with errors, no data, and HasNext false, by which
// transports tell it from an answer. gqlgen alone would just stop.
type streams struct{ exec *executor.Executor }

func (s streams) dispatch(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	ended := new(ending)
	answer, ctx := s.exec.DispatchOperation(context.WithValue(ctx, endingKey{}, ended), op)
	return func(ctx context.Context) *graphql.Response {
		// gqlgen resolves what is below a subscription's field as if that were the root.
		ctx = withRootField(ctx, op)
		response := answer(ctx)
		// While the context is not over, there is no answer only because the channel is closed: then it is known why.
		if response != nil || ctx.Err() != nil || ended.err == nil {
			return response
		}
		response = s.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(ended.err)})
		response.HasNext = new(bool)
		ended.err = nil
		return response
	}, ctx
}

// withRootField is the context of what is resolved below the operation's only root field.
func withRootField(ctx context.Context, op *graphql.OperationContext) context.Context {
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}) {
		return graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Subscription", Field: field})
	}
	return ctx
}

// oneStream refuses a subscription to anything but one thing: by aliases, which gqlparser lets pass, or to nothing, by
// @skip. gqlgen finds out when it runs, and tells no code.
type oneStream struct{}

// ExtensionName names the extension.
func (oneStream) ExtensionName() string { return "OneStream" }

// Validate has nothing to check.
func (oneStream) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext changes nothing; it is where an operation can be refused before it runs.
func (oneStream) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Subscription {
		return nil
	}
	if fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}); len(fields) != 1 {
		return validationFailed("A subscription must select exactly one field.")
	}
	return nil
}
