package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// At a terminal a bar shows how far the import is; its last trace is gone before the result is told.
func TestImportShowsItsProgressAtTheTerminal(t *testing.T) {
	t.Parallel()
	w := openWarehouse(t, 2000)
	term := openTerminal(t)
	command := w.command(t, "import", "products.csv")
	command.Stdout, command.Stderr = term.line, term.line
	if err := command.Run(); err != nil {
		t.Errorf("gatehouse import: %v\n%s", err, term)
	}
	if err := term.line.Close(); err != nil {
		t.Fatal(err)
	}
	<-term.closed
	screen := term.String()
	if !strings.Contains(screen, "Checking") || !strings.Contains(screen, "Importing") || !strings.Contains(screen, "%") {
		t.Errorf("no progress on the screen: %q", screen)
	}
	lines := strings.Split(strings.TrimSpace(screen), "\r")
	if last := strings.TrimSpace(lines[len(lines)-1]); !strings.HasPrefix(last, "Imported the products: 2000 created") {
		t.Errorf("the last line is %q", last)
	}
}

// BenchmarkImport imports 100,000 products, as `make bench-import` does: into an empty catalogue; once more, which
// changes nothing; and into another one, where it is killed half-way and begun again. It tells rows a second and
// the most memory that the process took.
func BenchmarkImport(b *testing.B) {
	const rows = 100_000
	measure := func(b *testing.B, w *warehouse, rows int, args ...string) {
		b.Helper()
		var peak int64
		for b.Loop() {
			command := w.command(b, args...)
			if out, err := command.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			peak = max(peak, peakMemory(command))
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
	}
	w := openWarehouse(b, rows)
	b.Run("new", func(b *testing.B) {
		if b.N > 1 {
			b.Fatal("products are new only once: -benchtime 1x")
		}
		measure(b, w, rows, "import", "products.csv")
	})
	b.Run("unchanged", func(b *testing.B) { measure(b, w, rows, "import", "products.csv") })
	b.Run("export", func(b *testing.B) { measure(b, w, rows, "export", filepath.Join(w.dir, "export.csv")) })
	w.complete(b)
	b.Run("atomic", func(b *testing.B) { measure(b, openWarehouse(b, rows), rows, "import", "--atomic", "products.csv") })
	b.Run("after-kill-9-half-way", func(b *testing.B) {
		w := openWarehouse(b, rows)
		w.cut(b, syscall.SIGKILL, func() bool { return w.imported(b) >= rows/2 })
		b.Logf("%d of %d products are there", w.imported(b), rows)
		measure(b, w, rows-w.imported(b), "import", "products.csv")
		w.complete(b)
	})
}

// peakMemory is the most memory that a process had at once, in bytes.
func peakMemory(ended *exec.Cmd) int64 {
	return ended.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}
