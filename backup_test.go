package main

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/database"
)

// gatehouse runs a command in the directory.
func gatehouse(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "gatehouse", args...)
	command.Dir, command.Env = dir, testEnvironment(t, dir)
	out, err := command.CombinedOutput()
	return string(out), err
}

// acknowledged are the products so far: id by name.
func (o *offers) acknowledged() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.ids)
}

// underLoad has several clients make products without a pause while f runs.
func (s *shop) underLoad(t *testing.T, o *offers, f func()) {
	t.Helper()
	var enough atomic.Bool
	var group sync.WaitGroup
	for client := range 4 {
		group.Go(func() {
			seller := visitor{url: s.url, token: s.seller.token, client: http.Client{Transport: &http.Transport{}}}
			defer seller.client.CloseIdleConnections()
			for n := 0; !enough.Load(); n++ {
				name := fmt.Sprintf("client %d, product %d", client, n)
				data, err := seller.ask(t.Context(), createProduct, map[string]any{"name": name, "category": s.shelf})
				if err != nil {
					t.Error(err)
					return
				}
				id, err := follow(data, "productCreate.product.id")
				if err != nil {
					t.Error(err)
					return
				}
				o.add(name, id.(string))
			}
		})
	}
	f()
	enough.Store(true)
	group.Wait()
}

// Copies that are made while products are being made are whole, and hold each one that was acknowledged before the copy was
// begun. A server answers with it.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	const copies = 5
	s := openShopIn(t, sqliteFolder(t))
	o := &offers{ids: map[string]string{}}
	before := make([]map[string]string, copies)
	name := func(n int) string { return fmt.Sprintf("copy-%d.db", n) }
	s.underLoad(t, o, func() {
		for n := range copies {
			for made := len(o.acknowledged()); len(o.acknowledged()) < made+50 && s.running(); {
				time.Sleep(time.Millisecond)
			}
			before[n] = o.acknowledged()
			if out, err := gatehouse(t, s.dir, "backup", name(n)); err != nil {
				t.Errorf("backup: %v\n%s", err, out)
			}
		}
	})
	if err := s.terminate(); err != nil {
		t.Error(err)
	}
	for n := range copies {
		out, err := gatehouse(t, s.dir, "restore", "--check", name(n))
		if err != nil || !strings.HasPrefix(out, "integrity   ok\nmigrations  all applied\n") {
			t.Errorf("%s: %v\n%s", name(n), err, out)
		}
		if out, err := gatehouse(t, s.dir, "restore", "--force", name(n)); err != nil {
			t.Fatalf("restore: %v\n%s", err, out)
		}
		s.reopen(t) // with the key that it had, so that the seller is still signed in
		s.check(t, before[n])
		total := len(o.acknowledged())
		if found := s.count(t); found < len(before[n]) || found > total {
			t.Errorf("%s has %d products, want the %d from before it was begun, and not more than all %d", name(n), found, len(before[n]), total)
		}
		if err := s.terminate(); err != nil {
			t.Error(err)
		}
		t.Logf("%s: %d products were acknowledged before it was begun", name(n), len(before[n]))
	}
}

// Of several that write to one name, one does, and the others are told so.
func TestBackupsToOneName(t *testing.T) {
	t.Parallel()
	dir := sqliteFolder(t)
	if out, err := gatehouse(t, dir, "demo"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var done atomic.Int64
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			out, err := gatehouse(t, dir, "backup", "copy.db")
			switch {
			case err == nil:
				done.Add(1)
			case !strings.Contains(out, "copy.db exists already"):
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	group.Wait()
	if done.Load() != 1 {
		t.Errorf("%d of them say that they wrote it", done.Load())
	}
	if out, err := gatehouse(t, dir, "restore", "--check", "copy.db"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	wantOnly(t, dir, "copy.db", "data")
}

// wantOnly checks what is in a folder.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("in the folder there are %q, want %q", got, names)
	}
}

// large makes a database that takes a while to copy.
func large(t *testing.T, dir string) {
	t.Helper()
	var file strings.Builder
	file.WriteString("sku,name,price,category,description\n")
	text := strings.Repeat("all work and no play makes jack a dull boy ", 40)
	for n := range 20000 {
		fmt.Fprintf(&file, "%d,Product %d,1.00,seafood,%d %s\n", n, n, n, text)
	}
	if err := os.WriteFile(filepath.Join(dir, "products.csv"), []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"demo"}, {"import", "products.csv"}} {
		if out, err := gatehouse(t, dir, args...); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	if err := os.Remove(filepath.Join(dir, "products.csv")); err != nil {
		t.Fatal(err)
	}
}

// A backup that is interrupted while it copies leaves nothing; one that is killed nothing under the name that it was given.
func TestInterruptedBackup(t *testing.T) {
	t.Parallel()
	dir := sqliteFolder(t)
	large(t, dir)
	for name, end := range map[string]os.Signal{"interrupted": os.Interrupt, "killed": os.Kill} {
		command := exec.CommandContext(t.Context(), "gatehouse", "backup", "copy.db")
		var out journal
		command.Dir, command.Env, command.Stdout, command.Stderr = dir, testEnvironment(t, dir), &out, &out
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		begun := func() bool { // something of the copy is there
			drafts, err := fs.Glob(os.DirFS(dir), ".gatehouse-copy-*")
			if err != nil || len(drafts) == 0 {
				return false
			}
			info, err := os.Stat(filepath.Join(dir, drafts[0]))
			return err == nil && info.Size() > 0
		}
		for until := time.Now().Add(patience); !begun() && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		if err := command.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err == nil {
			t.Fatalf("%s: it was done before: %s", name, out.String())
		}
		if _, err := os.Stat(filepath.Join(dir, "copy.db")); !os.IsNotExist(err) {
			t.Errorf("%s: there is a copy: %v", name, err)
		}
		drafts, err := filepath.Glob(filepath.Join(dir, ".gatehouse-copy-*"))
		if err != nil {
			t.Fatal(err)
		}
		if end == os.Interrupt && len(drafts) > 0 {
			t.Errorf("it left %v: %s", drafts, out.String())
		}
		for _, draft := range drafts {
			if err := os.Remove(draft); err != nil {
				t.Error(err)
			}
		}
	}
	if out, err := gatehouse(t, dir, "backup", "copy.db"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	report, err := database.Inspect(t.Context(), filepath.Join(dir, "copy.db"))
	if err != nil || len(report.Problems) > 0 || report.Products != 20077 {
		t.Errorf("%+v, %v", report, err)
	}
}
