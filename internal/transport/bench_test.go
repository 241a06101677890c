package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/transport"
)

// BenchmarkAnswer is what a transport costs a request, of which nothing is executed.
func BenchmarkAnswer(b *testing.B) {
	for name, observer := range map[string]transport.Observer{"unobserved": nil, "observed": blind{}} {
		b.Run(name, func(b *testing.B) {
			api := serving(echo{}, func(s *transport.Settings) { s.Observer = observer })
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ a }"}`))
				r.Header.Set("Content-Type", "application/json")
				api.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

// blind is an Observer that does nothing.
type blind struct{}

func (blind) Asked(ctx context.Context, _ *transport.Exchange, _ http.Header) context.Context {
	return ctx
}
func (blind) Begun(context.Context, *transport.Exchange) {}
func (blind) Ended(context.Context, *transport.Exchange) {}

// echo executes nothing.
type echo struct{}

func (echo) CreateOperationContext(context.Context, *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	return &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: ast.Query}}, nil
}

func (echo) DispatchOperation(ctx context.Context, _ *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	return func(context.Context) *graphql.Response { return told(`{"a":1}`) }, ctx
}

func (echo) DispatchError(context.Context, gqlerror.List) *graphql.Response {
	return &graphql.Response{}
}
