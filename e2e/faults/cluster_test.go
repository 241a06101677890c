//go:build faults

package faults

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// cluster is a PostgreSQL server of the tests' own. It keeps what it has acknowledged as one in production does: fsync is on.
type cluster struct {
	bin, dir, log string
	port          int
	as            *syscall.Credential // PostgreSQL refuses to run as root; nil: as whoever runs the tests
}

// newCluster starts a server whose data are in a new folder below the directory.
func newCluster(t *testing.T, below string, options ...string) *cluster {
	t.Helper()
	c := &cluster{bin: binaries(t), port: freePort(t)}
	c.as = unprivileged(t)
	home, err := os.MkdirTemp("", "faults-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	c.dir, c.log = filepath.Join(below, "data"), filepath.Join(home, "log")
	if below == "" {
		c.dir = filepath.Join(home, "data")
	} else {
		c.own(t, below)
	}
	c.own(t, home)
	c.run(t, "initdb", append(options, "--pgdata", c.dir, "--username", "gatehouse", "--auth", "trust", "--encoding", "UTF8", "--no-locale",
		"--wal-segsize", "1")...)
	settings := fmt.Sprintf(`
listen_addresses = '127.0.0.1'
port = %d
unix_socket_directories = ''
fsync = on
full_page_writes = on
synchronous_commit = on
max_connections = 60
min_wal_size = 2MB
max_wal_size = 16MB
wal_recycle = off
`, c.port)
	if err := os.WriteFile(filepath.Join(c.dir, "postgresql.auto.conf"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	c.own(t, filepath.Join(c.dir, "postgresql.auto.conf"))
	c.start(t)
	t.Cleanup(func() {
		c.signal(t, syscall.SIGCONT)
		_ = c.command("pg_ctl", "stop", "-D", c.dir, "-m", "immediate").Run() // or it has ended
	})
	c.run(t, "createdb", "--host", "127.0.0.1", "--port", strconv.Itoa(c.port), "--username", "gatehouse", "gatehouse")
	return c
}

// url names the database.
func (c *cluster) url() string {
	return fmt.Sprintf("postgres://gatehouse@127.0.0.1:%d/gatehouse?sslmode=disable", c.port)
}

// open opens the database past the program.
func (c *cluster) open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", c.url())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (c *cluster) start(t *testing.T) {
	t.Helper()
	c.run(t, "pg_ctl", "start", "-D", c.dir, "-l", c.log, "-w", "-t", "60")
}

// restart starts the server anew: "fast" ends it in good order, "immediate" as a crash would.
func (c *cluster) restart(t *testing.T, mode string) {
	t.Helper()
	c.run(t, "pg_ctl", "restart", "-D", c.dir, "-l", c.log, "-m", mode, "-w", "-t", "60")
}

// running says whether there is a postmaster.
func (c *cluster) running() bool { return c.command("pg_ctl", "status", "-D", c.dir).Run() == nil }

// signal sends a signal to the postmaster and to all of its children.
func (c *cluster) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "postmaster.pid"))
	if err != nil {
		return // it has ended
	}
	first, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	pids := []int{postmaster}
	_ = syscall.Kill(postmaster, syscall.SIGSTOP) // so that it makes no more, and they stay its children
	for _, stat := range glob("/proc/[0-9]*/stat") {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(after, &state, &parent); err == nil && parent == postmaster {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			pids = append(pids, pid)
		}
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, s)
	}
	if len(pids) < 3 {
		t.Fatalf("PostgreSQL has the processes %v only", pids)
	}
}

// command is one of PostgreSQL's programs.
func (c *cluster) command(name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(context.Background(), filepath.Join(c.bin, name), args...)
	command.Dir = filepath.Dir(c.log)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setpgid: true} // Ctrl-C is for the tests, which then end it
	return command
}

// run runs one of PostgreSQL's programs. What it prints goes to a file, which a server that it leaves behind may keep open.
func (c *cluster) run(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	command := c.command(name, args...)
	command.Stdout, command.Stderr = out, out
	if err := command.Run(); err != nil {
		printed, _ := os.ReadFile(out.Name())
		logged, _ := os.ReadFile(c.log)
		t.Fatalf("%s: %v\n%s\n%s", name, err, printed, tail(string(logged), 2000))
	}
}

func (c *cluster) own(t *testing.T, path string) {
	t.Helper()
	if c.as == nil {
		return
	}
	if err := os.Chown(path, int(c.as.Uid), int(c.as.Gid)); err != nil {
		t.Fatal(err)
	}
}

// binaries is the folder of PostgreSQL's programs: that of pg_config, or of the newest version as Debian has them.
func binaries(t *testing.T) string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "pg_config", "--bindir").Output(); err == nil {
		if dir := strings.TrimSpace(string(out)); len(glob(filepath.Join(dir, "initdb"))) == 1 {
			return dir
		}
	}
	found := glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Fatal("there is no PostgreSQL: install it (Debian: postgresql)")
	}
	return filepath.Dir(slices.Max(found))
}

// unprivileged is the user postgres, or nobody in particular when the tests do not run as root.
func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	credential := &syscall.Credential{}
	for flag, to := range map[string]*uint32{"-u": &credential.Uid, "-g": &credential.Gid} {
		out, err := exec.CommandContext(t.Context(), "id", flag, "postgres").Output()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(string(out), to); err != nil {
			t.Fatal(err)
		}
	}
	return credential
}

func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern) // its only error is a wrong pattern
	return found
}

// freePort is one that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func tail(text string, most int) string { return text[max(0, len(text)-most):] }

// until waits until it holds, and fails the test if that takes longer.
func until(t *testing.T, most time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !holds() {
		if time.Since(began) > most {
			t.Fatalf("%s: not within %v", what, most)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(began)
}
