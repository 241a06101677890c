package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse/gatehouse/bench/operation"
)

func TestMarkdown(t *testing.T) {
	var measured table
	asked, alone := operation.Operation{Name: "products"}, operation.Operation{Name: "search"}
	for _, cpu := range []float64{30, 10, 500} { // the median is neither the mean nor the middle one
		measured.add(asked, &server{name: gatehouse}, figures{cpu: cpu, rate: 3000, p50: 1, p99: 2, memory: 50})
	}
	measured.add(asked, &server{name: floor}, figures{cpu: 20, rate: 8000, p50: 0.5, p99: 1, memory: 16})
	measured.add(asked, &server{name: mercuriusJoin}, figures{cpu: 60, rate: 2000, p50: 2, p99: 4, memory: 90})
	measured.add(alone, &server{name: gatehouse}, figures{cpu: 40, rate: 1000, p50: 3, p99: 9, memory: 51})
	const want = `| | | CPU, µs a request | × floor | requests/s | × Mercurius, JOIN | p50, ms | p99, ms | resident, MiB |
|---|---|--:|--:|--:|--:|--:|--:|--:|
| products | Gatehouse | 30.0 | 1.50 | 3000 | 1.50 | 1.00 | 2.00 | 50 |
|  | floor | 20.0 | 1.00 | 8000 | 4.00 | 0.50 | 1.00 | 16 |
|  | Mercurius, JOIN | 60.0 | 3.00 | 2000 | 1.00 | 2.00 | 4.00 | 90 |
| search | Gatehouse | 40.0 |  | 1000 |  | 3.00 | 9.00 | 51 |
`
	if diff := cmp.Diff(want, measured.markdown()); diff != "" {
		t.Error(diff)
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
