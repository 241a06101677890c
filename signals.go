package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// untilSignalled is a context that ends with the first SIGTERM or SIGINT, or by stop, so that a command ends in good order. The
// second signal ends the program at once, with the status by which shells tell such ends: 128 and the number of the signal.
func untilSignalled(log io.Writer, exit func(status int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() {
		for ended := false; ; ended = true {
			select {
			case got := <-signals:
				if ended {
					_, _ = fmt.Fprintf(log, "gatehouse: a second signal (%v): ended at once\n", got)
					number, _ := got.(syscall.Signal)
					exit(128 + int(number))
				}
				cancel()
			case <-stopped:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stopped)
		cancel()
	}
}
