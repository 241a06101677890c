package graph_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// brittle is a feed that breaks as soon as somebody waits for a change.
type brittle struct{ *catalog.LocalFeed }

func (brittle) Follow(context.Context) (catalog.Follower, error) { return brittle{}, nil }
func (brittle) Next(context.Context) (catalog.Change, error)     { panic("boom") }
func (brittle) Close()                                           {}

// What panics while a stream waits runs in a goroutine of its own: it must end that stream, and not the program.
func TestAPanicEndsItsStreamOnly(t *testing.T) {
	a := newAPI(t, func(s *graph.Settings) {
		s.Catalog = catalog.New(databasetest.New(t), brittle{catalog.NewLocalFeed()}, time.Now)
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(`{"query":"subscription { productChanged { kind } }"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	answer := w.Body.String()
	if !strings.Contains(answer, `"Internal server error"`) || strings.Contains(answer, "boom") || !strings.Contains(answer, "event: complete") {
		t.Errorf("answered %s", answer)
	}
	if log := a.log.String(); !strings.Contains(log, "boom") || !strings.Contains(log, "streams_panic_test.go") {
		t.Errorf("the log does not tell of it: %s", log)
	}
	if reply := a.ask(`{ products(first: 0) { totalCount } }`, nil, ""); reply != `{"data":{"products":{"totalCount":0}}}` {
		t.Errorf("then answered %s", reply)
	}
}
