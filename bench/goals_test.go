package main

import (
	"math"
	"strings"
	"testing"
)

func TestGoal(t *testing.T) {
	for _, c := range []struct {
		goal goal
		want string
	}{
		{goal{what: "CPU", figure: 1.6, unit: times, wanted: 1.6}, "CPU: 1.6 ×, wanted at most 1.6 ×: met"},
		{goal{what: "CPU", figure: 0.2037, unit: times, wanted: 0.2}, "CPU: 0.2037 ×, wanted at most 0.2 ×: **not met**"},
		{goal{what: "CPU", figure: 1.61, unit: times, wanted: 1.6}, "CPU: 1.61 ×, wanted at most 1.6 ×: **not met**"},
		{goal{what: "rate", figure: 2, unit: times, wanted: 2, atLeast: true}, "rate: 2 ×, wanted at least 2 ×: met"},
		{goal{what: "rate", figure: 1.99, unit: times, wanted: 2, atLeast: true}, "rate: 1.99 ×, wanted at least 2 ×: **not met**"},
		{goal{what: "failed", figure: 1, unit: "transactions"}, "failed: 1 transactions, wanted at most 0 transactions: **not met**"},
		{goal{what: "rate", figure: math.NaN(), unit: "ms", wanted: 2, atLeast: true}, "rate: not measured, wanted at least 2 ms"},
	} {
		if got := c.goal.String(); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

// perfect is a run in which all is as wanted, just so.
func perfect() *measured {
	var m measured
	add := func(name, server string, cpu, rate, memory float64) {
		m.operations.add(name, server, figures{cpu: cpu, rate: rate, memory: memory})
	}
	add(products10, gatehouse, 16, 300, 6)
	add(products10, gatehouseCached, 6, 900, 6)
	add(products10, floor, 10, 500, 1)
	add(products10, mercuriusJoin, 50, 200, 10)
	add(products10, mercuriusPruned, 40, 260, 10)
	add(products100, gatehouse, 160, 300, 5)
	add(products100, floor, 100, 500, 1)
	add(products100, mercuriusJoin, 500, 150, 9)
	add(products100, mercuriusPruned, 400, 260, 9)
	add(viewer, gatehouse, 16, 0, 99) // Mercurius was not asked
	add(viewer, floor, 10, 0, 1)
	add(tokenRefresh, gatehouse, 100, 0, 6)
	add(tokenRefresh, simpleJWT, 500, 0, 60)
	add(totalCount, gatehouse, 31, 0, 6)
	add(nested, gatehouse, 300, 0, 6)
	add(products10+large, gatehouse, 24, 0, 60)
	add(farPage+large, gatehouse, 31, 0, 60)
	for _, server := range []string{gatehouse, gatehouseCached} {
		m.crowds.add(loginFlood, server, crowd{p99: 15, peak: 130})
		m.crowds.add(eightWriters, server, crowd{p99: 1})
	}
	return &m
}

func TestGoals(t *testing.T) {
	all := perfect().goals()
	if len(all) != 22 {
		t.Errorf("%d goals, not 22", len(all))
	}
	for _, g := range all {
		if !g.met() {
			t.Errorf("of a perfect run: %s", g)
		}
	}
}

// Each figure that gets worse is noticed by those goals which it is in, and by no others.
func TestGoalsNotMet(t *testing.T) {
	for _, c := range []struct {
		name, server string
		worse        figures
		misses       []string
	}{
		{products10, gatehouse, figures{cpu: 17, rate: 300, memory: 6}, []string{products10 + ": CPU"}},
		{products10, gatehouse, figures{cpu: 16, rate: 299, memory: 6}, []string{products10 + ": throughput to Mercurius' with JOIN"}},
		{products100, mercuriusPruned, figures{cpu: 400, rate: 270}, []string{products100 + ": throughput to Mercurius' pruned"}},
		{products10, gatehouse, figures{cpu: 16, rate: 300, memory: 7}, []string{"memory after load"}},
		{products100, gatehouse, figures{cpu: 160, rate: 300, memory: 7}, []string{"memory after load"}},
		{products10, gatehouseCached, figures{cpu: 7}, []string{products10 + ", cached"}},
		{tokenRefresh, simpleJWT, figures{cpu: 400}, []string{tokenRefresh}},
		{totalCount, gatehouse, figures{cpu: 32}, []string{"totalCount"}},
		{products10 + large, gatehouse, figures{cpu: 24.1}, []string{"1,000,000 products"}},
		{farPage + large, gatehouse, figures{cpu: 31.3}, []string{"page 9,001"}},
	} {
		m := perfect()
		m.operations.find(c.name, c.server).rounds = []figures{c.worse}
		expectMisses(t, m, c.misses)
	}
	m := perfect()
	m.crowds.find(eightWriters, gatehouse).rounds = []crowd{{p99: 1}, {p99: 1, failed: 1}, {p99: 1}}
	expectMisses(t, m, []string{eightWriters + ", " + gatehouse + ": failed"})
	m = perfect()
	m.crowds.find(loginFlood, gatehouseCached).rounds = []crowd{{p99: 16, peak: 131}}
	expectMisses(t, m, []string{loginFlood + ", " + gatehouseCached + ": readers' p99", loginFlood + ", " + gatehouseCached + ": peak"})
}

// expectMisses looks at what is not met: lines that begin so, in this order.
func expectMisses(t *testing.T, m *measured, want []string) {
	t.Helper()
	var missed []string
	for _, g := range m.goals() {
		if !g.met() {
			missed = append(missed, g.String())
		}
	}
	if len(missed) != len(want) {
		t.Errorf("not met are %q, not %q", missed, want)
		return
	}
	for i, line := range missed {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("not met is %q, not %q", line, want[i])
		}
	}
}
