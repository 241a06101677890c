//go:build unix

package databasetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Cluster is PostgreSQL servers of a test's own: a primary, and what replicas of it the test adds. They are gone when the
// test ends.
type Cluster struct {
	Primary *Server

	t    testing.TB
	bin  string
	dir  string
	as   *syscall.Credential // nil: as who runs the test
	data int
}

// Server is one of them. Its methods end the test if they fail.
type Server struct {
	cluster *Cluster
	data    string
	port    int
	options []string

	running   *exec.Cmd
	suspended []int     // processes that are
	input     io.Closer // ends the server when it is closed, by the end of the test's program at the latest
}

// The names that servers have: of the database, of its owner, who has no more rights than programs need, and of the
// superuser.
const (
	clusterDatabase = "gatehouse"
	clusterOwner    = "app"
	clusterRoot     = "root"
)

// startTime is how long a server may take to answer.
const startTime = 30 * time.Second

// NewCluster starts a primary with an empty database. As Postgres does, it skips the test where
// GATEHOUSE_TEST_POSTGRES_URL is not set; it takes nothing from it but that there is a PostgreSQL.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv("GATEHOUSE_TEST_POSTGRES_URL") == "" {
		t.Skip("GATEHOUSE_TEST_POSTGRES_URL names no PostgreSQL server")
	}
	c := &Cluster{t: t, bin: serverPrograms(t), as: notRoot(t)}
	var err error
	if c.dir, err = os.MkdirTemp("", "gatehouse-cluster-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(c.dir) })
	if c.as != nil {
		if err := os.Chown(c.dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	c.Primary = c.server()
	c.run("initdb", "--no-sync", "--auth=trust", "--username="+clusterRoot, "--encoding=UTF8", "--locale=C", "--pgdata="+c.Primary.data)
	c.Primary.Start()
	c.Primary.Exec(
		"CREATE ROLE "+clusterOwner+" LOGIN",
		"CREATE DATABASE "+clusterDatabase+" OWNER "+clusterOwner,
	)
	return c
}

// Another makes another empty database on the primary, and names it.
func (c *Cluster) Another(database string) string {
	c.t.Helper()
	c.Primary.Exec("CREATE DATABASE " + database + " OWNER " + clusterOwner)
	return c.Primary.On(database)
}

// Replica starts a streaming replica of a server.
func (c *Cluster) Replica(of *Server) *Server {
	c.t.Helper()
	s := c.Copy(of)
	s.Start()
	return s
}

// Copy makes a replica as Replica does, without starting it.
func (c *Cluster) Copy(of *Server) *Server {
	c.t.Helper()
	s := c.server()
	c.run("pg_basebackup", "--no-sync", "--checkpoint=fast", "--write-recovery-conf", "--pgdata="+s.data,
		"--host=127.0.0.1", "--port="+strconv.Itoa(of.port), "--username="+clusterRoot)
	return s
}

func (c *Cluster) server() *Server {
	c.data++
	return &Server{cluster: c, data: filepath.Join(c.dir, strconv.Itoa(c.data)), port: freePort(c.t)}
}

func (c *Cluster) run(program string, args ...string) {
	c.t.Helper()
	if out, err := c.command(filepath.Join(c.bin, program), args...).CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func (c *Cluster) command(program string, args ...string) *exec.Cmd {
	command := exec.CommandContext(context.WithoutCancel(c.t.Context()), program, args...) //nolint:gosec // PostgreSQL's own
	command.Dir = c.dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	return command
}

// URL names the database on the server, for its owner.
func (s *Server) URL() string { return s.url(clusterOwner, clusterDatabase) }

// On names another database on the server.
func (s *Server) On(database string) string { return s.url(clusterOwner, database) }

func (s *Server) url(user, database string) string {
	return "postgres://" + user + "@" + s.Address() + "/" + database + "?sslmode=disable"
}

// Address is where the server listens, host:port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port is the port of its address.
func (s *Server) Port() string { return strconv.Itoa(s.port) }

// Set has the server started with further options from now on, each name=value.
func (s *Server) Set(options ...string) { s.options = append(s.options, options...) }

// Replace has the server take another's place, which must have stopped.
func (s *Server) Replace(other *Server) { s.port = other.port }

// Start starts the server, and waits until it answers.
func (s *Server) Start() {
	t := s.cluster.t
	t.Helper()
	log, err := os.Create(s.data + ".log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	args := []string{"-D", s.data, "-p", strconv.Itoa(s.port)}
	for _, option := range slices.Concat([]string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=" + s.cluster.dir, "fsync=off", "shared_buffers=16MB",
		"wal_retrieve_retry_interval=100ms", "log_error_verbosity=terse", "wal_keep_size=64MB",
	}, s.options) {
		args = append(args, "-c", option)
	}
	// The shell ends the server when its input does: with the test's program, however that ends.
	const script = `"$0" "$@" </dev/null & cat; kill -QUIT $! 2>/dev/null; wait $!`
	s.running = s.cluster.command("sh", append([]string{"-c", script, filepath.Join(s.cluster.bin, "postgres")}, args...)...)
	s.running.Stdout, s.running.Stderr = log, log
	if s.input, err = s.running.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.running.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.ended)
	for deadline := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		err := s.try("postgres", "SELECT 1")
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(s.data + ".log")
			t.Fatalf("the server does not start: %v\n%s", err, text)
		}
	}
}

// Stop stops the server as its operator does.
func (s *Server) Stop() { s.signal(syscall.SIGINT); s.ended() }

// Kill ends the server at once: it has to recover when it is started again.
func (s *Server) Kill() { s.signal(syscall.SIGQUIT); s.ended() }

// Suspend has the server and all its processes do nothing, not even refuse connections, until Resume.
func (s *Server) Suspend() {
	s.cluster.t.Helper()
	s.suspended = s.processes()
	for _, pid := range s.suspended {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // or it has just ended
	}
}

// Resume ends Suspend.
func (s *Server) Resume() {
	for _, pid := range s.suspended {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	s.suspended = nil
}

// processes are the server's, the one first that starts the others.
func (s *Server) processes() []int {
	t := s.cluster.t
	t.Helper()
	db := s.open()
	defer func() { _ = db.Close() }()
	pids := []int{s.pid()}
	rows, err := db.QueryContext(t.Context(), "SELECT pid FROM pg_stat_activity")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return pids
}

// open opens the database for the superuser.
func (s *Server) open() *sql.DB {
	s.cluster.t.Helper()
	db, err := sql.Open("pgx", s.url(clusterRoot, clusterDatabase))
	if err != nil {
		s.cluster.t.Fatal(err)
	}
	return db
}

// ended waits for the server, which has been told to end or is told so now.
func (s *Server) ended() {
	if s.running == nil {
		return
	}
	s.Resume()
	_ = s.input.Close()
	_ = s.running.Wait()
	s.running = nil
}

func (s *Server) signal(signal syscall.Signal) {
	s.cluster.t.Helper()
	if err := syscall.Kill(s.pid(), signal); err != nil {
		s.cluster.t.Fatal(err)
	}
}

// pid is the server's process, as it writes it down.
func (s *Server) pid() int {
	s.cluster.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		s.cluster.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid < 2 {
		s.cluster.t.Fatalf("the server's process: %q", first)
	}
	return pid
}

// Exec has the superuser execute statements on the server, each by itself.
func (s *Server) Exec(statements ...string) {
	s.cluster.t.Helper()
	for _, statement := range statements {
		database := clusterDatabase
		if strings.HasPrefix(statement, "CREATE ROLE") || strings.HasPrefix(statement, "CREATE DATABASE") {
			database = "postgres"
		}
		if err := s.try(database, statement); err != nil {
			s.cluster.t.Fatalf("%s: %v", statement, err)
		}
	}
}

func (s *Server) try(database, statement string) (err error) {
	db, err := sql.Open("pgx", s.url(clusterRoot, database))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(s.cluster.t.Context(), statement)
	return err
}

// Until waits until a condition in SQL holds on the server.
func (s *Server) Until(condition string) {
	s.cluster.t.Helper()
	db := s.open()
	defer func() { _ = db.Close() }()
	for deadline := time.Now().Add(startTime); ; time.Sleep(10 * time.Millisecond) {
		var holds sql.NullBool
		err := db.QueryRowContext(s.cluster.t.Context(), "SELECT "+condition).Scan(&holds)
		if err == nil && holds.Bool {
			return
		}
		if time.Now().After(deadline) {
			s.cluster.t.Fatalf("%s does not come true: %v", condition, err)
		}
	}
}

// Position is how far the server has written its log.
func (s *Server) Position() string {
	s.cluster.t.Helper()
	db := s.open()
	defer func() { _ = db.Close() }()
	var position string
	if err := db.QueryRowContext(s.cluster.t.Context(), "SELECT pg_current_wal_flush_lsn()::text").Scan(&position); err != nil {
		s.cluster.t.Fatal(err)
	}
	return position
}

// CatchUp waits until the replica has everything that a server has by now.
func (s *Server) CatchUp(with *Server) {
	s.cluster.t.Helper()
	s.Until(fmt.Sprintf("pg_last_wal_replay_lsn() >= '%s'", with.Position()))
}

// Pause has the replica stay as it is, until Continue. It goes on receiving.
func (s *Server) Pause() {
	s.cluster.t.Helper()
	s.Exec("SELECT pg_wal_replay_pause()")
	s.Until("pg_get_wal_replay_pause_state() = 'paused'")
}

// Continue ends Pause.
func (s *Server) Continue() {
	s.cluster.t.Helper()
	s.Exec("SELECT pg_wal_replay_resume()")
}

// Promote makes a primary of the replica.
func (s *Server) Promote() {
	s.cluster.t.Helper()
	s.Exec("SELECT pg_promote()")
	s.Until("NOT pg_is_in_recovery()")
}

// serverPrograms is the folder of PostgreSQL's own programs, which mostly is in nobody's PATH.
func serverPrograms(t testing.TB) string {
	t.Helper()
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(folders)
	others, _ := filepath.Glob("/usr/pgsql-*/bin")
	folders = append(folders, others...)
	if out, err := exec.CommandContext(t.Context(), "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append([]string{filepath.Dir(path)}, folders...)
	}
	for _, folder := range folders {
		if !slices.ContainsFunc([]string{"initdb", "pg_basebackup", "postgres"}, func(program string) bool {
			_, err := os.Stat(filepath.Join(folder, program))
			return err != nil
		}) {
			return folder
		}
	}
	t.Fatal("there are no programs of a PostgreSQL server: initdb is neither in PATH nor where Debian or pg_config have it")
	return ""
}

// notRoot is whom servers run as: they refuse to be root's.
func notRoot(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("PostgreSQL does not run as root: %v", err)
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t testing.TB) int {
	t.Helper()
	var listening net.ListenConfig
	listener, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
