package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// writers ask for writes at once: fewer than may try to sign in to one account before the next has to wait.
const writers = 4

// write is an operation that is asked with other variables each time. Only Gatehouse is asked for writes.
type write struct {
	operation.Operation
	next chan operation.Variables                                 // what is to be asked next
	then func(answer map[string]any) (operation.Variables, error) // what comes after an answer
}

// writes are what is measured, in this order, once everything else is.
func (s *server) writes(ctx context.Context) ([]*write, error) {
	credentials := operation.Variables{"username": "caller", "password": password}
	obtain := &write{
		Operation: operation.Operation{Name: "tokenObtain", Query: operation.Obtain},
		then:      func(map[string]any) (operation.Variables, error) { return credentials, nil },
	}
	refresh := &write{
		Operation: operation.Operation{Name: "tokenRefresh", Query: operation.Refresh},
		then: func(answer map[string]any) (operation.Variables, error) {
			tokens, _ := answer["tokenRefresh"].(map[string]any)
			return operation.Variables{"refresh": tokens["refresh"]}, nil
		},
	}
	created := 0
	another := func() operation.Variables {
		created++
		return operation.Variables{"name": fmt.Sprintf("Pewter spoon no. %06d", created), "category": strconv.Itoa(firstCategory + created%categories)}
	}
	create := &write{
		Operation: operation.Operation{Name: "productCreate", Query: operation.Create, Signed: true},
		then: func(answer map[string]any) (operation.Variables, error) {
			if payload, _ := answer["productCreate"].(map[string]any); payload["product"] == nil {
				return nil, fmt.Errorf("not created: %v", payload)
			}
			return another(), nil
		},
	}
	all := []*write{refresh, obtain, create}
	for _, w := range all {
		w.next = make(chan operation.Variables, writers)
	}
	for range writers {
		answer, err := s.ask(ctx, operation.Operation{Query: operation.Obtain, Variables: credentials}, "")
		if err != nil {
			return nil, err
		}
		tokens, _ := answer["tokenObtain"].(map[string]any)
		refresh.next <- operation.Variables{"refresh": tokens["refresh"]}
		obtain.next <- credentials
		create.next <- another()
	}
	return all, nil
}

// load has vegeta ask for so long, each writer as soon as it has an answer. It is an error when an answer has errors.
func (w *write) load(ctx context.Context, s *server, access string, long time.Duration) (result, error) {
	target := func(t *vegeta.Target) (err error) {
		o := w.Operation
		o.Variables = <-w.next
		t.Method, t.URL, t.Header = http.MethodPost, s.url+"/graphql", headers(o, access)
		t.Body, err = o.Body()
		return err
	}
	attacker := vegeta.NewAttacker(vegeta.Workers(writers), vegeta.MaxWorkers(writers), vegeta.Timeout(patience))
	defer context.AfterFunc(ctx, func() { attacker.Stop() })()
	var m vegeta.Metrics
	for r := range attacker.Attack(target, vegeta.Rate{}, long, w.Name) {
		m.Add(r)
		answer, err := data(r.Body)
		if err == nil {
			answer, err = w.then(answer)
		}
		if err != nil {
			return result{}, fmt.Errorf("%s %s: %w", r.Error, r.Body, err)
		}
		w.next <- answer
	}
	m.Close()
	taken := result{Seconds: (m.Duration + m.Wait).Seconds(), Answered: int(m.Requests)}
	taken.Latency.Percentiles.P50 = float64(m.Latencies.P50.Nanoseconds()) / 1e3
	taken.Latency.Percentiles.P99 = float64(m.Latencies.P99.Nanoseconds()) / 1e3
	return taken, ctx.Err()
}
