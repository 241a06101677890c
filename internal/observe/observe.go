// Package observe shows those who run the server what it does: in figures for Prometheus, in traces of OpenTelemetry, and
// in the log. It is told by the packages that do something, through the interfaces and hooks that those declare, and they
// know nothing of it.
//
// Nothing that a client sends is a label, an attribute or a line of it but the name of an operation, of which there is
// only so much: no variables, no documents, no tokens, no addresses.
package observe

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gatehouse/gatehouse/internal/transport"
)

// Settings say what is observed.
type Settings struct {
	Log      *slog.Logger // Required.
	Requests bool         // log each request
	Metrics  bool         // count, for Listen
	Traces   bool         // send traces, where and how the variables of OpenTelemetry say: see TracesWanted
	Version  string       // of this program, for traces
}

// Observer observes. Many goroutines may use it at once.
type Observer struct {
	log     *slog.Logger
	lines   bool
	metrics *metrics // nil: nothing is counted
	traces  *traces  // nil: nothing is traced
}

// New makes an observer, which is to be closed. Its error says what is wrong with the variables of OpenTelemetry.
func New(ctx context.Context, s Settings) (*Observer, error) {
	o := &Observer{log: s.Log, lines: s.Requests && s.Log.Enabled(ctx, slog.LevelInfo)}
	if s.Metrics {
		o.metrics = newMetrics()
	}
	if s.Traces {
		traces, err := newTraces(ctx, s.Log, s.Version)
		if err != nil {
			return nil, err
		}
		o.traces = traces
	}
	return o, nil
}

// Close sends what has not been sent of traces. That may fail, of which the log tells, and last until the context ends.
func (o *Observer) Close(ctx context.Context) {
	if o.traces == nil {
		return
	}
	if err := o.traces.provider.Shutdown(ctx); err != nil {
		o.log.WarnContext(ctx, "sending the last traces", "error", err)
	}
}

// Requests is what observes requests: nil if nobody wants to know of them.
func (o *Observer) Requests() transport.Observer {
	if !o.lines && o.metrics == nil && o.traces == nil {
		return nil
	}
	return requests{o}
}

// requests implements transport.Observer.
type requests struct{ *Observer }

// Asked begins a span, or notes the trace that the request belongs to elsewhere.
func (o requests) Asked(ctx context.Context, x *transport.Exchange, header http.Header) context.Context {
	if o.traces == nil {
		return withRemote(ctx, header)
	}
	return o.traces.begin(ctx, x, header)
}

// Begun ends the span of a subscription, which may last for days: its trace tells how it began, and nothing that is done
// in it later is traced.
func (o requests) Begun(ctx context.Context, x *transport.Exchange) {
	if o.traces != nil {
		o.traces.end(ctx, x)
	}
	if o.lines {
		o.logBegun(ctx, x)
	}
}

// Ended counts and logs a request, and ends its span.
func (o requests) Ended(ctx context.Context, x *transport.Exchange) {
	if o.traces != nil {
		o.traces.end(ctx, x)
	}
	if o.metrics != nil {
		o.metrics.ended(x)
	}
	if o.lines {
		o.logEnded(ctx, x)
	}
}

// DocumentRead counts a document that a request had: known says whether it was read before. It is nil if nobody wants to
// know.
func (o *Observer) DocumentRead() func(known bool) {
	if o.metrics == nil {
		return nil
	}
	return o.metrics.documentRead
}

// Answered counts an answer to a field of Query or Mutation: compiled says whether a plan wrote it. It is nil if nobody wants
// to know.
func (o *Observer) Answered() func(compiled bool) {
	if o.metrics == nil {
		return nil
	}
	return o.metrics.answered
}

// BackoffRefused counts a try that had to wait. It is nil if nobody wants to know.
func (o *Observer) BackoffRefused() func() {
	if o.metrics == nil {
		return nil
	}
	return o.metrics.backoffs.Inc
}

// SignIn, Refresh and Step implement account.Observer.

// SignIn counts a sign-in by what came of it.
func (o *Observer) SignIn(err error) {
	if o.metrics != nil {
		o.metrics.signIns.WithLabelValues(outcomeOf(err)).Inc()
	}
}

// Refresh counts a refresh by what came of it.
func (o *Observer) Refresh(err error) {
	if o.metrics != nil {
		o.metrics.refreshes.WithLabelValues(outcomeOf(err)).Inc()
	}
}

// Step begins a span of that name, within the one of a request.
func (o *Observer) Step(ctx context.Context, name string) (end func()) {
	if o.traces == nil || !recording(ctx) {
		return nothing
	}
	_, span := o.traces.tracer.Start(ctx, name)
	return func() { span.End() }
}

func nothing() {}
