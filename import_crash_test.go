package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bulkBatch is how many rows of an import are written at once.
const bulkBatch = 500

// warehouse is a directory with a catalogue, and with a file of products to import.
type warehouse struct {
	dir      string
	settings []string
	rows     int
	db       *sql.DB // looks at the database from outside
}

// openWarehouse makes a catalogue, on SQLite, with the sample's categories, and a file of so many products.
func openWarehouse(tb testing.TB, rows int) *warehouse {
	tb.Helper()
	w := &warehouse{dir: tb.TempDir(), rows: rows, settings: []string{"GATEHOUSE_DATABASE_URL=sqlite://data/gatehouse.db"}}
	w.run(tb, "demo")
	writeProducts(tb, filepath.Join(w.dir, "products.csv"), rows)
	var err error
	if w.db, err = sql.Open("sqlite3", "file:"+filepath.Join(w.dir, "data", "gatehouse.db")+"?mode=ro&_busy_timeout=5000"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.db.Close() })
	return w
}

// writeProducts writes a file of products, the same ones each time: names that recur, texts of very different
// lengths, prices and stocks that follow from the number.
func writeProducts(tb testing.TB, path string, rows int) {
	tb.Helper()
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("tea cocoa coffee Knäcke bread dark light roasted green 東京 organic fine large small box tin of with and jar smoked cheese")
	shelves := []string{"beverages", "condiments", "confections", "dairy-products", "grains-cereals", "meat-poultry", "produce", "seafood"}
	fmt.Fprintln(out, "sku,name,description,price,stock,category,is_published")
	for i := range rows {
		text := make([]string, random.IntN(60))
		for j := range text {
			text[j] = words[random.IntN(len(words))]
		}
		name := words[random.IntN(len(words))] + " " + words[random.IntN(len(words))]
		fmt.Fprintf(out, "SKU-%d,%s %d,\"%s\",%d.%02d,%d,%s,%t\n", i, name, i/2, strings.Join(text, " "), i/100, i%100, i%7, shelves[i%len(shelves)], i%10 != 0)
	}
	if err := errors.Join(out.Flush(), file.Close()); err != nil {
		tb.Fatal(err)
	}
}

func (w *warehouse) command(tb testing.TB, args ...string) *exec.Cmd {
	command := exec.CommandContext(lifetime(tb), "gatehouse", args...)
	command.Dir, command.Env = w.dir, testEnvironment(tb, w.dir, w.settings...)
	return command
}

// run runs a command to its end, and answers what it told on the standard output.
func (w *warehouse) run(tb testing.TB, args ...string) string {
	tb.Helper()
	var complaints bytes.Buffer
	command := w.command(tb, args...)
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		tb.Fatalf("gatehouse %s: %v\n%s", strings.Join(args, " "), err, complaints.String())
	}
	return string(out)
}

// number is what a query of one number answers.
func (w *warehouse) number(tb testing.TB, query string) (n int) {
	tb.Helper()
	if err := w.db.QueryRowContext(tb.Context(), query).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// imported is how many products of the file there are.
func (w *warehouse) imported(tb testing.TB) int {
	tb.Helper()
	return w.number(tb, `SELECT COUNT(*) FROM products WHERE sku IS NOT NULL`)
}

// cut begins to import the file and, once enough holds, sends a signal. It waits for the end, and answers what was
// told on the standard error.
func (w *warehouse) cut(tb testing.TB, signal os.Signal, enough func() bool, flags ...string) string {
	tb.Helper()
	var complaints bytes.Buffer
	command := w.command(tb, append([]string{"import", "products.csv"}, flags...)...)
	command.Stderr = &complaints
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for !enough() {
		select {
		case err := <-ended:
			tb.Fatalf("the import ended by itself: %v\n%s", err, complaints.String())
		case <-time.After(time.Millisecond):
		}
	}
	if err := command.Process.Signal(signal); err != nil {
		tb.Fatal(err)
	}
	if err := <-ended; err == nil {
		tb.Fatal("the import was done before it could be interrupted")
	}
	return complaints.String()
}

// check checks that every product of the file that is there is whole, and there once.
func (w *warehouse) check(tb testing.TB) {
	tb.Helper()
	for what, query := range map[string]string{
		"are not as in the file": `SELECT COUNT(*) FROM products WHERE sku IS NOT NULL AND
			(price <> substr(sku, 5) OR stock <> substr(sku, 5) % 7 OR is_published <> (substr(sku, 5) % 10 <> 0) OR version <> 1 OR owner_id IS NOT NULL
			OR name NOT LIKE '% ' || (substr(sku, 5) / 2) OR lower(sku) <> sku_key OR created_at <> updated_at)`,
		"are there twice": `SELECT COUNT(sku_key) - COUNT(DISTINCT sku_key) FROM products`,
		"lack a category": `SELECT COUNT(*) FROM products LEFT JOIN categories ON categories.id = category_id WHERE categories.id IS NULL`,
	} {
		if n := w.number(tb, query); n != 0 {
			tb.Errorf("%d products %s", n, what)
		}
	}
	var verdict string
	if err := w.db.QueryRowContext(tb.Context(), `PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		tb.Errorf("the database is %s, %v", verdict, err)
	}
}

// complete imports the rest, and then all of it once more, which changes nothing.
func (w *warehouse) complete(tb testing.TB) {
	tb.Helper()
	there := w.imported(tb)
	out := w.run(tb, "import", "products.csv")
	if want := fmt.Sprintf("%d created, 0 updated, %d unchanged, 0 rejected", w.rows-there, there); !strings.Contains(out, want) {
		tb.Errorf("told %q, want %s", out, want)
	}
	w.check(tb)
	last := w.number(tb, `SELECT MAX(id) FROM products`)
	out = w.run(tb, "import", "products.csv")
	if want := fmt.Sprintf("0 created, 0 updated, %d unchanged, 0 rejected", w.rows); !strings.Contains(out, want) {
		tb.Errorf("told %q, want %s", out, want)
	}
	w.check(tb)
	if n := w.imported(tb); n != w.rows || w.number(tb, `SELECT MAX(id) FROM products`) != last {
		tb.Errorf("%d products, want %d", n, w.rows)
	}
}

// An import that is killed leaves whole batches of whole products, however often; the next one goes on.
func TestKilledImportGoesOn(t *testing.T) {
	t.Parallel()
	w := openWarehouse(t, 8000)
	for _, rows := range []int{1, 2000, 4500} {
		w.cut(t, syscall.SIGKILL, func() bool { return w.imported(t) >= rows })
		if n := w.imported(t); n < rows || n%bulkBatch != 0 {
			t.Errorf("%d products: no number of whole batches", n)
		}
		w.check(t)
	}
	w.complete(t)
}

// One that writes all or nothing leaves nothing.
func TestKilledAtomicImportLeavesNothing(t *testing.T) {
	t.Parallel()
	w := openWarehouse(t, 15000)
	log := filepath.Join(w.dir, "data", "gatehouse.db-wal")
	w.cut(t, syscall.SIGKILL, func() bool {
		info, err := os.Stat(log) // what is written and not committed
		return err == nil && info.Size() > 4<<20
	}, "--atomic")
	if n := w.imported(t); n != 0 {
		t.Errorf("%d products", n)
	}
	w.complete(t)
}

// An interrupt ends an import between two batches, and it says where.
func TestInterruptedImport(t *testing.T) {
	t.Parallel()
	w := openWarehouse(t, 8000)
	told := w.cut(t, os.Interrupt, func() bool { return w.imported(t) >= 1000 })
	found := regexp.MustCompile(`(?m)^gatehouse: the import ended after (\d+) rows, which are in the catalogue; run it again to go on: `).FindStringSubmatch(told)
	if found == nil || found[1] != strconv.Itoa(w.imported(t)) {
		t.Errorf("told %q, with %d products", told, w.imported(t))
	}
	w.complete(t)
}

// While products are imported, others are made through a serving program, and no one is refused.
func TestSellingDuringAnImport(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	writeProducts(t, filepath.Join(s.dir, "products.csv"), 5000)
	w := &warehouse{dir: s.dir}
	done := make(chan string)
	go func() {
		defer close(done)
		out, err := w.command(t, "import", "products.csv").CombinedOutput()
		if err != nil {
			t.Errorf("gatehouse import: %v\n%s", err, out)
		}
	}()
	var group sync.WaitGroup
	for client := range 2 {
		group.Go(func() {
			seller := visitor{url: s.url, token: s.seller.token}
			defer seller.client.CloseIdleConnections()
			for n, under := 0, true; under; n++ {
				select {
				case <-done:
					under = false
				default:
				}
				data, err := seller.ask(t.Context(), createProduct, map[string]any{"name": fmt.Sprintf("Client %d, product %d", client, n), "category": s.shelf})
				if err == nil {
					_, err = follow(data, "productCreate.product.id")
				}
				if err != nil {
					t.Errorf("a seller was refused: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	<-done
	data, err := s.seller.ask(t.Context(), `{ products(where: {sku: {startsWith: "sku-"}, isPublished: true}, first: 0) { totalCount } }`, nil)
	if n := must(t, data, err)("products.totalCount"); n != "4500" {
		t.Errorf("%s products were imported, want 4500 published ones", n)
	}
}
