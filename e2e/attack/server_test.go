//go:build attack

// Package attack measures the program while it is attacked or changed under load: the figures are what these tests are
// for, and they fail when a figure is worse than was promised. TestCapacity promises nothing: it prints what operations cost.
// They take a quiet machine, and minutes; so they are not part of the suite. `make timing`, `make flood`, `make hostile`,
// `make rotation` and `make capacity` run them, on Linux.
package attack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// password is everybody's, and wrongPassword nobody's.
const (
	password      = "plum-tangerine-42"
	wrongPassword = "apricot-lantern-77"
)

// patience is how long the program may take to start or to say something before a test gives up on it.
const patience = time.Minute

// server is `gatehouse serve` on a database of its own.
type server struct {
	url, dir    string
	environment []string
	process     *os.Process
	log         chan string // its lines
}

// start starts the program as `make build` leaves it, with these settings, and stops it when the test ends. What is not set is
// as by default.
func start(t *testing.T, settings ...string) *server {
	t.Helper()
	s := prepare(t, settings...)
	s.serve(t)
	return s
}

// prepare is a server that is not started yet.
func prepare(t *testing.T, settings ...string) *server {
	t.Helper()
	return &server{
		dir:         t.TempDir(),
		environment: append([]string{"GATEHOUSE_ADDR=127.0.0.1:0", "TMPDIR=" + os.TempDir()}, settings...),
		log:         make(chan string, 1000),
	}
}

// serve starts the server on the demo catalogue.
func (s *server) serve(t *testing.T) {
	t.Helper()
	s.run(t, "demo")
	command := s.command(t, program(t), "serve")
	lines, err := command.StderrPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.process = command.Process
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read(lines)
	}()
	t.Cleanup(func() {
		_ = s.process.Signal(syscall.SIGTERM) // or it has ended already
		<-read
		if err := command.Wait(); err != nil {
			t.Errorf("gatehouse serve: %v", err)
		}
	})
	address := regexp.MustCompile(`http://[0-9.]+:[0-9]+`)
	s.url = address.FindString(s.await(t, address))
}

// program is the path of the program.
func program(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", "gatehouse"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *server) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...) // Cleanup ends it, in good order
	command.Dir, command.Env = s.dir, s.environment
	return command
}

// run runs another command of the program on the server's data, and answers what it printed.
func (s *server) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.try(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// try is run for a command that may be refused.
func (s *server) try(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := s.command(t, append([]string{program(t)}, args...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("gatehouse %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// read reads the log to its end. Errors in it are shown.
func (s *server) read(lines io.Reader) {
	defer close(s.log)
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		line := scanner.Text()
		if strings.Contains(line, "msg=audit") || strings.Contains(line, "msg=request ") {
			continue // there are thousands, and none is waited for
		}
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") {
			fmt.Println("    gatehouse serve:", line)
		}
		select {
		case s.log <- line:
		default: // nobody waits for it
		}
	}
}

// await is the next line of the log that has the pattern.
func (s *server) await(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line, open := <-s.log:
			if pattern.MatchString(line) {
				return line
			}
			if !open {
				t.Fatalf("gatehouse serve ended before it logged %q", pattern)
			}
		case <-timeout:
			t.Fatalf("gatehouse serve did not log %q", pattern)
		}
	}
}

// peakMiB is the most memory that the server ever had in use.
func (s *server) peakMiB(t *testing.T) float64 {
	t.Helper()
	return s.memoryMiB(t, "VmHWM")
}

// memoryMiB is what the server's status in proc(5) says: VmRSS, what it has in use, or VmHWM.
func (s *server) memoryMiB(t *testing.T, field string) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if n, _ := fmt.Sscanf(line, field+": %f kB", &kib); n == 1 {
			return kib / 1024
		}
	}
	t.Fatalf("no %s in %s", field, status)
	return 0
}
