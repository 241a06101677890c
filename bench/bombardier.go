package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os/exec"
	"strconv"
	"time"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// tools is where the programs are that `make bench` builds for the benchmark alone.
const tools = ".cache/bench/"

// connections ask at once for what is measured.
const connections = 16

// tolerance of the length of answers, as a part of it: some are cut off when the time is over.
const tolerance = 0.02

// report is the part of bombardier's that is of use here. Latencies are in µs.
type report struct {
	Result struct {
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
}

// load has bombardier ask for so long, by that many connections, each as soon as it has an answer. It is an error when the
// answers are not as long as one answer is: bombardier does not read them, and a GraphQL server refuses with status 200.
func load(ctx context.Context, s *server, o operation.Operation, access string, connections int, long time.Duration) (result, error) {
	asked, err := graphQL(o, access)
	if err != nil {
		return result{}, err
	}
	args := []string{
		"--fasthttp", "--connections=" + strconv.Itoa(connections), "--duration=" + long.String(),
		"--timeout=10s", "--latencies", "--print=result", "--format=json", "--method=" + http.MethodPost, "--body=" + string(asked.body),
	}
	for name, values := range asked.header {
		args = append(args, "--header="+name+": "+values[0])
	}
	out, err := exec.CommandContext(ctx, tools+"bombardier", append(args, s.url+asked.path)...).CombinedOutput()
	if err != nil {
		return result{}, fmt.Errorf("bombardier: %w\n%s", err, out)
	}
	var told report
	if err := json.Unmarshal(out, &told); err != nil {
		return result{}, fmt.Errorf("bombardier's report: %w\n%s", err, out)
	}
	r := told.Result
	took := result{
		seconds:  r.Seconds,
		answered: r.Answered,
		failed:   r.Refused4 + r.Refused5 + r.Others,
		p50:      r.Latency.Percentiles.P50 / 1e3,
		p99:      r.Latency.Percentiles.P99 / 1e3,
	}
	if took.failed > 0 {
		took.failure = fmt.Errorf("bombardier tells no more than how many: %s", out)
		return took, nil
	}
	head, answer, err := s.send(ctx, asked)
	if err != nil {
		return took, err
	}
	if one, mean := float64(len(head)+len(answer)), r.Read/float64(r.Answered); math.Abs(mean-one) > one*tolerance {
		return took, fmt.Errorf("answers had %.0f bytes, and an answer has %.0f", mean, one)
	}
	return took, nil
}
