package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdown(t *testing.T) {
	var m measured
	for _, cpu := range []float64{30, 10, 500} {
		m.operations.add("products", gatehouse, figures{cpu: cpu, rate: 3000, p50: 1, p99: 2, memory: 50})
	}
	m.operations.add("products", floor, figures{cpu: 20, rate: 8000, p50: 0.5, p99: 1, memory: 16})
	m.operations.add("products", mercuriusJoin, figures{cpu: 60, rate: 2000, p50: 2, p99: 4, memory: 90})
	m.operations.add("search", gatehouse, figures{cpu: 40, rate: 1000, p50: 3, p99: 9, memory: 51})
	m.operations.add(tokenRefresh, gatehouse, figures{cpu: 100, rate: 900, p50: 3, p99: 9, memory: 51})
	m.operations.add(tokenRefresh, simpleJWT, figures{cpu: 2000, rate: 300, p50: 3, p99: 9, memory: 60})
	const want = `| | | CPU, µs a request | × floor | × peer | requests/s | × peer | p50, ms | p99, ms | resident, MiB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
| products | Gatehouse | 30.0 | 1.50 | 0.50 | 3000 | 1.50 | 1.00 | 2.00 | 50 |
|  | floor | 20.0 | 1.00 | 0.33 | 8000 | 4.00 | 0.50 | 1.00 | 16 |
|  | Mercurius, JOIN | 60.0 | 3.00 | 1.00 | 2000 | 1.00 | 2.00 | 4.00 | 90 |
| search | Gatehouse | 40.0 |  |  | 1000 |  | 3.00 | 9.00 | 51 |
| tokenRefresh | Gatehouse | 100.0 |  | 0.05 | 900 | 3.00 | 3.00 | 9.00 | 51 |
|  | SimpleJWT | 2000.0 |  | 1.00 | 300 | 1.00 | 3.00 | 9.00 | 60 |
`
	if diff := cmp.Diff(want, m.operationsMarkdown()); diff != "" {
		t.Error(diff)
	}
}

func TestMarkdownOfWhatWasNotMeasured(t *testing.T) {
	var m measured
	text := m.markdown("How.\n")
	if strings.Contains(text, "readers of products") || strings.Contains(text, "until the last is told") {
		t.Errorf("tables without a row:\n%s", text)
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, ": met") || !strings.Contains(text, "not measured") {
		t.Errorf("goals that nothing is known of:\n%s", text)
	}
}

// What failed in one round is not lost in the median.
func TestCrowdsMarkdown(t *testing.T) {
	var m measured
	for _, failed := range []float64{0, 3, 0} {
		m.crowds.add(eightWriters, gatehouse, crowd{rate: 5000, p50: 0.2, p99: 0.9, others: 400, failed: failed, peak: 60})
	}
	const want = "| 8 writers | Gatehouse | 5000 | 0.20 | 0.90 | 400 | 3 | 60 |\n"
	if text := m.crowdsMarkdown(); !strings.HasSuffix(text, want) {
		t.Errorf("%s\nhas not the row\n%s", text, want)
	}
}

func TestKeep(t *testing.T) {
	document := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) {
		if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("above\n" + begin + "old\n" + end + "below\n")
	if err := keep(document, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("above\n"+begin+"new\n"+end+"below\n", string(got)); diff != "" {
		t.Error(diff)
	}
	write("no marks\n")
	if err := keep(document, "new\n"); err == nil {
		t.Error("a document without marks was written")
	}
}
