package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gatehouse/gatehouse/internal/health"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// lastWords is how long a request that was told to end gets to say so, and what runs in the background to notice.
const lastWords = 2 * time.Second

// draining is what stops when the program is to end.
type draining struct {
	ready       *health.Readiness
	server      *http.Server
	api         *transport.GraphQL
	endRequests context.CancelFunc // ends the contexts of all requests
}

// drain ends the serving, in this order: the program is not ready any more, but serves for the drain delay; then it listens
// no longer, streams end, and requests that are running may finish. Those that have not by the deadline are told to end, and
// are then cut off, which is the error. Nothing of the database is in use after it.
func (a *app) drain(ctx context.Context, d draining) error {
	d.ready.Drain()
	if delay := a.settings.DrainDelay; delay > 0 {
		a.log.InfoContext(ctx, "not ready any more: serving on until others have noticed", "delay", delay)
		time.Sleep(delay)
	}
	a.log.InfoContext(ctx, "shutting down: running requests may finish, streams end", "timeout", a.settings.ShutdownTimeout)
	late := d.await(ctx, a.settings.ShutdownTimeout)
	if late == nil {
		return nil
	}
	a.log.WarnContext(ctx, "requests are still running: ending them")
	d.endRequests()
	_ = d.await(ctx, lastWords) // whoever does not end then is cut off
	return fmt.Errorf("shutting down: requests were still running: %w", errors.Join(late, d.server.Close()))
}

// await waits until all requests and streams have ended, for so long.
func (d draining) await(ctx context.Context, long time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	return errors.Join(d.server.Shutdown(ctx), d.api.Wait(ctx)) // the former does not wait for WebSockets
}

// awaitBackground waits until what runs in the background has noticed that it is to end, but not for ever.
func (a *app) awaitBackground(ctx context.Context, background *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() {
		background.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(lastWords):
		a.log.WarnContext(ctx, "not waiting any longer for what runs in the background")
	}
}
