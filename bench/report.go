package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// measured is all that was measured.
type measured struct {
	operations table[figures]
	crowds     table[crowd]
	audiences  table[audience]
}

// markdown is all of it: the tables, how it was measured, and what was wanted.
func (m *measured) markdown(how string) string {
	var b strings.Builder
	b.WriteString(m.operationsMarkdown())
	if len(m.crowds.rows) > 0 {
		b.WriteString("\n" + m.crowdsMarkdown())
	}
	if len(m.audiences.rows) > 0 {
		b.WriteString("\n" + m.audiencesMarkdown())
	}
	b.WriteString("\n" + how + "\nWhat was wanted:\n\n" + list(m.goals()))
	return b.String()
}

// operationsMarkdown is the table of what an operation takes.
func (m *measured) operationsMarkdown() string {
	var b strings.Builder
	b.WriteString("| | | CPU, µs a request | × floor | × peer | requests/s | × peer | p50, ms | p99, ms | resident, MiB |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	title := titles()
	for _, r := range m.operations.rows {
		peer := m.operations.find(r.name, mercuriusJoin)
		if peer == nil {
			peer = m.operations.find(r.name, simpleJWT)
		}
		fmt.Fprintf(&b, "| %s | %s | %.1f | %s | %s | %.0f | %s | %.2f | %.2f | %.0f |\n", title(r.name), r.server,
			r.median(cpu), ratio(r, m.operations.find(r.name, floor), cpu), ratio(r, peer, cpu),
			r.median(rate), ratio(r, peer, rate),
			r.median(p50), r.median(p99), r.median(memory))
	}
	return b.String()
}

// titles answers each name once, and nothing when it comes again.
func titles() func(string) string {
	last := ""
	return func(name string) string {
		if name == last {
			return ""
		}
		last = name
		return name
	}
}

// ratio of a row's median to another row's, which may be missing.
func ratio[F any](r, to *row[F], of func(F) float64) string {
	if to == nil {
		return ""
	}
	quotient := r.median(of) / to.median(of)
	if math.IsNaN(quotient) || math.IsInf(quotient, 0) {
		return "–"
	}
	return fmt.Sprintf("%.2f", quotient)
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
	pinned := "the servers on one core and the load on another, and beside others the server on all of them"
	if !canPin() {
		pinned = "servers and load on any core"
	}
	return fmt.Sprintf("Medians of %d interleaved rounds of %v each, with %d connections (single writes: %d): %s. %s, %d cores, Linux %s, %s, Node.js %s; %s.\n",
		rounds, long, connections, writers, pinned, processor, runtime.NumCPU(), strings.TrimSpace(string(kernel)),
		strings.Replace(runtime.Version(), "go", "Go ", 1), strings.TrimSpace(string(node)), time.Now().UTC().Format(time.DateOnly))
}

// The marks in a document between which the figures stand.
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
		return errors.New(document + " has not the marks between which the figures stand")
	}
	return os.WriteFile(document, []byte(before+begin+text+end+after), 0o644)
}
