package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// tools is where the programs are that `make bench` builds for the benchmark alone.
const tools = ".cache/bench/"

// The servers share a core, as only one of them has something to do at a time, and who asks has another.
const (
	serversCore = "0"
	askersCore  = "1"
)

// connections ask at once.
const connections = "16"

// canPin says whether programs can be told on which core to run.
func canPin() bool {
	_, err := exec.LookPath("taskset")
	return err == nil && runtime.NumCPU() > 1
}

// settle has this program run on one core alone, and all that it starts and does not tell otherwise.
func settle(ctx context.Context, core string) error {
	if !canPin() {
		return nil
	}
	out, err := exec.CommandContext(ctx, "taskset", "--all-tasks", "--cpu-list", "--pid", core, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("taskset: %w: %s", err, out)
	}
	return nil
}

// onCore is a command that runs on one core alone, where that can be said.
func onCore(core string, args ...string) []string {
	if !canPin() {
		return args
	}
	return append([]string{"taskset", "--cpu-list", core}, args...)
}

// figures are what a server took for an operation.
type figures struct {
	cpu      float64 // µs a request, of the server's process: user and system
	rate     float64 // requests a second
	p50, p99 float64 // ms
	memory   float64 // MiB that are resident, at the end
}

// warm is how long a server is asked before it is measured. It is also the shortest time that bombardier takes.
const warm = time.Second

// asking is what has a server be asked for so long.
type asking func(time.Duration) (result, error)

// measure has the server asked for so long, which is a second or more.
func (s *server) measure(ask asking, long time.Duration) (figures, error) {
	if _, err := ask(warm); err != nil {
		return figures{}, err
	}
	before, err := s.process.Stat()
	if err != nil {
		return figures{}, err
	}
	took, err := ask(long)
	if err != nil {
		return figures{}, err
	}
	after, err := s.process.Stat()
	if err != nil {
		return figures{}, err
	}
	return figures{
		cpu:    (after.CPUTime() - before.CPUTime()) * 1e6 / float64(took.Answered),
		rate:   float64(took.Answered) / took.Seconds,
		p50:    took.Latency.Percentiles.P50 / 1e3,
		p99:    took.Latency.Percentiles.P99 / 1e3,
		memory: float64(after.ResidentMemory()) / (1 << 20),
	}, nil
}

// tolerance of the length of answers, as a part of it: some are cut off when the time is over.
const tolerance = 0.02

// result is what came of asking: the part of bombardier's report that is of use here. Latencies are in µs.
type result struct {
	Seconds  float64 `json:"timeTakenSeconds"`
	Answered int     `json:"req2xx"`
	Refused4 int     `json:"req4xx"`
	Refused5 int     `json:"req5xx"`
	Others   int
	Read     float64 `json:"bytesRead"`
	Latency  struct {
		Percentiles struct {
			P50 float64 `json:"50"`
			P99 float64 `json:"99"`
		}
	}
}

// load has bombardier ask for so long. It is an error when a request fails, or when the answers are not as long as one answer
// is: bombardier does not read them, and a GraphQL server refuses with status 200.
func load(ctx context.Context, s *server, o operation.Operation, access string, long time.Duration) (result, error) {
	body, err := o.Body()
	if err != nil {
		return result{}, err
	}
	args := []string{
		"--fasthttp", "--connections=" + connections, "--duration=" + long.String(),
		"--timeout=10s", "--latencies", "--print=result", "--format=json", "--method=" + http.MethodPost, "--body=" + string(body),
	}
	for name, values := range headers(o, access) {
		args = append(args, "--header="+name+": "+values[0])
	}
	out, err := exec.CommandContext(ctx, tools+"bombardier", append(args, s.url+"/graphql")...).CombinedOutput()
	if err != nil {
		return result{}, fmt.Errorf("bombardier: %w\n%s", err, out)
	}
	var report struct{ Result result }
	if err := json.Unmarshal(out, &report); err != nil {
		return result{}, fmt.Errorf("bombardier's report: %w\n%s", err, out)
	}
	r := report.Result
	if r.Answered == 0 || r.Refused4+r.Refused5+r.Others > 0 {
		return r, fmt.Errorf("of the requests not all were answered: %+v", r)
	}
	head, answer, err := s.send(ctx, o, access)
	if err != nil {
		return r, err
	}
	if one, mean := float64(len(head)+len(answer)), r.Read/float64(r.Answered); math.Abs(mean-one) > one*tolerance {
		return r, fmt.Errorf("answers had %.0f bytes, and an answer has %.0f", mean, one)
	}
	return r, nil
}
