package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// endless starts a program whose lists of products have no end: a statement that reads them runs until it is stopped.
func endless(t *testing.T, settings ...string) (p *program, dir string) {
	t.Helper()
	dir = sqliteFolder(t)
	p = start(t, dir, settings...)
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "data", "gatehouse.db")+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"ALTER TABLE products RENAME TO real_products",
		"CREATE VIEW products AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT p.* FROM n LEFT JOIN real_products p ON p.id = -x",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return p, dir
}

// occupy has each of the program's readers read without end, until the context ends, and returns once they do.
// It tells the answers.
func occupy(ctx context.Context, t *testing.T, p *program, group *sync.WaitGroup, answered func(body []byte)) {
	t.Helper()
	for reader := range readers() { // as many as there are, each with a question of its own: what many ask runs once
		group.Go(func() {
			got, err := send(ctx, &http.Client{}, http.MethodPost, p.url+"/graphql", http.Header{"Content-Type": {"application/json"}},
				question(fmt.Sprintf(`{ products(first: 0, where: {stock: {gte: %d}}, orderBy: [{field: NAME, direction: ASC}]) { totalCount } }`, -reader), nil))
			if err == nil {
				answered(got.body)
			}
		})
	}
	for begun := time.Now(); readable(ctx, p, 300*time.Millisecond) && time.Since(begun) < patience; {
		time.Sleep(time.Millisecond)
	}
}

// readers is how many requests a program on this machine reads for at once.
func readers() int { return min(max(runtime.GOMAXPROCS(0), 2), 4) }

// readable says whether a reader has time for a question that nobody has asked before, within so long.
func readable(ctx context.Context, p *program, within time.Duration) bool {
	got, err := send(ctx, &http.Client{Timeout: within}, http.MethodPost, p.url+"/graphql", http.Header{"Content-Type": {"application/json"}},
		question(fmt.Sprintf(`{ categories(first: 0, where: {ids: ["%d"]}) { totalCount } }`, rand.Int64()), nil))
	return err == nil && string(got.body) == `{"data":{"categories":{"totalCount":0}}}`+"\n"
}

// When a client hangs up, what was read for it is read no further: the readers are there for others.
func TestStatementsEndWithTheirClients(t *testing.T) {
	t.Parallel()
	p, _ := endless(t, "GATEHOUSE_REQUEST_TIMEOUT=5m")
	for range 2 {
		ctx, hangUp := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		occupy(ctx, t, p, &clients, func(body []byte) { t.Errorf("answered: %s", body) })
		hangUp()
		clients.Wait()
		if !readable(t.Context(), p, patience) {
			t.Fatal("the readers read on for those who have gone")
		}
	}
}

// And when its time is up.
func TestStatementsEndWithTheirTime(t *testing.T) {
	t.Parallel()
	p, _ := endless(t, "GATEHOUSE_REQUEST_TIMEOUT=1s")
	var clients sync.WaitGroup
	occupy(t.Context(), t, p, &clients, func(body []byte) {
		if !bytes.Contains(body, []byte("OPERATION_LIMIT_EXCEEDED")) {
			t.Errorf("answered: %s", body)
		}
	})
	clients.Wait()
	if !readable(t.Context(), p, patience) {
		t.Error("the readers read on")
	}
}

// A program that is to end stops them at the deadline, tells their clients, and closes the database.
func TestStatementsEndWithTheProgram(t *testing.T) {
	t.Parallel()
	p, dir := endless(t, "GATEHOUSE_REQUEST_TIMEOUT=5m", "GATEHOUSE_SHUTDOWN_TIMEOUT=10ms")
	var clients sync.WaitGroup
	var answers atomic.Int64
	occupy(t.Context(), t, p, &clients, func(body []byte) {
		answers.Add(1)
		if !bytes.Contains(body, []byte("INTERNAL_SERVER_ERROR")) {
			t.Errorf("answered: %s", body)
		}
	})
	p.signal(t, syscall.SIGTERM)
	p.endsWith(t, 1)
	clients.Wait()
	if want := int64(readers()); answers.Load() != want {
		t.Errorf("%d of %d requests were answered", answers.Load(), want)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "gatehouse.db-wal")); !os.IsNotExist(err) {
		t.Errorf("the database was not closed: %v", err)
	}
}
