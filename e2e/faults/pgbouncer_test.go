//go:build faults

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBehindPgbouncer has two instances reach PostgreSQL through pgbouncer in transaction mode, with the settings that
// docs/operations.md names: no request fails, everything is there, and what pgbouncer does to connections is noticed by nobody.
func TestBehindPgbouncer(t *testing.T) {
	postgres := newCluster(t, "")
	pooled := startPgbouncer(t, postgres)
	l := put(t, newInstances(t, pooled, 2, "GATEHOUSE_DATABASE_NOTIFY_URL="+postgres.url()))
	l.tally.reset()
	time.Sleep(5 * time.Second)
	if failed := l.tally.failed(); failed > 0 {
		t.Errorf("%d requests failed", failed)
	}
	fmt.Printf("\n5 s behind pgbouncer:\n%s", l.tally)
	l.check(t)
	l.fault(t, "restart PostgreSQL behind pgbouncer", returns, func() { postgres.restart(t, "fast") })
}

// startPgbouncer starts pgbouncer before PostgreSQL, and names the database behind it.
func startPgbouncer(t *testing.T, postgres *cluster) string {
	t.Helper()
	dir, port := worldReadable(t), freePort(t)
	settings := fmt.Sprintf(`[databases]
gatehouse = host=127.0.0.1 port=%d user=gatehouse
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
server_login_retry = 1
ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout,default_transaction_read_only
`, postgres.port, port)
	path := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(path, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("pgbouncer", path)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Credential: postgres.as} // it refuses root, too
	if err := command.Start(); err != nil {
		t.Fatalf("pgbouncer: %v (install it)", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
		_ = log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("pgbouncer's log ends with\n%s", tail(string(text), 3000))
		}
	})
	pooled := strings.Replace(postgres.url(), fmt.Sprintf(":%d/", postgres.port), fmt.Sprintf(":%d/", port), 1) + "&default_query_exec_mode=exec"
	until(t, 30*time.Second, "pgbouncer serves", func() bool {
		return postgres.command("psql", pooled[:strings.Index(pooled, "?")], "-c", "SELECT 1").Run() == nil
	})
	return pooled
}
