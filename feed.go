package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"entgo.io/ent/dialect"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/notify"
	"github.com/gatehouse/gatehouse/internal/panics"
)

// newFeed is what changes of the catalogue are told by: on PostgreSQL to all instances, by the bus.
func newFeed(db *database.DB, log *slog.Logger) (catalog.Feed, *notify.Bus) {
	if db.Dialect() != dialect.Postgres {
		return catalog.NewLocalFeed(), nil
	}
	bus := notify.New(db, notify.Settings{Log: log})
	return catalog.NewSharedFeed(bus, db.Editions, log), bus
}

// listen has what other instances do be heard, until stop is called: streams may go on for a while after ctx is over.
func (a *app) listen(ctx context.Context) (stop func(), err error) {
	if a.bus == nil {
		return func() {}, nil
	}
	listener, err := a.bus.Listen(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { a.keepOn(ctx, "listening to other instances", listener.Run) })
	return func() {
		cancel()
		running.Wait()
	}, nil
}

// keepOn runs what goes on until ctx ends. What panics is logged, and begun again a little later.
func (a *app) keepOn(ctx context.Context, what string, run func(context.Context)) {
	for ctx.Err() == nil {
		err := panics.Caught(func() error { run(ctx); return nil })
		if err == nil {
			return
		}
		a.log.ErrorContext(ctx, "internal error", "in", what, "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}
