package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// beginner is an executor whose operations take a while to begin, and say when they have.
type beginner struct {
	executor
	begin func(query string)
}

func (b *beginner) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	op, errs := b.executor.CreateOperationContext(ctx, params)
	op.RawQuery = params.Query
	return op, errs
}

func (b *beginner) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	b.begin(op.RawQuery)
	return b.executor.DispatchOperation(ctx, op)
}

// Whoever reads what there is once they are subscribed must miss nothing in between.
func TestEventsAreOpenedOnceTheOperationHasBegun(t *testing.T) {
	var begun atomic.Bool
	e := &beginner{executor: executor{kind: ast.Subscription}, begin: func(string) {
		time.Sleep(50 * time.Millisecond)
		begun.Store(true)
	}}
	server := httptest.NewServer(serving(e))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(`{"query":"subscription{x}"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", plain)
	r.Header.Set("Accept", "text/event-stream")
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if !begun.Load() {
		t.Error("the header came before the operation had begun")
	}
}
