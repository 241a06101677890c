package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/persisted"
)

// api is gqlgen's executor, but for how requests are understood and operations begun: it finds documents that are named, reads them
// within limits, and takes variables strictly.
type api struct {
	*executor.Executor
	catalog   *catalog.Catalog
	limits    Limits
	documents *persisted.Documents
	reader    *reader
	inputs    inputs
	// aroundField is what gqlgen calls for each field; nil: nothing. As an interceptor of gqlgen's it would cost each field of
	// what no plan writes two functions more.
	aroundField graphql.FieldMiddleware
}

// CreateOperationContext understands a request, or answers why it is refused.
func (a *api) CreateOperationContext(ctx context.Context, request *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	read, keep, mistakes := a.understand(request)
	if mistakes != nil {
		return &graphql.OperationContext{}, a.few(mistakes)
	}
	op, mistakes := a.Executor.CreateOperationContext(withDocument(ctx, read), request)
	if mistakes != nil {
		return op, a.few(mistakes)
	}
	if a.aroundField != nil {
		op.ResolverMiddleware = a.aroundField
	}
	op.Stats.SetExtension(documentExtension, read)
	if !tellsCredentials(read.doc) {
		keep()
	}
	return op, nil
}

// DispatchOperation executes an operation. Queries may be answered from replicas of the catalogue, and nothing else; subscriptions say
// why they end.
func (a *api) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	var responses graphql.ResponseHandler
	switch op.Operation.Operation {
	case ast.Query:
		responses, ctx = a.Executor.DispatchOperation(a.catalog.FromReplica(ctx), op)
	case ast.Mutation:
		responses, ctx = a.Executor.DispatchOperation(ctx, op)
	case ast.Subscription:
		responses, ctx = streams{a.Executor}.dispatch(ctx, op)
	}
	return func(ctx context.Context) *graphql.Response {
		response := responses(ctx)
		if response != nil {
			a.tellBeside(ctx, response)
		}
		return response
	}, ctx
}

// DispatchError answers why an operation is not executed, or why it ended.
func (a *api) DispatchError(ctx context.Context, errs gqlerror.List) *graphql.Response {
	response := a.Executor.DispatchError(ctx, errs)
	a.tellBeside(ctx, response)
	return response
}

// tellBeside tells what belongs beside the data of each answer. gqlgen would have an interceptor for it, and for DispatchOperation's
// part another, each of which takes some time.
func (a *api) tellBeside(ctx context.Context, response *graphql.Response) {
	a.limits.tellCost(ctx, response)
	tellRejection(ctx, response)
}

// tellRejection says at extensions.auth why a token that was sent did not serve, when the answer depended
// on the viewer: public fields take such a viewer for anonymous without an error.
func tellRejection(ctx context.Context, response *graphql.Response) {
	if rejection := auth.Rejection(ctx); rejection != nil {
		extend(response, "auth", map[string]any{"code": string(rejection.Code), "reason": rejection.Reason})
	}
}

// understand finds and reads the document of a request, and checks its variables. Keep has the document registered, if
// the request asks for that.
func (a *api) understand(request *graphql.RawParams) (read *document, keep func(), mistakes gqlerror.List) {
	if _, err := asksForCost(request.Extensions); err != nil {
		return nil, nil, gqlerror.List{gqlerror.Wrap(err)}
	}
	if deeper(request.Variables, maxNesting) {
		return nil, nil, gqlerror.List{exceeded(limitNesting, maxNesting, "The variables are nested more than %d deep.")}
	}
	id, _ := request.Extensions[persisted.DocumentIDKey].(persisted.DocumentID)
	text, keep, err := a.documents.Resolve(persisted.Request{Query: request.Query, DocumentID: id, Extension: request.Extensions["persistedQuery"]})
	if err != nil {
		return nil, nil, gqlerror.List{gqlerror.Wrap(err)}
	}
	request.Query = text
	if read, mistakes = a.reader.read(text); mistakes != nil {
		return nil, nil, mistakes
	}
	if operation := read.doc.Operations.ForName(request.OperationName); operation != nil { // or else the executor says so
		if mistake := a.inputs.check(operation, request.Variables); mistake != nil {
			return nil, nil, gqlerror.List{mistake}
		}
		if mistake := checkConditions(operation, read.plans.conditions, request.Variables); mistake != nil {
			return nil, nil, gqlerror.List{mistake}
		}
	}
	return read, keep, nil
}

// few are as many mistakes as are told.
func (a *api) few(mistakes gqlerror.List) gqlerror.List {
	return mistakes[:min(len(mistakes), max(a.limits.RequestErrors, 1))]
}
