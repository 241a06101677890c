package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/persisted"
)

// api is gqlgen's executor, but for how requests are understood: it finds documents that are named, reads them within
// limits, and takes variables strictly.
type api struct {
	*executor.Executor
	limits    Limits
	documents *persisted.Documents
	reader    *reader
	inputs    inputs
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
	op.Stats.SetExtension(documentExtension, read)
	if !tellsCredentials(read.doc) {
		keep()
	}
	return op, nil
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
