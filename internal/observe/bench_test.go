package observe_test

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/observe"
	"github.com/gatehouse/gatehouse/internal/requestid"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// BenchmarkRequest is what observing costs a request, without what writing the line costs the operating system. Off, it is
// not called at all.
func BenchmarkRequest(b *testing.B) {
	text, json := slog.New(slog.NewTextHandler(&discard{}, nil)), slog.New(slog.NewJSONHandler(&discard{}, nil))
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	traced := http.Header{"Traceparent": {parent}}
	for _, way := range []struct {
		name   string
		s      observe.Settings
		header http.Header
		never  bool // is sampled
	}{
		{name: "metrics", s: observe.Settings{Log: slog.New(slog.DiscardHandler), Metrics: true}},
		{name: "text lines", s: observe.Settings{Log: text, Requests: true}},
		{name: "JSON lines", s: observe.Settings{Log: json, Requests: true}},
		{name: "text lines of a trace", s: observe.Settings{Log: text, Requests: true}, header: traced},
		{name: "traces, none sampled", s: observe.Settings{Log: slog.New(slog.DiscardHandler), Traces: true}, never: true},
		{name: "traces", s: observe.Settings{Log: slog.New(slog.DiscardHandler), Traces: true}},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.Setenv("OTEL_TRACES_SAMPLER", "always_on")
			if way.never {
				b.Setenv("OTEL_TRACES_SAMPLER", "always_off")
			}
			o, err := observe.New(b.Context(), way.s)
			if err != nil {
				b.Fatal(err)
			}
			ctx, to := requestid.NewContext(b.Context(), "0396eaa7a4977ca7fa234913"), o.Requests()
			b.ReportAllocs()
			for b.Loop() {
				x := transport.Exchange{Over: transport.OverHTTP, Method: http.MethodPost, Operation: ast.Query, Name: "Shelf", Complexity: 21, Status: 200}
				ctx := to.Asked(ctx, &x, way.header)
				to.Ended(ctx, &x)
			}
		})
	}
}

// discard is as io.Discard, for which slog does not write anything.
type discard struct{}

func (*discard) Write(text []byte) (int, error) { return len(text), nil }
