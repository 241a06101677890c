package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// readers ask for products, each as soon as they have an answer, while others ask for something dear.
const readers = 2

// crowd is what readers have of a server beside others, and what these have.
type crowd struct {
	rate     float64 // the readers' requests a second
	p50, p99 float64 // the readers', in ms
	others   float64 // what the others had done, a second
	failed   float64 // requests of either that were not answered as they should be
	peak     float64 // MiB that were resident, at the most
}

// The figures that are held against something.
func crowdP99(c crowd) float64    { return c.p99 }
func crowdPeak(c crowd) float64   { return c.peak }
func crowdFailed(c crowd) float64 { return c.failed }

// longest is how long others stay if nobody tells them to leave.
const longest = time.Hour

// Names of scenarios.
const (
	nobody       = "2 readers alone"
	loginFlood   = "login flood of 16"
	eightWriters = "8 writers"
)

// scenario is what others do beside the readers.
type scenario struct {
	name     string
	servers  []string                   // who is measured
	settings []string                   // of a Gatehouse
	others   func(access string) stream // whose name is empty if there are none
}

func scenarios() []scenario {
	own := []string{gatehouse, gatehouseCached}
	return []scenario{
		{name: nobody, servers: append(own, floor), others: func(string) stream { return stream{} }},
		{name: loginFlood, servers: own, others: func(string) stream { return flood() }, settings: []string{
			// Past the free ones the next try would have to wait, and cost next to nothing.
			"GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT=100000", "GATEHOUSE_BACKOFF_FREE_PER_ADDRESS=100000",
		}},
		{name: eightWriters, servers: own, others: func(access string) stream {
			h := &hand{access: access}
			return stream{name: eightWriters, callers: 8, next: h.create, then: h.answered, failing: true}
		}},
	}
}

// flood is of clients that sign in, every other with a wrong password.
func flood() stream {
	var tries atomic.Int64
	return stream{
		name:    loginFlood,
		callers: 16,
		failing: true,
		next: func(context.Context) (request, error) {
			given := credentials
			if tries.Add(1)%2 == 0 {
				given = operation.Variables{"username": "caller", "password": "not " + password}
			}
			return graphQL(operation.Operation{Query: operation.Obtain, Variables: given}, "")
		},
		then: func(answer []byte) error {
			if _, err := data(answer); err == nil {
				return nil
			}
			if err := code(answer); !errors.Is(err, errCode("INVALID_CREDENTIALS")) {
				return fmt.Errorf("refused otherwise: %w", err)
			}
			return nil
		},
	}
}

// crowd measures a scenario for so long with a server of its own, which has all cores, under the name of a Gatehouse or the floor.
func (s *shop) crowd(ctx context.Context, sc scenario, name string, long time.Duration) (crowd, error) {
	server, end, err := s.alone(ctx, name, everyCore(), sc.settings...)
	if err != nil {
		return crowd{}, err
	}
	defer end()
	leave := sc.come(ctx, server, s.access)
	read, err := s.readBeside(ctx, server, long)
	beside, failure := leave()
	if err = errors.Join(err, failure); err != nil {
		return crowd{}, err
	}
	status, err := server.process.NewStatus()
	if err != nil {
		return crowd{}, err
	}
	c := crowd{
		rate:   float64(read.answered) / read.seconds,
		p50:    read.p50,
		p99:    read.p99,
		failed: float64(read.failed + beside.failed),
		peak:   float64(status.VmHWM) / mebibyte,
	}
	if beside.seconds > 0 {
		c.others = float64(beside.answered) / beside.seconds
	}
	for _, of := range []result{read, beside} {
		if of.failure != nil {
			log.Printf("%s, %s: %d failed, the first: %v", sc.name, name, of.failed, of.failure)
		}
	}
	return c, nil
}

// come has the others begin. They go on until they are told to leave, which answers what came of them.
func (sc scenario) come(ctx context.Context, s *server, access string) (leave func() (result, error)) {
	others := sc.others(access)
	if others.name == "" {
		return func() (result, error) { return result{}, nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	var took result
	done := make(chan struct{})
	go func() {
		defer close(done)
		took, _ = others.load(ctx, s, longest) // the error is that they were told to leave
	}()
	return func() (result, error) {
		cancel()
		<-done
		if took.answered == 0 {
			return took, errors.Join(fmt.Errorf("%s: nothing was done beside the readers", sc.name), took.failure)
		}
		return took, nil
	}
}

// readBeside has the readers ask for so long, once the server is warm.
func (s *shop) readBeside(ctx context.Context, server *server, long time.Duration) (result, error) {
	products := operation.Operation{Name: products10, Query: operation.Products10}
	if _, err := load(ctx, server, products, "", readers, warm); err != nil {
		return result{}, err
	}
	return load(ctx, server, products, "", readers, long)
}

// crowdsMarkdown is the table of the medians; what failed is of all rounds.
func (m *measured) crowdsMarkdown() string {
	var b strings.Builder
	b.WriteString("| 2 readers of products, 10 beside | | reads/s | p50, ms | p99, ms | the others, a second | failed | peak, MiB |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|\n")
	title := titles()
	for _, r := range m.crowds.rows {
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.2f | %.2f | %.0f | %.0f | %.0f |\n", title(r.name), r.server,
			r.median(func(c crowd) float64 { return c.rate }), r.median(func(c crowd) float64 { return c.p50 }), r.median(crowdP99),
			r.median(func(c crowd) float64 { return c.others }), r.sum(crowdFailed), r.median(crowdPeak))
	}
	return b.String()
}
