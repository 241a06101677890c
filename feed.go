package main

import (
	"context"
	"log/slog"
	"sync"

	"entgo.io/ent/dialect"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/notify"
)

// newFeed is what changes of the catalogue are told by: on PostgreSQL to all instances, by the bus.
func newFeed(db *database.DB, log *slog.Logger) (catalog.Feed, *notify.Bus) {
	if db.Dialect() != dialect.Postgres {
		return catalog.NewLocalFeed(), nil
	}
	bus := notify.New(db, notify.Settings{Log: log})
	return catalog.NewSharedFeed(bus, log), bus
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
	running.Go(func() { listener.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}, nil
}
