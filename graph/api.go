package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// api is gqlgen's executor, but for how requests are understood: it reads documents within limits, and takes variables
// strictly.
type api struct {
	*executor.Executor
	limits Limits
	reader *reader
	inputs inputs
}

// CreateOperationContext understands a request, or answers why it is refused.
func (a *api) CreateOperationContext(ctx context.Context, request *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	read, mistakes := a.understand(request)
	if mistakes != nil {
		return &graphql.OperationContext{}, a.few(mistakes)
	}
	op, mistakes := a.Executor.CreateOperationContext(withDocument(ctx, read), request)
	if mistakes != nil {
		return op, a.few(mistakes)
	}
	return op, nil
}

// understand reads the document of a request, and checks its variables.
func (a *api) understand(request *graphql.RawParams) (read *document, mistakes gqlerror.List) {
	if _, err := asksForCost(request.Extensions); err != nil {
		return nil, gqlerror.List{gqlerror.Wrap(err)}
	}
	if deeper(request.Variables, maxNesting) {
		return nil, gqlerror.List{exceeded(limitNesting, maxNesting, "The variables are nested more than %d deep.")}
	}
	if read, mistakes = a.reader.read(request.Query); mistakes != nil {
		return nil, mistakes
	}
	if operation := read.doc.Operations.ForName(request.OperationName); operation != nil { // or else the executor says so
		if mistake := a.inputs.check(operation, request.Variables); mistake != nil {
			return nil, gqlerror.List{mistake}
		}
	}
	return read, nil
}

// few are as many mistakes as are told.
func (a *api) few(mistakes gqlerror.List) gqlerror.List {
	return mistakes[:min(len(mistakes), max(a.limits.RequestErrors, 1))]
}
