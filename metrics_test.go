package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// private is where the program shows its metrics.
func (p *program) private(t *testing.T) string {
	t.Helper()
	pattern := regexp.MustCompile(`msg="serving metrics and profiles" address=(\S+)`)
	if err := p.awaitLog(pattern); err != nil {
		t.Fatal(err)
	}
	return "http://" + pattern.FindStringSubmatch(p.log.String())[1]
}

func fetch(t *testing.T, url string) (text string, status int) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), response.StatusCode
}

// The program counts what it does; whoever may ask for it is asked at an address of its own.
func TestMetrics(t *testing.T) {
	s := openShop(t, "GATEHOUSE_METRICS_ADDR=127.0.0.1:0", "GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT=1",
		"GATEHOUSE_RESPONSE_CACHE=off") // so that each document is looked up
	private := s.private(t)
	_, refresh := register(t, s.url, "mona")
	v := &visitor{url: s.url}
	const refreshing = `mutation ($token: String!) { tokenRefresh(refresh: $token) { refresh } }`
	for _, ask := range []struct {
		query     string
		variables map[string]any
	}{
		{`query OneOfMany { products { totalCount } }`, nil},
		{`query OneOfMany { products { totalCount } }`, nil},
		{`query OneOfMany { prodcts { totalCount } }`, nil},
		{`{ me { username } }`, nil},
		{signIn, map[string]any{"username": "mona", "password": "wrong"}},
		{signIn, map[string]any{"username": "mona", "password": "wrong"}},
		{signIn, map[string]any{"username": "mona", "password": "wrong"}},
		{refreshing, map[string]any{"token": refresh}},
		{refreshing, map[string]any{"token": "rubbish"}},
	} {
		_, _ = v.ask(t.Context(), ask.query, ask.variables)
	}
	text, _ := fetch(t, private+"/metrics")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	for _, line := range []string{
		// That of openShop is a query as well.
		`gatehouse_requests_total{operation="query",outcome="ok",transport="http"} 3`,
		`gatehouse_requests_total{operation="query",outcome="UNAUTHENTICATED",transport="http"} 1`,
		`gatehouse_requests_total{operation="none",outcome="GRAPHQL_VALIDATION_FAILED",transport="http"} 1`,
		`gatehouse_requests_total{operation="mutation",outcome="RATE_LIMITED",transport="http"} 2`,
		`gatehouse_errors_total{code="INVALID_CREDENTIALS"} 1`,
		`gatehouse_sign_ins_total{outcome="ok"} 2`,
		`gatehouse_sign_ins_total{outcome="INVALID_CREDENTIALS"} 1`,
		`gatehouse_sign_ins_total{outcome="RATE_LIMITED"} 2`,
		`gatehouse_backoff_refusals_total 2`,
		`gatehouse_refreshes_total{outcome="ok"} 1`,
		`gatehouse_refreshes_total{outcome="TOKEN_INVALID"} 1`,
		`gatehouse_password_hashes_working 0`,
		`gatehouse_password_hashes_total 5`,
		`gatehouse_documents_total{known="true"} 7`,
		`go_sql_in_use_connections{db_name="write"} 0`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	for _, never := range []string{"OneOfMany", "mona", "rubbish", goodPassword, "prodcts"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is among the metrics", never)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
		if _, status := fetch(t, s.url+path); status != http.StatusNotFound {
			t.Errorf("to the public, %s is %d", path, status)
		}
	}
	if heap, status := fetch(t, private+"/debug/pprof/heap"); status != http.StatusOK || strings.Contains(heap, goodPassword) {
		t.Errorf("the heap is %d", status)
	}
}

// While the program waits for a running request at its end, it still shows what it does; then nothing is left open.
func TestMetricsAreShownUntilTheEnd(t *testing.T) {
	s := openShop(t, "GATEHOUSE_METRICS_ADDR=127.0.0.1:0")
	private := s.private(t)
	// A request of which the end is yet to come keeps the server from stopping.
	reader, writer := io.Pipe()
	read := make(chan struct{}) // the server has begun to read it
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(read) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/graphql", reader)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Expect", "100-continue")
	answered := make(chan error)
	go func() {
		response, err := s.seller.client.Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		answered <- err
	}()
	if _, err := fmt.Fprint(writer, `{"query":`); err != nil {
		t.Fatal(err)
	}
	<-read
	ended := make(chan error)
	go func() { ended <- s.terminate() }()
	if err := s.awaitLog(regexp.MustCompile(`msg="shutting down`)); err != nil {
		t.Fatal(err)
	}
	if _, status := fetch(t, private+"/metrics"); status != http.StatusOK {
		t.Errorf("metrics are %d while the server stops", status)
	}
	if _, err := fmt.Fprint(writer, `"{ __typename }"}`); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
