package main

import (
	"fmt"
	"math"
	"strings"
)

// goal is what a figure was wanted to be.
type goal struct {
	what    string
	figure  float64 // NaN: not measured
	unit    string  // after the figure: "×" for a ratio
	wanted  float64
	atLeast bool // not at most
}

// met says whether the figure is as wanted; one that was not measured is not.
func (g goal) met() bool {
	if g.atLeast {
		return g.figure >= g.wanted
	}
	return g.figure <= g.wanted
}

// String is the line: what it is of, its figure, what was wanted, and whether that is met.
func (g goal) String() string {
	bound, verdict := "at most", "**not met**"
	if g.atLeast {
		bound = "at least"
	}
	if g.met() {
		verdict = "met"
	}
	if math.IsNaN(g.figure) {
		return fmt.Sprintf("%s: not measured, wanted %s %g %s", g.what, bound, g.wanted, g.unit)
	}
	return fmt.Sprintf("%s: %.4g %s, wanted %s %g %s: %s", g.what, g.figure, g.unit, bound, g.wanted, g.unit, verdict)
}

// times is how often one figure holds another: the unit of ratios.
const times = "×"

// goals are what is wanted of all that was measured.
func (m *measured) goals() []goal {
	all := append(m.readGoals(), m.crowdGoals()...)
	return append(all, m.growthGoals()...)
}

// readGoals are of single operations.
func (m *measured) readGoals() []goal {
	of := func(name, server string, figure func(figures) float64) float64 {
		return m.operations.find(name, server).median(figure)
	}
	own := func(name string) float64 { return of(name, gatehouse, cpu) }
	return []goal{
		{what: products10 + ": CPU to the floor's", figure: own(products10) / of(products10, floor, cpu), unit: times, wanted: 1.6},
		{what: products100 + ": CPU to the floor's", figure: own(products100) / of(products100, floor, cpu), unit: times, wanted: 1.6},
		{what: products10 + ": throughput to Mercurius' with JOIN", figure: of(products10, gatehouse, rate) / of(products10, mercuriusJoin, rate), unit: times, wanted: 1.5, atLeast: true},
		{what: products100 + ": throughput to Mercurius' with JOIN", figure: of(products100, gatehouse, rate) / of(products100, mercuriusJoin, rate), unit: times, wanted: 2, atLeast: true},
		{what: products10 + ": throughput to Mercurius' pruned by hand", figure: of(products10, gatehouse, rate) / of(products10, mercuriusPruned, rate), unit: times, wanted: 1.15, atLeast: true},
		{what: products100 + ": throughput to Mercurius' pruned by hand", figure: of(products100, gatehouse, rate) / of(products100, mercuriusPruned, rate), unit: times, wanted: 1.15, atLeast: true},
		{what: products10 + ", cached: CPU to the floor's", figure: of(products10, gatehouseCached, cpu) / of(products10, floor, cpu), unit: times, wanted: 0.6},
		{what: viewer + ": CPU to the floor's", figure: own(viewer) / of(viewer, floor, cpu), unit: times, wanted: 1.6},
		{what: tokenRefresh + ": CPU to SimpleJWT's", figure: own(tokenRefresh) / of(tokenRefresh, simpleJWT, cpu), unit: times, wanted: 0.2},
		{what: "totalCount: CPU that it adds to " + products10, figure: own(totalCount) - own(products10), unit: "µs", wanted: 15},
		{what: nested + ": CPU", figure: own(nested), unit: "µs", wanted: 300},
	}
}

// crowdGoals are of readers beside others, with the response cache and without.
func (m *measured) crowdGoals() (all []goal) {
	for _, server := range []string{gatehouse, gatehouseCached} {
		flood, writing := m.crowds.find(loginFlood, server), m.crowds.find(eightWriters, server)
		all = append(all,
			goal{what: loginFlood + ", " + server + ": readers' p99", figure: flood.median(crowdP99), unit: "ms", wanted: 15},
			goal{what: loginFlood + ", " + server + ": peak memory", figure: flood.median(crowdPeak), unit: "MiB", wanted: 130},
			goal{what: eightWriters + ", " + server + ": failed", figure: writing.sum(crowdFailed), unit: "transactions", wanted: 0},
			goal{what: eightWriters + ", " + server + ": readers' p99", figure: writing.median(crowdP99), unit: "ms", wanted: 1},
		)
	}
	return all
}

// growthGoals are of many products, and of memory.
func (m *measured) growthGoals() []goal {
	small := m.operations.find(products10, gatehouse).median(cpu)
	many := m.operations.find(products10+large, gatehouse).median(cpu)
	far := m.operations.find(farPage+large, gatehouse).median(cpu)
	return []goal{
		{what: "page 9,001 of 1,000,000 products: CPU to page 1's", figure: far / many, unit: times, wanted: 1.3},
		{what: "1,000,000 products: CPU of page 1 to that of 10,000", figure: many / small, unit: times, wanted: 1.5},
		{what: "memory after load to Mercurius' with JOIN", figure: m.memory(gatehouse) / m.memory(mercuriusJoin), unit: times, wanted: 0.6},
	}
}

// memory is the most that a server held after one of the operations that Mercurius is asked as well, in MiB; NaN if it was asked none.
func (m *measured) memory(server string) float64 {
	most := math.NaN()
	for _, r := range m.operations.rows {
		if r.server == server && m.operations.find(r.name, mercuriusJoin) != nil {
			if held := r.median(memory); !(held <= most) { // also when there was none before
				most = held
			}
		}
	}
	return most
}

// list is the goals as Markdown.
func list(goals []goal) string {
	var b strings.Builder
	for _, g := range goals {
		fmt.Fprintf(&b, "- %s\n", g)
	}
	return b.String()
}
