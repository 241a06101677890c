package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// counting is a server that answers the n-th request with n, or with status 500 where that is refused.
func counting(t *testing.T, refused func(n int64) bool) *server {
	t.Helper()
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := asked.Add(1)
		if refused(n) {
			http.Error(w, "refused", http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprint(w, n)
	}))
	t.Cleanup(s.Close)
	return &server{url: s.URL}
}

// relay is a stream in which each request takes what an answer gave.
func relay(answers *[]string) stream {
	batons := make(pool, 2)
	batons <- "first"
	batons <- "second"
	return stream{
		name:    "relay",
		callers: 2,
		next: func(ctx context.Context) (request, error) {
			baton, err := batons.take(ctx)
			return request{path: "/", body: []byte(baton)}, err
		},
		then: func(answer []byte) error {
			*answers = append(*answers, string(answer))
			batons <- string(answer)
			return nil
		},
	}
}

func TestStream(t *testing.T) {
	var answers []string
	s := counting(t, func(int64) bool { return false })
	took, err := relay(&answers).load(t.Context(), s, 50*time.Millisecond)
	if err != nil || took.whole() != nil {
		t.Fatal(err, took.whole())
	}
	if took.answered != len(answers) || took.seconds <= 0 || took.p99 < took.p50 || took.p50 <= 0 {
		t.Errorf("%d answers make %+v", len(answers), took)
	}
}

// Of two batons one is lost with the failure: nobody may wait for it.
func TestStreamEndsAtAFailure(t *testing.T) {
	var answers []string
	s := counting(t, func(n int64) bool { return n == 5 })
	took, err := relay(&answers).load(t.Context(), s, time.Hour)
	if err != nil || took.failed != 1 || took.whole() == nil || !strings.Contains(took.failure.Error(), "refused") {
		t.Errorf("%+v (%v), not one failure that says why", took, err)
	}
}

func TestStreamGoesOnWhenItMayFail(t *testing.T) {
	odd := errors.New("odd")
	var asked int
	st := stream{
		name:    "coins",
		callers: 1,
		failing: true,
		next:    func(context.Context) (request, error) { return request{path: "/"}, nil },
		then: func(answer []byte) error {
			if asked++; strings.ContainsAny(string(answer[len(answer)-1:]), "13579") {
				return odd
			}
			return nil
		},
	}
	took, err := st.load(t.Context(), counting(t, func(int64) bool { return false }), 50*time.Millisecond)
	if err != nil || took.answered+took.failed != asked || took.answered != asked/2 || !errors.Is(took.failure, odd) {
		t.Errorf("of %d requests: %+v (%v), not every other", asked, took, err)
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	st := stream{
		name:    "endless",
		callers: 2,
		next:    func(context.Context) (request, error) { return request{path: "/"}, nil },
		then:    func([]byte) error { cancel(); return nil },
	}
	took, err := st.load(ctx, counting(t, func(int64) bool { return false }), time.Hour)
	if !errors.Is(err, context.Canceled) || took.failed > 0 {
		t.Errorf("%+v (%v), not only that it was told to end", took, err)
	}
	if _, err := make(pool).take(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for what never comes: %v", err)
	}
}

func TestData(t *testing.T) {
	for body, ok := range map[string]bool{
		`{"data":{"a":{"b":1}}}`: true, `{"data":{"a":null,"b":1}}`: true,
		`{"data":{"a":null}}`: false, `{"data":null}`: false, `{"errors":[{"message":"no"}],"data":{"a":1}}`: false, `nothing`: false,
	} {
		if _, err := data([]byte(body)); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
	limited := `{"errors":[{"message":"no","extensions":{"code":"RATE_LIMITED"}}],"data":null}`
	if got, want := code([]byte(limited)), errCode("RATE_LIMITED"); !errors.Is(got, want) {
		t.Errorf("%s: %v, not %v", limited, got, want)
	}
	for _, body := range []string{`{"data":{}}`, `nothing`} {
		var is errCode
		if err := code([]byte(body)); err == nil || errors.As(err, &is) {
			t.Errorf("%s: %v, which is no code", body, err)
		}
	}
}
