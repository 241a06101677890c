package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// The servers' names.
const (
	gatehouse        = "Gatehouse"
	floor            = "floor"
	mercuriusJoin    = "Mercurius, JOIN"
	mercuriusPruned  = "Mercurius, pruned"
	mercuriusLoaders = "Mercurius, loaders"
)

// patience is how long a server may take to start.
const patience = 30 * time.Second

// server is a process that answers at its URL, on a core of its own.
type server struct {
	name, url string
	command   *exec.Cmd
	process   procfs.Proc
}

// servers that are measured, the first of them against the others.
type servers []*server

// startAll starts all servers, each on a copy of the shop. Those that did start are to be stopped whatever the error.
func startAll(ctx context.Context, s *shop) (all servers, err error) {
	for _, wanted := range []struct {
		name, database string
		args           []string
	}{
		{gatehouse, "gatehouse", []string{program}},
		{floor, "floor", []string{tools + "floor", "-database", s.file("floor"), "-key", key}},
		{mercuriusJoin, "join", node(s, "join")},
		{mercuriusPruned, "pruned", node(s, "pruned")},
		{mercuriusLoaders, "loaders", node(s, "loaders")},
	} {
		if err := s.gatehouse(ctx, "backup", s.file(wanted.database)); err != nil {
			return all, err
		}
		started, err := start(ctx, s, wanted.database, wanted.args...)
		if err != nil {
			return all, err
		}
		started.name = wanted.name
		all = append(all, started)
	}
	return all, nil
}

// node is the command of Mercurius in a variant.
func node(s *shop, variant string) []string {
	return []string{"env", "NODE_ENV=production", "DATABASE=" + s.file(variant), "KEY=" + key, "VARIANT=" + variant, "node", "bench/mercurius/server.js"}
}

// start starts a server and waits until it has told its address.
func start(ctx context.Context, s *shop, database string, args ...string) (*server, error) {
	path := filepath.Join(s.dir, database+".log")
	output, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	args = onCore(serversCore, args...)
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Env = append(s.environment(database), "PATH="+os.Getenv("PATH"))
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return nil, err
	}
	started := &server{name: database, command: command}
	if started.url, err = address(ctx, path); err == nil {
		started.process, err = procfs.NewProc(command.Process.Pid) // taskset and env have become what they ran
	}
	if err != nil {
		started.stop()
		return nil, fmt.Errorf("starting %s: %w", strings.Join(args, " "), err)
	}
	return started, nil
}

// address is where the server with this log listens.
func address(ctx context.Context, log string) (string, error) {
	said := regexp.MustCompile(`url=(http://\S+)`)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		text, err := os.ReadFile(log)
		if err != nil {
			return "", err
		}
		if found := said.FindSubmatch(text); found != nil {
			return string(found[1]), nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("%w; its log:\n%s", ctx.Err(), text)
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

// answers says whether the operation is measured with the server. For me the variants of Mercurius would be the same.
func (s *server) answers(o operation.Operation) bool {
	switch s.name {
	case gatehouse:
		return true
	case mercuriusPruned, mercuriusLoaders:
		return !o.OwnOnly && !o.Signed
	}
	return !o.OwnOnly
}

// headers of a request for the operation.
func headers(o operation.Operation, access string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}, "Accept-Encoding": {"identity"}}
	if o.Signed {
		h.Set("Authorization", "Bearer "+access)
	}
	return h
}

// send asks once, and answers what came, its head and body as they were sent.
func (s *server) send(ctx context.Context, o operation.Operation, access string) (head, body []byte, err error) {
	asked, err := o.Body()
	if err != nil {
		return nil, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/graphql", bytes.NewReader(asked))
	if err != nil {
		return nil, nil, err
	}
	request.Header = headers(o, access)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if head, err = httputil.DumpResponse(response, false); err != nil {
		return nil, nil, err
	}
	body, err = io.ReadAll(response.Body)
	return head, body, err
}

// ask asks once, and answers the data.
func (s *server) ask(ctx context.Context, o operation.Operation, access string) (map[string]any, error) {
	_, body, err := s.send(ctx, o, access)
	if err != nil {
		return nil, err
	}
	return data(body)
}

// data is what an answer has. It is an error when there are errors in it or no value.
func data(body []byte) (map[string]any, error) {
	var answer struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, body)
	}
	if len(answer.Errors) > 0 {
		return nil, fmt.Errorf("errors in an answer: %v", answer.Errors)
	}
	for _, value := range answer.Data {
		if value != nil {
			return answer.Data, nil
		}
	}
	return nil, errors.New("an answer of nothing")
}

// agree is an error unless each operation has the same answer, as a JSON value, of all who answer it.
func (all servers) agree(ctx context.Context, operations []operation.Operation, access string) error {
	for _, o := range operations {
		var want map[string]any
		for _, s := range all {
			if !s.answers(o) {
				continue
			}
			got, err := s.ask(ctx, o, access)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s.name, o.Name, err)
			}
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				return fmt.Errorf("%s answers otherwise than %s (-), %s:\n%s", s.name, all[0].name, o.Name, diff)
			}
		}
	}
	return nil
}
