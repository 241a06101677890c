package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// patience is how long a server may take to start, and a single answer.
const patience = 30 * time.Second

// process is how a server is started.
type process struct {
	name    string                         // of the server, for people
	answers func(operation.Operation) bool // whether it is measured with an operation
	cores   string                         // on which it runs
	env     []string                       // NAME=value; PATH is added
	args    []string
}

// server is a process that answers at its URL.
type server struct {
	name, url string
	answers   func(operation.Operation) bool
	command   *exec.Cmd
	process   procfs.Proc
}

// servers that are measured, the first of them against the others.
type servers []*server

// start starts a server, with its log in that directory, and waits until it has told its address there.
func start(ctx context.Context, dir string, p process) (*server, error) {
	output, err := os.CreateTemp(dir, "*.log")
	if err != nil {
		return nil, err
	}
	defer output.Close()
	args := onCores(p.cores, p.args...)
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Env = append(p.env, "PATH="+os.Getenv("PATH"))
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return nil, err
	}
	started := &server{name: p.name, answers: p.answers, command: command}
	url, pid, err := address(ctx, output.Name(), command.Process.Pid)
	if err == nil {
		started.url = url
		started.process, err = procfs.NewProc(pid)
	}
	if err != nil {
		started.stop()
		return nil, fmt.Errorf("starting %s: %w", strings.Join(args, " "), err)
	}
	return started, nil
}

// told is the line of a log in which a server tells its address, and the id of the process that serves there, if that is not the one
// which was started: taskset becomes what it runs.
var told = regexp.MustCompile(`url=(http://[^\s"]+)(?: pid=(\d+))?.*\n`)

// address is where the server with this log listens, and the id of the process.
func address(ctx context.Context, log string, started int) (url string, pid int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		text, err := os.ReadFile(log)
		if err != nil {
			return "", 0, err
		}
		if found := told.FindSubmatch(text); found != nil {
			if len(found[2]) == 0 {
				return string(found[1]), started, nil
			}
			pid, err := strconv.Atoi(string(found[2]))
			return string(found[1]), pid, err
		}
		select {
		case <-ctx.Done():
			return "", 0, fmt.Errorf("%w; its log:\n%s", ctx.Err(), text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server and waits for that.
func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM) // or it has ended
	_ = s.command.Wait()                          // some call being told to end a failure
}

func (all servers) stop() {
	for _, s := range all {
		s.stop()
	}
}
