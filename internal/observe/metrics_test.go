package observe_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/logtest"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/kept"
	"github.com/gatehouse/gatehouse/internal/observe"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// counting is an observer that counts, and what it shows of that.
type counting struct {
	*observe.Observer
	t   *testing.T
	url string
}

func newCounting(t *testing.T) *counting {
	t.Helper()
	log := &logtest.Journal{}
	o, err := observe.New(t.Context(), observe.Settings{Log: slog.New(slog.NewTextHandler(log, nil)), Metrics: true})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite3", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	private, err := o.Listen(t.Context(), "127.0.0.1:0", observe.Sources{
		Pools: map[string]*sql.DB{"read": pool, "write": pool},
		Hashing: func() account.HashingFigures {
			return account.HashingFigures{Working: 1, Waiting: 2, Done: 3, Refused: 4}
		},
		Streams: func() transport.Figures { return transport.Figures{Sockets: 5, Streams: 6, Events: 7, Dropped: 8} },
		Answers: func() kept.Figures { return kept.Figures{Hits: 9, Misses: 10, Bytes: 11} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := private.Close(); err != nil {
			t.Error(err)
		}
	})
	address := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(log.String())
	return &counting{Observer: o, t: t, url: "http://" + address[1]}
}

// get is the answer of the private listener, and its status.
func (c *counting) get(path string) (text string, status int) {
	c.t.Helper()
	response, err := http.Get(c.url + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(body), response.StatusCode
}

// shows says whether the metrics have that line.
func (c *counting) shows(lines ...string) {
	c.t.Helper()
	text, _ := c.get("/metrics")
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			c.t.Errorf("there is no line %s", line)
		}
	}
	if c.t.Failed() {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "gatehouse_") && !strings.Contains(line, "_bucket") {
				c.t.Log(line)
			}
		}
	}
}

// ended has a request end.
func (c *counting) ended(x transport.Exchange) {
	c.Requests().Ended(context.Background(), &x)
}

// What `promtool check metrics` says, this says, too: it is the same code.
func TestMetricsAreAsTheyShouldBe(t *testing.T) {
	c := newCounting(t)
	for _, operation := range []ast.Operation{"", ast.Query, ast.Mutation, ast.Subscription} {
		c.ended(transport.Exchange{Over: transport.OverHTTP, Operation: operation})
	}
	text, status := c.get("/metrics")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if !strings.Contains(text, "\ngatehouse_requests_total{") {
		t.Error("there are no requests")
	}
}

// Every metric of Gatehouse's own has a row in the documentation, and no other has.
func TestMetricsAreDocumented(t *testing.T) {
	c := newCounting(t)
	c.ended(transport.Exchange{Over: transport.OverHTTP, Operation: ast.Query})
	text, _ := c.get("/metrics")
	document, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(gatehouse_[a-z_]+)` \\|").FindAllStringSubmatch(string(document), -1) {
		documented[row[1]] = true
	}
	for _, family := range regexp.MustCompile(`(?m)^# TYPE (gatehouse_[a-z_]+) `).FindAllStringSubmatch(text, -1) {
		if !documented[family[1]] {
			t.Errorf("%s is not documented", family[1])
		}
		delete(documented, family[1])
	}
	for name := range documented {
		t.Errorf("%s is documented, and not there", name)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	c := newCounting(t)
	c.ended(transport.Exchange{Over: transport.OverHTTP, Operation: ast.Query, Name: "Shelf", Took: 3 * time.Millisecond})
	c.ended(transport.Exchange{Over: transport.OverHTTP, Operation: ast.Query, Name: "Shelf2", Took: 7 * time.Millisecond})
	c.ended(transport.Exchange{Over: transport.OverWebSocket, Operation: ast.Mutation, Codes: []string{"FORBIDDEN", "NOT_FOUND", "FORBIDDEN"}})
	c.ended(transport.Exchange{Over: transport.OverHTTP, Codes: []string{"whatever a library says", ""}})
	c.ended(transport.Exchange{Over: transport.OverEvents, Operation: ast.Subscription, Streaming: true, Took: time.Hour})
	c.ended(transport.Exchange{Over: transport.OverEvents, Operation: "made up"})
	c.shows(
		`gatehouse_requests_total{operation="query",outcome="ok",transport="http"} 2`,
		`gatehouse_requests_total{operation="mutation",outcome="FORBIDDEN",transport="websocket"} 1`,
		`gatehouse_requests_total{operation="none",outcome="other",transport="http"} 1`,
		`gatehouse_requests_total{operation="none",outcome="ok",transport="sse"} 1`,
		`gatehouse_requests_total{operation="subscription",outcome="ok",transport="sse"} 1`,
		`gatehouse_errors_total{code="FORBIDDEN"} 2`,
		`gatehouse_errors_total{code="NOT_FOUND"} 1`,
		`gatehouse_errors_total{code="other"} 2`,
		`gatehouse_errors_total{code="UNAUTHENTICATED"} 0`,
		`gatehouse_request_duration_seconds_bucket{operation="query",le="0.002"} 0`,
		`gatehouse_request_duration_seconds_bucket{operation="query",le="0.005"} 1`,
		`gatehouse_request_duration_seconds_bucket{operation="query",le="0.01"} 2`,
		`gatehouse_request_duration_seconds_count{operation="query"} 2`,
	)
	text, _ := c.get("/metrics")
	for _, never := range []string{"Shelf", "whatever", "made up", `duration_seconds_count{operation="subscription"}`} {
		if strings.Contains(text, never) {
			t.Errorf("%s is among the metrics", never)
		}
	}
}

func TestAccountsAreCounted(t *testing.T) {
	c := newCounting(t)
	busy := fault.New(fault.RateLimited, "Busy.")
	for _, err := range []error{
		nil, nil, fault.New(fault.InvalidCredentials, "No."), errors.Join(errors.New("somewhere"), busy), errors.New("disk full"),
		context.Canceled, context.DeadlineExceeded,
	} {
		c.SignIn(err)
	}
	c.Refresh(nil)
	c.Refresh(&fault.Error{Code: fault.TokenNotValid, Reason: "TOKEN_REUSED"})
	c.Refresh(fault.BadInput("there is no token"))
	c.BackoffRefused()()
	c.DocumentRead()(true)
	c.DocumentRead()(true)
	c.DocumentRead()(false)
	c.Answered()(true)
	c.Answered()(false)
	c.Answered()(true)
	c.shows(
		`gatehouse_sign_ins_total{outcome="ok"} 2`,
		`gatehouse_sign_ins_total{outcome="INVALID_CREDENTIALS"} 1`,
		`gatehouse_sign_ins_total{outcome="RATE_LIMITED"} 1`,
		`gatehouse_sign_ins_total{outcome="INTERNAL_SERVER_ERROR"} 1`,
		`gatehouse_sign_ins_total{outcome="canceled"} 1`,
		`gatehouse_sign_ins_total{outcome="OPERATION_LIMIT_EXCEEDED"} 1`,
		`gatehouse_refreshes_total{outcome="ok"} 1`,
		`gatehouse_refreshes_total{outcome="TOKEN_REUSED"} 1`,
		`gatehouse_refreshes_total{outcome="BAD_USER_INPUT"} 1`,
		`gatehouse_refreshes_total{outcome="TOKEN_EXPIRED"} 0`,
		`gatehouse_backoff_refusals_total 1`,
		`gatehouse_documents_total{known="true"} 2`,
		`gatehouse_documents_total{known="false"} 1`,
		`gatehouse_answers_total{by="plan"} 2`,
		`gatehouse_answers_total{by="interpreter"} 1`,
	)
}

func TestSourcesAreAsked(t *testing.T) {
	newCounting(t).shows(
		`gatehouse_password_hashes_working 1`,
		`gatehouse_password_hashes_waiting 2`,
		`gatehouse_password_hashes_total 3`,
		`gatehouse_password_hashes_refused_total 4`,
		`gatehouse_websockets_open 5`,
		`gatehouse_streams_open 6`,
		`gatehouse_stream_events_total 7`,
		`gatehouse_stream_clients_dropped_total 8`,
		`go_sql_open_connections{db_name="read"} 0`,
		`go_sql_open_connections{db_name="write"} 0`,
	)
}

func TestThePrivateListener(t *testing.T) {
	c := newCounting(t)
	for path, want := range map[string]int{
		"/metrics":                       200,
		"/debug/pprof/":                  200,
		"/debug/pprof/heap?debug=1":      200,
		"/debug/pprof/goroutine":         200,
		"/debug/pprof/symbol":            200,
		"/debug/pprof/profile?seconds=1": 200,
		"/debug/pprof/trace?seconds=0.1": 200,
		"/debug/pprof/cmdline":           404, // settings may be on the command line
		"/":                              404,
		"/graphql":                       404,
		"/metrics/":                      404,
	} {
		if text, status := c.get(path); status != want {
			t.Errorf("%s: %d %.200s", path, status, text)
		}
	}
	response, err := http.Post(c.url+"/metrics", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", response.StatusCode)
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	taken := newCounting(t)
	o, err := observe.New(t.Context(), observe.Settings{Log: slog.New(slog.DiscardHandler), Metrics: true})
	if err != nil {
		t.Fatal(err)
	}
	private, err := o.Listen(t.Context(), strings.TrimPrefix(taken.url, "http://"), observe.Sources{})
	if err == nil || !strings.HasPrefix(err.Error(), "listening for metrics: ") {
		t.Errorf("error %v", err)
	}
	if err := private.Close(); err != nil { // of none
		t.Error(err)
	}
}

// Who wants to know nothing gives nobody work.
func TestNothingIsObservedUnlessAsked(t *testing.T) {
	for name, s := range map[string]observe.Settings{
		"nothing":      {Log: slog.New(slog.DiscardHandler)},
		"a silent log": {Log: slog.New(slog.NewTextHandler(&logtest.Journal{}, &slog.HandlerOptions{Level: slog.LevelWarn})), Requests: true},
	} {
		o, err := observe.New(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if o.Requests() != nil || o.DocumentRead() != nil || o.Answered() != nil || o.BackoffRefused() != nil || o.Driver() != nil {
			t.Errorf("%s: somebody observes", name)
		}
		o.SignIn(nil)
		o.Refresh(nil)
		o.Step(t.Context(), "step")()
		o.Close(t.Context())
	}
}
