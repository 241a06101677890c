package observe_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/logtest"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/observe"
	"github.com/gatehouse/gatehouse/internal/requestid"
	"github.com/gatehouse/gatehouse/internal/transport"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestLines(t *testing.T) {
	long := strings.Repeat("Ab_9", 100)
	somebody := func(ctx context.Context) context.Context {
		ctx = auth.WithAuthorization(ctx, "Bearer eyJ", func(context.Context, string) (auth.Viewer, error) { return auth.Viewer{UserID: 42}, nil })
		_, _ = auth.FromContext(ctx)
		return ctx
	}
	for _, tt := range []struct {
		name   string
		x      transport.Exchange
		header http.Header
		in     func(context.Context) context.Context
		begun  bool
		want   string
	}{
		{
			name: "a query",
			x:    transport.Exchange{Over: transport.OverHTTP, Method: "POST", Operation: ast.Query, Name: "Shelf", Complexity: 21, Status: 200, Took: 1234567 * time.Nanosecond},
			want: `{"level":"INFO","msg":"request","request_id":"abc","over":"http","method":"POST","type":"query","name":"Shelf","cost":21,"status":200,"outcome":"ok","duration_ms":1.234}`,
		},
		{
			name: "of somebody, in a trace", in: somebody, header: http.Header{"Traceparent": {parent}},
			x:    transport.Exchange{Over: transport.OverWebSocket, Operation: ast.Mutation, Codes: []string{"FORBIDDEN", "NOT_FOUND"}},
			want: `{"level":"INFO","msg":"request","request_id":"abc","over":"websocket","type":"mutation","cost":0,"user":42,"trace_id":"0af7651916cd43dd8448eb211c80319c","outcome":"FORBIDDEN","duration_ms":0}`,
		},
		{
			name: "that was refused, with a bad trace", header: http.Header{"Traceparent": {"00-\n\x00-b7ad6b7169203331-01"}},
			x:    transport.Exchange{Over: transport.OverHTTP, Method: "PUT", Codes: []string{"BAD_USER_INPUT"}, Status: 405},
			want: `{"level":"INFO","msg":"request","request_id":"abc","over":"http","method":"PUT","status":405,"outcome":"BAD_USER_INPUT","duration_ms":0}`,
		},
		{
			name: "a long name",
			x:    transport.Exchange{Over: transport.OverHTTP, Operation: ast.Query, Name: long},
			want: `{"level":"INFO","msg":"request","request_id":"abc","over":"http","type":"query","name":"` + long[:64] + `","cost":0,"outcome":"ok","duration_ms":0}`,
		},
		{
			name: "a stream's beginning", begun: true,
			x:    transport.Exchange{Over: transport.OverEvents, Method: "GET", Operation: ast.Subscription, Name: "Follow", Complexity: 2, Streaming: true, Status: 200},
			want: `{"level":"INFO","msg":"stream begun","request_id":"abc","over":"sse","method":"GET","type":"subscription","name":"Follow","cost":2}`,
		},
		{
			name: "a stream's end",
			x:    transport.Exchange{Over: transport.OverEvents, Method: "GET", Operation: ast.Subscription, Streaming: true, Status: 200, Events: 7, Took: time.Minute},
			want: `{"level":"INFO","msg":"stream ended","request_id":"abc","over":"sse","method":"GET","type":"subscription","cost":0,"events":7,"status":200,"outcome":"ok","duration_ms":60000}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &logtest.Journal{}
			o, err := observe.New(t.Context(), observe.Settings{Log: slog.New(slog.NewJSONHandler(log, nil)), Requests: true})
			if err != nil {
				t.Fatal(err)
			}
			ctx := requestid.NewContext(t.Context(), "abc")
			if tt.in != nil {
				ctx = tt.in(ctx)
			}
			ctx = o.Requests().Asked(ctx, &tt.x, tt.header)
			if tt.begun {
				o.Requests().Begun(ctx, &tt.x)
			} else {
				o.Requests().Ended(ctx, &tt.x)
			}
			var got, want map[string]any
			if err := json.Unmarshal([]byte(log.String()), &got); err != nil { // one line
				t.Fatalf("%v: %s", err, log)
			}
			delete(got, "time")
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
