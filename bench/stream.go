package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// stream is requests that are not the same each time, such as those which follow from answers.
type stream struct {
	name    string
	callers int                                    // ask at once, each as soon as it has an answer
	next    func(context.Context) (request, error) // what is to be asked; called by several at once
	then    func(answer []byte) error              // what comes of an answer, or why it is not what was wanted; called one after the other
	failing bool                                   // goes on when a request fails, rather than end then
}

// load has vegeta ask for so long. The error is that of the context when it ends before.
func (st stream) load(whole context.Context, s *server, long time.Duration) (result, error) {
	ctx, cancel := context.WithCancel(whole)
	defer cancel()
	target := func(t *vegeta.Target) error {
		asked, err := st.next(ctx)
		t.Method, t.URL, t.Header, t.Body = http.MethodPost, s.url+asked.path, asked.header, asked.body
		return err
	}
	callers := uint64(st.callers)
	attacker := vegeta.NewAttacker(vegeta.Workers(callers), vegeta.MaxWorkers(callers), vegeta.Timeout(patience))
	defer context.AfterFunc(ctx, func() { attacker.Stop() })()
	var took result
	var m vegeta.Metrics
	for r := range attacker.Attack(target, vegeta.Rate{}, long, st.name) {
		if ctx.Err() != nil {
			continue // what was on its way then does not count
		}
		m.Add(r)
		if err := st.outcome(r); err != nil {
			if took.failed++; took.failure == nil {
				took.failure = err
			}
			if !st.failing {
				cancel()
			}
		}
	}
	m.Close()
	took.answered = int(m.Requests) - took.failed
	took.seconds = (m.Duration + m.Wait).Seconds()
	took.p50, took.p99 = milliseconds(m.Latencies.P50), milliseconds(m.Latencies.P99)
	return took, whole.Err()
}

// outcome is an error unless the answer is what was wanted.
func (st stream) outcome(r *vegeta.Result) error {
	if r.Error != "" {
		return fmt.Errorf("%s: %s %s", st.name, r.Error, r.Body)
	}
	if err := st.then(r.Body); err != nil {
		return fmt.Errorf("%s: %w", st.name, err)
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// pool is of things of which each is used by one request at a time, such as refresh tokens.
type pool chan string

// take waits for one.
func (p pool) take(ctx context.Context) (string, error) {
	select {
	case one := <-p:
		return one, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
