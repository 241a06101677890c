package observe

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/requestid"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// instrumentation names what makes the spans.
const instrumentation = "github.com/gatehouse/gatehouse/internal/observe"

// traces are the spans of OpenTelemetry, and where they go. Names and attributes are those of its conventions
// (https://opentelemetry.io/docs/specs/semconv/) where these have some.
type traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

func newTraces(ctx context.Context, log *slog.Logger, version string) (*traces, error) {
	// The SDK tells of spans that it could not send by this alone, which is global.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("tracing", "error", err) }))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the exporter of traces: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "gatehouse"), attribute.String("service.version", version)),
		resource.WithFromEnv(), // which goes before
	)
	if err != nil {
		return nil, fmt.Errorf("describing this program in traces: %w", err)
	}
	return tracesOf(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)), nil
}

func tracesOf(options ...sdktrace.TracerProviderOption) *traces {
	provider := sdktrace.NewTracerProvider(options...) // with the sampler and the limits of the environment
	return &traces{provider: provider, tracer: provider.Tracer(instrumentation)}
}

// withRemote is the context of a request that belongs to the trace that its traceparent names
// (https://www.w3.org/TR/trace-context/). One that is malformed is passed over.
func withRemote(ctx context.Context, header http.Header) context.Context {
	if header.Get("Traceparent") == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
}

// begin begins the span of a request. In a WebSocket, which may be open for days, each operation has a trace of its own,
// with a link to the one that the socket was opened in.
func (t *traces) begin(ctx context.Context, x *transport.Exchange, header http.Header) context.Context {
	ctx = withRemote(ctx, header)
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}
	if x.Over == transport.OverWebSocket {
		options = append(options, trace.WithNewRoot())
		if opened := trace.LinkFromContext(ctx); opened.SpanContext.IsValid() {
			options = append(options, trace.WithLinks(opened))
		}
	}
	ctx, _ = t.tracer.Start(ctx, "GraphQL Operation", options...)
	return ctx
}

// end ends the span of a request, if it has not ended.
func (t *traces) end(ctx context.Context, x *transport.Exchange) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	attrs := make([]attribute.KeyValue, 0, 8)
	attrs = append(attrs,
		attribute.String("gatehouse.transport", x.Over),
		attribute.String("gatehouse.request_id", requestid.FromContext(ctx)))
	if x.Method != "" {
		attrs = append(attrs, attribute.String("http.request.method", x.Method))
	}
	if x.Status != 0 {
		attrs = append(attrs, attribute.Int("http.response.status_code", x.Status))
	}
	if x.Operation != "" {
		span.SetName(string(x.Operation))
		attrs = append(attrs,
			attribute.String("graphql.operation.type", string(x.Operation)),
			attribute.Int("gatehouse.complexity", x.Complexity))
		if x.Name != "" {
			attrs = append(attrs, attribute.String("graphql.operation.name", nameOf(x)))
		}
	}
	if outcome := x.Outcome(); outcome != transport.OutcomeOK {
		attrs = append(attrs, attribute.String("error.type", outcome))
		if outcome == string(fault.Internal) {
			span.SetStatus(codes.Error, "")
		}
	}
	span.SetAttributes(attrs...)
	span.End()
}

// recording says whether the context belongs to a span that is to be sent, and has not ended.
func recording(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }
