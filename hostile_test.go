package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/hostile"
)

// coded is an answer with errors.
type coded struct {
	Errors []struct {
		Message    string
		Extensions struct {
			Code  string
			Limit struct {
				Name string
				Max  int64
			}
		}
	}
}

// TestHostileRequests sends requests that mean harm to the program. Each is refused, with its code, and in few words; none
// does any harm to what comes after it. How long it takes is for `make hostile` to say.
func TestHostileRequests(t *testing.T) {
	shop := openShop(t)
	for _, request := range hostile.Requests() {
		t.Run(request.Name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shop.url+"/graphql", request.Send())
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			text, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			var answer coded
			if err := json.Unmarshal(text, &answer); err != nil || len(answer.Errors) == 0 {
				t.Fatalf("%v: %.500s", err, text)
			}
			for _, e := range answer.Errors {
				if e.Extensions.Code != request.Code {
					t.Errorf("%s: %s; want %s", e.Extensions.Code, e.Message, request.Code)
				}
				if said := fmt.Sprint(e.Extensions.Limit.Max); e.Extensions.Code == "OPERATION_LIMIT_EXCEEDED" && (e.Extensions.Limit.Name == "" || !strings.Contains(e.Message, said)) {
					t.Errorf("%s: does not say which limit is exceeded: %+v", e.Message, e.Extensions.Limit)
				}
			}
			if want := max(request.Status, http.StatusOK); response.StatusCode != want || len(answer.Errors) > 5 || len(text) > 4000 {
				t.Errorf("status %d, want %d: %d errors in %d bytes", response.StatusCode, want, len(answer.Errors), len(text))
			}
		})
	}
	if _, err := shop.seller.ask(t.Context(), `{ products { totalCount } }`, nil); err != nil {
		t.Errorf("after all that: %v", err)
	}
	if complaints := shop.complaints(); complaints != nil {
		t.Errorf("the log: %s", complaints)
	}
}

// TestSlowBody sends a byte now and then. When the time for a request is up, the client is told so, and the connection is
// over.
func TestSlowBody(t *testing.T) {
	shop := openShop(t, "GATEHOUSE_REQUEST_TIMEOUT=1s")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(shop.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				if _, err := io.WriteString(conn, " "); err != nil {
					return
				}
			}
		}
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	var answer coded
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Errors) != 1 {
		t.Fatalf("status %d: %v", response.StatusCode, err)
	}
	e := answer.Errors[0]
	if response.StatusCode != http.StatusRequestTimeout || e.Extensions.Code != "OPERATION_LIMIT_EXCEEDED" || e.Extensions.Limit.Name != "timeout" || e.Extensions.Limit.Max != 1000 {
		t.Errorf("status %d: %+v", response.StatusCode, e)
	}
}
