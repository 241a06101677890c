package main

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// receiver takes the traces that the program sends, as OTLP over HTTP.
type receiver struct {
	url string

	mu    sync.Mutex
	raw   [][]byte
	spans []*trace.Span
	about []*common.KeyValue // the program
	err   error
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// ServeHTTP takes an export.
func (r *receiver) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	export := &collector.ExportTraceServiceRequest{}
	if err == nil {
		err = proto.Unmarshal(body, export)
	}
	if err != nil || request.URL.Path != "/v1/traces" {
		r.err = err
		return
	}
	r.raw = append(r.raw, body)
	for _, of := range export.ResourceSpans {
		r.about = of.Resource.Attributes
		for _, scope := range of.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
}

// attribute is a span's attribute; empty if it has none of that name.
func attribute(list []*common.KeyValue, name string) string {
	for _, kv := range list {
		if kv.Key == name {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

// named are the spans of that operation.
func (r *receiver) named(operation string) (found []*trace.Span) {
	for _, s := range r.spans {
		if attribute(s.Attributes, "graphql.operation.name") == operation {
			found = append(found, s)
		}
	}
	return found
}

// below are the names of all that happened within a span, which must all have happened within its time.
func (r *receiver) below(t *testing.T, of *trace.Span) (names []string) {
	t.Helper()
	for _, s := range r.spans {
		if !bytes.Equal(s.ParentSpanId, of.SpanId) {
			continue
		}
		if !bytes.Equal(s.TraceId, of.TraceId) || s.StartTimeUnixNano < of.StartTimeUnixNano || s.EndTimeUnixNano > of.EndTimeUnixNano {
			t.Errorf("%s is not within its parent", s.Name)
		}
		names = append(names, s.Name)
		names = append(names, r.below(t, s)...)
	}
	return names
}

// What a request does is one trace, the one that its client began; and nothing that a client or a database says is in it.
func TestTraces(t *testing.T) {
	const traceID = "0af7651916cd43dd8448eb211c80319c"
	to := newReceiver(t)
	p := start(t, t.TempDir(), "OTEL_EXPORTER_OTLP_ENDPOINT="+to.url, "OTEL_SERVICE_NAME=corner", "OTEL_RESOURCE_ATTRIBUTES=shop.branch=north")
	v := &visitor{url: p.url}
	access, refresh := register(t, p.url, "tracy")

	header := http.Header{"Content-Type": {"application/json"}, "Traceparent": {"00-" + traceID + "-b7ad6b7169203331-01"}}
	query := `mutation SignIn($password: String!) { tokenObtain(username: "tracy", password: $password) { access } }`
	if _, err := send(t.Context(), &v.client, http.MethodPost, p.url+"/graphql", header, question(query, map[string]any{"password": goodPassword})); err != nil {
		t.Fatal(err)
	}
	v.token = access
	for _, ask := range []struct {
		query     string
		variables map[string]any
	}{
		{`mutation Wrong { tokenObtain(username: "tracy", password: "inline-secret-1") { access } }`, nil},
		{`mutation Refresh($token: String) { tokenRefresh(refresh: $token) { access } }`, map[string]any{"token": refresh}},
		{`query Search($words: String) { products(search: $words, where: {nameContains: "inline-secret-2"}) { nodes { name } } }`, map[string]any{"words": "variable-secret-3"}},
		{`mutation Profile($in: ProfileUpdateInput!) { profileUpdate(input: $in) { user { firstName } } }`, map[string]any{"in": map[string]any{"firstName": "variable-secret-4"}}},
		{`query Me { me { username email sessions { nodes { id } } } }`, nil},
		{`query Refused { me { nothing(like: "inline-secret-5") } }`, nil},
	} {
		_, _ = v.ask(t.Context(), ask.query, ask.variables) // refusals are traced as well
	}
	if err := p.terminate(); err != nil { // which sends the rest
		t.Fatal(err)
	}

	to.mu.Lock()
	defer to.mu.Unlock()
	if to.err != nil || attribute(to.about, "service.name") != "corner" || attribute(to.about, "shop.branch") != "north" {
		t.Fatalf("%v, about %v", to.err, to.about)
	}
	signIns := to.named("SignIn")
	if len(signIns) != 1 {
		t.Fatalf("%d spans of SignIn", len(signIns))
	}
	signedIn := signIns[0]
	if hex.EncodeToString(signedIn.TraceId) != traceID || hex.EncodeToString(signedIn.ParentSpanId) != "b7ad6b7169203331" {
		t.Errorf("the trace is %x, below %x", signedIn.TraceId, signedIn.ParentSpanId)
	}
	if signedIn.Name != "mutation" || signedIn.Kind != trace.Span_SPAN_KIND_SERVER ||
		attribute(signedIn.Attributes, "http.request.method") != "POST" || attribute(signedIn.Attributes, "gatehouse.request_id") == "" {
		t.Errorf("the span is %v", signedIn)
	}
	below := to.below(t, signedIn)
	for _, name := range []string{"SELECT", "INSERT", "UPDATE", "BEGIN", "COMMIT", "argon2id", "wait for a turn to hash"} {
		if !slices.Contains(below, name) {
			t.Errorf("signing in is %q: no %s", below, name)
		}
	}
	if !strings.Contains(p.log.String(), "name=SignIn cost=1 trace_id="+traceID) {
		t.Error("the log does not name the trace")
	}
	if wrong := to.named("Wrong"); len(wrong) != 1 || attribute(wrong[0].Attributes, "error.type") != "INVALID_CREDENTIALS" || bytes.Equal(wrong[0].TraceId, signedIn.TraceId) {
		t.Errorf("spans of Wrong: %v", wrong)
	}
	to.checkTree(t)
	for _, secret := range []string{
		goodPassword, "inline-secret", "variable-secret", "eyJ", "tracy", "shop.example", "argon2id$", "nothing(", "127.0.0.1",
	} {
		for _, body := range to.raw {
			if at := bytes.Index(body, []byte(secret)); at >= 0 {
				t.Errorf("%q is in a trace: …%q…", secret, body[max(0, at-200):min(len(body), at+100)])
			}
		}
	}
}

// checkTree has every span be below another, but for those of requests; statements tell their text, and no errors.
func (r *receiver) checkTree(t *testing.T) {
	t.Helper()
	known := map[string]bool{}
	for _, s := range r.spans {
		known[string(s.SpanId)] = true
	}
	statements, system := 0, "sqlite"
	if databasetest.OnPostgres() {
		system = "postgresql"
	}
	for _, s := range r.spans {
		switch request := s.Kind == trace.Span_SPAN_KIND_SERVER; {
		case request && len(s.ParentSpanId) > 0 && attribute(s.Attributes, "graphql.operation.name") != "SignIn",
			!request && !known[string(s.ParentSpanId)]:
			t.Errorf("%s is not where it belongs", s.Name)
		}
		if s.Status.GetMessage() != "" || len(s.Events) > 0 {
			t.Errorf("%s tells of an error: %v", s.Name, s)
		}
		if text := attribute(s.Attributes, "db.query.text"); strings.Contains(text, "?") || strings.Contains(text, "$1") {
			statements++
			if attribute(s.Attributes, "db.system.name") != system || !strings.HasPrefix(text, s.Name+" ") || len(text) > 2048 {
				t.Errorf("the statement is %v", s)
			}
		}
	}
	if statements == 0 {
		t.Error("there are no statements")
	}
}

// A receiver that is not there, or fails, is in nobody's way, and no reason to fail.
func TestTracesThatCannotBeSent(t *testing.T) {
	p := start(t, t.TempDir(), "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT=100")
	v := &visitor{url: p.url}
	if _, err := v.ask(t.Context(), `{ products { totalCount } }`, nil); err != nil {
		t.Error(err)
	}
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(p.log.String(), "traces") {
		t.Error("the log says nothing of it")
	}
}

// A stream's trace tells how it began, and is sent while it lasts; what happens in it later is not traced.
func TestTracesOfStreams(t *testing.T) {
	to := newReceiver(t)
	s := openShop(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+to.url, "OTEL_BSP_SCHEDULE_DELAY=10")
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + s.seller.token}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql",
		bytes.NewReader(question(`subscription Follow { productChanged { product { name } } }`, nil)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := s.seller.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	await(t, "its span is sent", func() bool {
		to.mu.Lock()
		defer to.mu.Unlock()
		return len(to.named("Follow")) == 1
	})
	if _, err := s.seller.ask(t.Context(), createProduct, map[string]any{"name": "New", "category": s.shelf}); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, 1)
	for !bytes.Contains(heard, []byte(`"New"`)) {
		more := make([]byte, 1024)
		n, err := response.Body.Read(more)
		if heard = append(heard, more[:n]...); err != nil {
			t.Fatalf("%v: %s", err, heard)
		}
	}
	if err := s.terminate(); err != nil {
		t.Fatal(err)
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	to.checkTree(t)
	if name := attribute(to.about, "service.name"); name != "gatehouse" {
		t.Errorf("the service is %q", name)
	}
	if follows := to.named("Follow"); len(follows) != 1 {
		t.Errorf("%d spans of the stream", len(follows))
	} else {
		for _, span := range to.spans {
			if bytes.Equal(span.TraceId, follows[0].TraceId) && span.StartTimeUnixNano > follows[0].EndTimeUnixNano {
				t.Errorf("%s came after the stream had begun", span.Name)
			}
		}
	}
	if !strings.Contains(s.log.String(), `msg="stream ended"`) || !strings.Contains(s.log.String(), "events=1") {
		t.Error("the log does not tell of the stream's end")
	}
}
