package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// patience is how long the program may take for anything before a test gives up on it. Nothing is ever
// expected to be faster than something else.
const patience = time.Minute

// program is `gatehouse serve`, running in a process of its own.
type program struct {
	url     string // where it serves
	log     journal
	command *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	err     error         // how it ended; nil for exit status 0. Set before ended is closed.
}

// startProgram runs `gatehouse serve` in a directory and waits until it serves. With an error the program has
// ended; it is answered all the same, for its log. When the context ends, the process is killed.
func startProgram(ctx context.Context, dir string, environment []string) (*program, error) {
	p := &program{
		command: exec.CommandContext(ctx, "gatehouse", "serve"), // TestMain put it on PATH
		ended:   make(chan struct{}),
	}
	p.command.Dir, p.command.Env, p.command.Stderr = dir, environment, &p.log
	if err := p.command.Start(); err != nil {
		return p, err
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	address := regexp.MustCompile(`http://[0-9.]+:[0-9]+`)
	if err := p.awaitLog(address); err != nil {
		return p, err
	}
	p.url = address.FindString(p.log.String())
	return p, nil
}

// awaitLog waits until the program has logged something like that.
func (p *program) awaitLog(pattern *regexp.Regexp) error {
	_, err := p.awaitLogAfter(0, pattern)
	return err
}

// awaitLogAfter waits until the program has logged something like that behind so many bytes, and answers it: under load it
// writes a lot.
func (p *program) awaitLogAfter(from int, pattern *regexp.Regexp) (string, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		text, grown := p.log.read()
		if found := pattern.FindString(text[from:]); found != "" {
			return found, nil
		}
		select {
		case <-grown:
		case <-p.ended:
			if found := pattern.FindString(p.log.String()[from:]); found != "" {
				return found, nil
			}
			return "", errors.Join(fmt.Errorf("gatehouse serve ended without logging %q", pattern), p.err)
		case <-timeout.C:
			p.kill()
			return "", fmt.Errorf("gatehouse serve did not log %q within %v", pattern, patience)
		}
	}
}

// terminate asks the program to end (SIGTERM), waits until it has, and says whether its exit status was not 0.
func (p *program) terminate() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("ending gatehouse serve: %w", err)
	}
	return p.awaitEnd()
}

// awaitEnd waits until a program that was told to end has, and says whether its exit status was not 0.
func (p *program) awaitEnd() error {
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("gatehouse serve did not end within %v of SIGTERM", patience)
	}
	if p.err != nil {
		return fmt.Errorf("gatehouse serve ended: %w", p.err)
	}
	return nil
}

// kill ends the process as kill -9 does, and waits until it is gone.
func (p *program) kill() {
	_ = p.command.Process.Kill() // or it is gone already
	<-p.ended
}

// running says whether the process has not ended.
func (p *program) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// complaints are the lines of the log that no conversation should give rise to.
func (p *program) complaints() (lines []string) {
	for line := range strings.Lines(p.log.String()) {
		for _, sign := range []string{"level=ERROR", `"level":"ERROR"`, "panic:", "DATA RACE"} {
			if strings.Contains(line, sign) {
				lines = append(lines, line)
				break
			}
		}
	}
	return lines
}

// journal is a log while it is being written.
type journal struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // closed at the next Write; nil until somebody waits for it
}

// Write appends to the journal.
func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.grown != nil {
		close(j.grown)
		j.grown = nil
	}
	return j.text.Write(text)
}

// read is what was written so far, and a channel that is closed when there is more.
func (j *journal) read() (string, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.grown == nil {
		j.grown = make(chan struct{})
	}
	return j.text.String(), j.grown
}

func (j *journal) String() string {
	text, _ := j.read()
	return text
}

// testSettings are the settings that the program has in tests: any free port, passwords hashed cheaply, and patience
// with those who get them wrong.
func testSettings() []string {
	return []string{
		"GATEHOUSE_ADDR=127.0.0.1:0",
		"GATEHOUSE_ARGON2_MEMORY_KIB=8",
		"GATEHOUSE_ARGON2_PASSES=1",
		"GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT=100000",
		"GATEHOUSE_BACKOFF_FREE_PER_ADDRESS=100000",
	}
}

// testEnvironment is the environment of the program in that directory, where no script gives it one.
func testEnvironment(tb testing.TB, dir string, settings ...string) []string {
	tb.Helper()
	environment := append(testSettings(), "TMPDIR="+os.TempDir())
	if databasetest.OnPostgres() {
		environment = append(environment, "GATEHOUSE_DATABASE_URL="+databaseOf(tb, dir))
	}
	for _, name := range []string{"GOCOVERDIR", "GORACE"} {
		if value, set := os.LookupEnv(name); set {
			environment = append(environment, name+"="+value)
		}
	}
	return append(environment, settings...)
}

// databaseOf names the PostgreSQL database of the programs in that directory.
func databaseOf(tb testing.TB, dir string) string {
	tb.Helper()
	note := dir + ".database"
	if source, err := os.ReadFile(note); err == nil {
		return string(source)
	}
	source := databasetest.Source(tb)
	if err := os.WriteFile(note, []byte(source), 0o600); err != nil {
		tb.Fatal(err)
	}
	return source
}

// sqliteFolder is a directory whose programs are on SQLite, whatever the environment says: for tests of what only that has.
func sqliteFolder(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.WriteFile(dir+".database", []byte("sqlite://data/gatehouse.db"), 0o600); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// lifetime is a context that ends with the test, or a little before `go test` loses its patience: then the
// processes that were started under it are killed and leave no orphans.
func lifetime(tb testing.TB) context.Context {
	ctx := tb.Context()
	if t, ok := tb.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, limited := t.Deadline(); limited {
			bounded, cancel := context.WithDeadline(ctx, deadline.Add(-2*time.Second))
			tb.Cleanup(cancel)
			return bounded
		}
	}
	return ctx
}

// answer is what came back over HTTP.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes one HTTP request.
func send(ctx context.Context, client *http.Client, method, url string, header http.Header, body []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header = header.Clone()
	request.Host = header.Get("Host") // or else the URL's
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, header: response.Header, body: text}, err
}

// question is the body of a GraphQL request.
func question(query string, variables map[string]any) []byte {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // strings, and JSON that was read before
	}
	return body
}
