package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/montanaflynn/stats"
	"github.com/prometheus/procfs"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// table has the figures of all rounds, in the order in which they were first added.
type table struct{ rows []*row }

// row is of one operation and server.
type row struct {
	operation, server string
	rounds            []figures
}

func (t *table) add(o operation.Operation, s *server, f figures) {
	r := t.find(o.Name, s.name)
	if r == nil {
		r = &row{operation: o.Name, server: s.name}
		t.rows = append(t.rows, r)
	}
	r.rounds = append(r.rounds, f)
}

func (t *table) find(operation, server string) *row {
	for _, r := range t.rows {
		if r.operation == operation && r.server == server {
			return r
		}
	}
	return nil
}

// median of one of the figures; NaN for no row.
func (r *row) median(of func(figures) float64) float64 {
	var all stats.Float64Data
	if r != nil {
		for _, f := range r.rounds {
			all = append(all, of(f))
		}
	}
	m, _ := stats.Median(all) // the error is that there are none, and then it is NaN
	return m
}

func cpu(f figures) float64  { return f.cpu }
func rate(f figures) float64 { return f.rate }

// markdown is the table of the medians. CPU time is compared with the floor's, throughput with that of Mercurius.
func (t *table) markdown() string {
	var b strings.Builder
	b.WriteString("| | | CPU, µs a request | × floor | requests/s | × Mercurius, JOIN | p50, ms | p99, ms | resident, MiB |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	last := ""
	for _, r := range t.rows {
		title := r.operation
		if title == last {
			title = ""
		}
		last = r.operation
		fmt.Fprintf(&b, "| %s | %s | %.1f | %s | %.0f | %s | %.2f | %.2f | %.0f |\n", title, r.server,
			r.median(cpu), ratio(r, t.find(r.operation, floor), cpu),
			r.median(rate), ratio(r, t.find(r.operation, mercuriusJoin), rate),
			r.median(func(f figures) float64 { return f.p50 }), r.median(func(f figures) float64 { return f.p99 }),
			r.median(func(f figures) float64 { return f.memory }))
	}
	return b.String()
}

// ratio of a row's median to another row's, which may be missing.
func ratio(r, to *row, of func(figures) float64) string {
	if to == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", r.median(of)/to.median(of))
}

// machine says what it was measured on, and how.
func machine(ctx context.Context, rounds int, long time.Duration) string {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return err.Error()
	}
	processor := "an unnamed processor"
	if cores, err := fs.CPUInfo(); err == nil && len(cores) > 0 {
		processor = cores[0].ModelName
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease") // or it stays unsaid
	node, _ := exec.CommandContext(ctx, "node", "--version").Output()
	pinned := "the servers on one core and the load on another"
	if !canPin() {
		pinned = "servers and load on any core"
	}
	return fmt.Sprintf("Medians of %d interleaved rounds of %v each, with %s connections (writes: %d): %s. %s, %d cores, Linux %s, %s, Node.js %s; %s.\n",
		rounds, long, connections, writers, pinned, processor, runtime.NumCPU(), strings.TrimSpace(string(kernel)),
		strings.Replace(runtime.Version(), "go", "Go ", 1), strings.TrimSpace(string(node)), time.Now().UTC().Format(time.DateOnly))
}

// The marks in a document between which the table stands.
const (
	begin = "<!-- make bench writes this -->\n"
	end   = "<!-- to here -->\n"
)

// keep puts the text between the marks of the document.
func keep(document, text string) error {
	old, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(old), begin)
	_, after, ended := strings.Cut(rest, end)
	if !begun || !ended {
		return errors.New(document + " has not the marks between which the table stands")
	}
	return os.WriteFile(document, []byte(before+begin+text+end+after), 0o644)
}
