package observe

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// namespace begins the names of Gatehouse's own metrics.
const namespace = "gatehouse"

// durations are the bounds of the histogram of requests, in seconds: from a document that is known and finds nothing, to
// the default of GATEHOUSE_REQUEST_TIMEOUT.
var durations = []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}

// metrics are counted here. Each label has few values, all of them this program's own.
type metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	errors    *prometheus.CounterVec
	documents *prometheus.CounterVec
	answers   *prometheus.CounterVec
	signIns   *prometheus.CounterVec
	refreshes *prometheus.CounterVec
	backoffs  prometheus.Counter
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("requests_total", "GraphQL requests that have ended, by how they came, type of operation, and ok, canceled or the code of the first error.",
			"transport", "operation", "outcome"),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "request_duration_seconds", Buckets: durations,
			Help: "How long GraphQL requests took, by type of operation. Subscriptions are not among them once they have begun.",
		}, []string{"operation"}),
		errors:    counter("errors_total", "Errors that were told to clients, by extensions.code; at most 100 of a request.", "code"),
		answers:   counter("answers_total", "Answers of fields of Query and Mutation, by what wrote them: a compiled plan, or gqlgen's interpreter.", "by"),
		documents: counter("documents_total", "Documents of requests, by whether they were known from an earlier request.", "known"),
		signIns:   counter("sign_ins_total", "Sign-ins, by ok, canceled or the code of their refusal.", "outcome"),
		refreshes: counter("refreshes_total", "Refreshes, by ok, canceled, or the reason or code of their refusal; TOKEN_REUSED is a stolen token.", "outcome"),
		backoffs: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "backoff_refusals_total",
			Help: "Sign-ins, registrations and password changes that were refused because there were too many failures before.",
		}),
	}
	m.registry.MustRegister(
		m.requests, m.durations, m.errors, m.documents, m.answers, m.signIns, m.refreshes, m.backoffs,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	m.begin()
	return m
}

// begin has those counters there from the start of which the first time matters: an increase from nothing is none to
// Prometheus.
func (m *metrics) begin() {
	for _, known := range []string{"true", "false"} {
		m.documents.WithLabelValues(known)
	}
	for _, by := range []string{"plan", "interpreter"} {
		m.answers.WithLabelValues(by)
	}
	for code := range knownCodes {
		m.errors.WithLabelValues(code)
	}
	for _, outcome := range []string{transport.OutcomeOK, string(fault.InvalidCredentials), string(fault.RateLimited), string(fault.Internal)} {
		m.signIns.WithLabelValues(outcome)
	}
	for _, outcome := range []string{transport.OutcomeOK, string(token.Reused), string(token.Expired), string(token.Revoked), string(fault.Internal)} {
		m.refreshes.WithLabelValues(outcome)
	}
}

// ended counts a request that has ended.
func (m *metrics) ended(x *transport.Exchange) {
	operation := typeOf(x)
	m.requests.WithLabelValues(x.Over, operation, labelOf(x.Outcome())).Inc()
	if !x.Streaming {
		m.durations.WithLabelValues(operation).Observe(x.Took.Seconds())
	}
	for _, code := range x.Codes {
		m.errors.WithLabelValues(labelOf(code)).Inc()
	}
}

func (m *metrics) documentRead(known bool) {
	label := "false"
	if known {
		label = "true"
	}
	m.documents.WithLabelValues(label).Inc()
}

func (m *metrics) answered(compiled bool) {
	by := "interpreter"
	if compiled {
		by = "plan"
	}
	m.answers.WithLabelValues(by).Inc()
}

// typeOf is the label of a request's type of operation.
func typeOf(x *transport.Exchange) string {
	switch x.Operation {
	case ast.Query, ast.Mutation, ast.Subscription:
		return string(x.Operation)
	}
	return "none"
}

// knownCodes are the codes that errors have.
var knownCodes = map[string]bool{
	string(fault.Unauthenticated): true, string(fault.Forbidden): true, string(fault.InvalidCredentials): true,
	string(fault.TokenNotValid): true, string(fault.BadUserInput): true, string(fault.NotFound): true,
	string(fault.RateLimited): true, string(fault.LimitExceeded): true, string(fault.NoSuchDocument): true,
	string(fault.Internal): true, errcode.ParseFailed: true, errcode.ValidationFailed: true,
}

// labelOf is the label of an outcome or a code. What is neither of those there are is "other": labels are not for clients
// to make up, nor for libraries.
func labelOf(outcome string) string {
	if knownCodes[outcome] || outcome == transport.OutcomeOK || outcome == transport.OutcomeCanceled {
		return outcome
	}
	return "other"
}

// outcomeOf is the label of what came of something that ended with the error: the reason of a refusal, or its code.
func outcomeOf(err error) string {
	var refused *fault.Error
	switch {
	case err == nil:
		return transport.OutcomeOK
	case errors.As(err, &refused) && refused.Reason != "":
		return refused.Reason
	case errors.Is(err, context.Canceled):
		return transport.OutcomeCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return string(fault.LimitExceeded)
	}
	return string(fault.CodeOf(err))
}
