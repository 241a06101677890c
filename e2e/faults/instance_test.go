//go:build faults

// Package faults breaks what the program depends on, and the program itself, while clients that record every acknowledgement
// keep it busy: kill -9, a database that is started anew, crashes, stands still or has no more room, and a rolling restart
// behind a proxy. Nothing that was acknowledged may be lost, every answer is whole and coded, and service comes back by itself.
// The tests take minutes, real servers and, for full disks, root; so they are not part of the suite. `make faults` runs them, on Linux.
package faults

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	password = "plum-tangerine-42" // everybody's

	requestTimeout = 3 * time.Second // the program's, shorter than a pause of the database
	// hung is when a request has no answer and will have none: the program's limit of time, and what it gives itself to say so.
	hung = requestTimeout + 5*time.Second
)

// instance is `gatehouse serve`.
type instance struct {
	name, url   string
	environment []string
	whole       *testing.T // at whose end it is stopped, whatever part of it starts it
	process     *os.Process
	ended       chan struct{}
	exit        error // how it ended, once it has

	down  atomic.Bool  // somebody has ended it on purpose, and it does not serve yet
	falls atomic.Int64 // how often it went down
}

// newInstances starts so many instances on one database, as `make build` leaves the program.
func newInstances(t *testing.T, database string, n int, settings ...string) []*instance {
	t.Helper()
	var all []*instance
	for i := range n {
		port := freePort(t)
		all = append(all, &instance{
			whole: t,
			name:  fmt.Sprintf("instance %c", 'a'+i),
			url:   fmt.Sprintf("http://127.0.0.1:%d", port),
			environment: append([]string{
				"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(),
				fmt.Sprintf("GATEHOUSE_ADDR=127.0.0.1:%d", port),
				"GATEHOUSE_DATABASE_URL=" + database,
				"GATEHOUSE_SECRET_KEY=all-instances-have-the-same-key-or-else",
				"GATEHOUSE_LOG_LEVEL=error",
				"GATEHOUSE_ARGON2_MEMORY_KIB=64", "GATEHOUSE_ARGON2_PASSES=1",
				"GATEHOUSE_BACKOFF_FREE_PER_ADDRESS=100000", "GATEHOUSE_SESSIONS_PER_USER=10000",
				"GATEHOUSE_REQUEST_TIMEOUT=" + requestTimeout.String(),
				"GATEHOUSE_REFRESH_GRACE=1m", // longer than any fault keeps an answer from a client
				"GATEHOUSE_DATABASE_CONNECTIONS=8",
			}, settings...),
		})
	}
	demo := exec.CommandContext(t.Context(), program(t), "demo")
	demo.Dir, demo.Env = t.TempDir(), all[0].environment
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("gatehouse demo: %v\n%s", err, out)
	}
	var starting sync.WaitGroup
	for _, i := range all {
		starting.Go(func() { i.start(t) })
	}
	starting.Wait()
	return all
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

// start starts the instance, and waits until it serves. It is stopped in good order when the test ends.
func (i *instance) start(t *testing.T) {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program(t), "serve")
	command.Dir, command.Env = i.whole.TempDir(), i.environment
	lines, err := command.StderrPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Error(err)
		return
	}
	process, ended := command.Process, make(chan struct{})
	i.process, i.ended = process, ended
	go func() {
		defer close(ended)
		for scanner := bufio.NewScanner(lines); scanner.Scan(); {
			if line := scanner.Text(); strings.Contains(line, "panic") || os.Getenv("FAULTS_LOG") != "" {
				fmt.Printf("    %s: %s\n", i.name, line)
			}
		}
		i.exit = command.Wait()
	}()
	i.whole.Cleanup(func() {
		_ = process.Signal(syscall.SIGTERM) // or it has ended already
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			i.whole.Errorf("%s does not stop", i.name)
			_ = process.Kill()
		}
	})
	until(t, 30*time.Second, i.name+" serves", func() bool {
		var data any
		return (&client{instance: i}).ask(t.Context(), `{ __typename }`, nil, &data) == nil
	})
	i.down.Store(false)
}

// kill ends the instance as if its machine had lost power.
func (i *instance) kill(t *testing.T) {
	t.Helper()
	i.down.Store(true)
	i.falls.Add(1)
	if err := i.process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-i.ended
}

// stop has the instance end in good order.
func (i *instance) stop(t *testing.T) {
	t.Helper()
	if err := i.process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-i.ended
	if i.exit != nil {
		t.Errorf("%s ended with %v", i.name, i.exit)
	}
}
