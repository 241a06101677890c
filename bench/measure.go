package main

import (
	"errors"
	"fmt"
	"time"
)

// result is what came of asking for a while.
type result struct {
	seconds  float64
	answered int // as was wanted
	failed   int
	failure  error   // the first; nil if none failed
	p50, p99 float64 // ms, until an answer
}

// whole is an error unless all was answered as was wanted.
func (r result) whole() error {
	switch {
	case r.failed > 0:
		return fmt.Errorf("%d of %d requests failed, the first: %w", r.failed, r.failed+r.answered, r.failure)
	case r.answered == 0:
		return errors.New("nothing was answered")
	}
	return nil
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

// measure has the server asked for so long, which is a second or more. It is an error when a request fails.
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
	if err := took.whole(); err != nil {
		return figures{}, err
	}
	after, err := s.process.Stat()
	if err != nil {
		return figures{}, err
	}
	return figures{
		cpu:    (after.CPUTime() - before.CPUTime()) * 1e6 / float64(took.answered),
		rate:   float64(took.answered) / took.seconds,
		p50:    took.p50,
		p99:    took.p99,
		memory: float64(after.ResidentMemory()) / mebibyte,
	}, nil
}

const mebibyte = 1 << 20
