package observe

import (
	"context"
	"log/slog"
	"math"

	"go.opentelemetry.io/otel/trace"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/requestid"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// maxName is how much is told of an operation's name, in bytes. Names are ASCII letters, digits and underscores.
const maxName = 64

// nameOf is the name of an operation, as far as it is told.
func nameOf(x *transport.Exchange) string { return x.Name[:min(len(x.Name), maxName)] }

// logBegun writes the line of a subscription that has begun.
func (o *Observer) logBegun(ctx context.Context, x *transport.Exchange) {
	var room [12]slog.Attr
	o.log.LogAttrs(ctx, slog.LevelInfo, "stream begun", identity(ctx, x, room[:0])...)
}

// logEnded writes the line of a request that has ended.
func (o *Observer) logEnded(ctx context.Context, x *transport.Exchange) {
	var room [12]slog.Attr
	attrs, message := identity(ctx, x, room[:0]), "request"
	if x.Streaming {
		message = "stream ended"
		attrs = append(attrs, slog.Int("events", x.Events))
	}
	if x.Status != 0 {
		attrs = append(attrs, slog.Int("status", x.Status))
	}
	attrs = append(attrs,
		slog.String("outcome", x.Outcome()),
		slog.Float64("duration_ms", math.Round(float64(x.Took.Microseconds()))/1000))
	o.log.LogAttrs(ctx, slog.LevelInfo, message, attrs...)
}

// identity appends what says which request it is, and whose.
func identity(ctx context.Context, x *transport.Exchange, attrs []slog.Attr) []slog.Attr {
	attrs = append(attrs, slog.String("request_id", requestid.FromContext(ctx)), slog.String("over", x.Over))
	if x.Method != "" {
		attrs = append(attrs, slog.String("method", x.Method))
	}
	if x.Operation != "" {
		attrs = append(attrs, slog.String("type", string(x.Operation)))
		if x.Name != "" {
			attrs = append(attrs, slog.String("name", nameOf(x)))
		}
		attrs = append(attrs, slog.Int("cost", x.Complexity))
	}
	if viewer := auth.Known(ctx); viewer.SignedIn() {
		attrs = append(attrs, slog.Int64("user", viewer.UserID))
	}
	if of := trace.SpanContextFromContext(ctx); of.HasTraceID() {
		attrs = append(attrs, slog.String("trace_id", of.TraceID().String()))
	}
	return attrs
}
