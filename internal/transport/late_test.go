package transport_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Between a token's end and the look that notices it, a subscription begins that asks for itself who the viewer is. To its
// client that is no other end than the one that was about to come: close, come again, go on.
func TestALateSubscriptionClosesTheSocket(t *testing.T) {
	var expired atomic.Bool
	e := &executor{kind: ast.Subscription, run: func(ctx context.Context) *graphql.Response {
		_, err := auth.Renew(ctx)
		if err == nil {
			t.Error("the token still serves")
		}
		return &graphql.Response{Errors: gqlerror.List{{Message: "no", Extensions: map[string]any{
			"code": string(fault.Unauthenticated), "reason": auth.Rejection(ctx).Reason,
		}}}}
	}}
	server := httptest.NewServer(auth.Middleware(func(context.Context, string) (auth.Viewer, error) {
		if expired.Load() {
			return auth.Viewer{}, token.NewError(token.Expired)
		}
		return auth.Viewer{}, nil
	}, nil)(serving(e)))
	defer server.Close()
	conn := dial(t, server, `{"type":"connection_init","payload":{"Authorization":"Bearer x"}}`)
	expired.Store(true)
	say(t, conn, `{"type":"subscribe","id":"1","payload":{"query":"subscription{x}"}}`)
	_, message, err := conn.Read(t.Context())
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != 4403 || closed.Reason != "Forbidden: TOKEN_EXPIRED" {
		t.Errorf("heard %s, %v", message, err)
	}
}
