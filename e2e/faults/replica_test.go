//go:build faults

package faults

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// newReplica starts a streaming replica of the cluster. The primary keeps what it has not had yet.
func newReplica(t *testing.T, of *cluster) *cluster {
	t.Helper()
	home, err := os.MkdirTemp("", "faults-replica-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	r := &cluster{bin: of.bin, as: of.as, port: freePort(t), dir: filepath.Join(home, "data"), log: filepath.Join(home, "log")}
	r.own(t, home)
	r.run(t, "pg_basebackup", "--host", "127.0.0.1", "--port", strconv.Itoa(of.port), "--username", "gatehouse",
		"--pgdata", r.dir, "--checkpoint", "fast", "--create-slot", "--slot", "replica", "--write-recovery-conf")
	settings, err := os.OpenFile(filepath.Join(r.dir, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := settings.WriteString("port = " + strconv.Itoa(r.port) + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := settings.Close(); err != nil {
		t.Fatal(err)
	}
	r.start(t)
	t.Cleanup(func() {
		r.signal(t, syscall.SIGCONT)
		_ = r.command("pg_ctl", "stop", "-D", r.dir, "-m", "immediate").Run() // or it has ended
	})
	return r
}

// stop ends the server.
func (c *cluster) stop(t *testing.T, mode string) {
	t.Helper()
	c.run(t, "pg_ctl", "stop", "-D", c.dir, "-m", mode, "-w", "-t", "60")
}

// catchUp waits until the replica has replayed all that the primary has written by now.
func (c *cluster) catchUp(t *testing.T, with *cluster) {
	t.Helper()
	var position string
	if err := with.open(t).QueryRowContext(t.Context(), "SELECT pg_current_wal_lsn()").Scan(&position); err != nil {
		t.Fatal(err)
	}
	replica := c.open(t)
	until(t, returns, "the replica catches up", func() (there bool) {
		err := replica.QueryRowContext(t.Context(), "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", position).Scan(&there)
		return err == nil && there
	})
}

// asked says whether products are looked for on this server just now.
func (c *cluster) asked(t *testing.T) (asked bool) {
	t.Helper()
	const query = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'gatehouse' AND query LIKE 'SELECT%FROM "products"%'
		AND query_start > now() - interval '3 seconds')`
	if err := c.open(t).QueryRowContext(t.Context(), query).Scan(&asked); err != nil {
		time.Sleep(100 * time.Millisecond)
		return false
	}
	return asked
}
