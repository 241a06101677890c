package catalog_test

import (
	"context"
	"database/sql"
	"log/slog"
	"strconv"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/notify"
)

// onEachFeed runs a test of what every Feed does, each in a world of its own.
func onEachFeed(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("local", func(t *testing.T) { test(t, build(t)) })
	if databasetest.OnPostgres() {
		t.Run("shared", func(t *testing.T) {
			w := build(t)
			w.feed = w.sharedFeed
			test(t, w)
		})
	}
}

// fed makes the world's catalogue one whose followers wait for the feed.
func (w *world) fed(t *testing.T) {
	feed, _ := w.feed(t)
	w.Catalog = catalog.New(w.db, feed, w.clock.now)
}

// localFeed tells at once what is committed.
func localFeed(*testing.T) (catalog.Feed, func()) { return catalog.NewLocalFeed(), func() {} }

// sharedFeed listens to the world's database until the test ends.
func (w *world) sharedFeed(t *testing.T) (catalog.Feed, func()) {
	t.Helper()
	bus := notify.New(w.db, notify.Settings{})
	feed := catalog.NewSharedFeed(bus, w.db.Editions, slog.New(slog.DiscardHandler))
	settle := w.barrier(t, bus)
	listener, err := bus.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { listener.Run(t.Context()) })
	t.Cleanup(running.Wait)
	return feed, settle
}

// barrier is a wait for all that is committed: for a message that is sent after it, unless nothing else was. No statement of
// the world's is counted for that.
func (w *world) barrier(t *testing.T, bus *notify.Bus) (wait func()) {
	t.Helper()
	const topic = "test.barrier"
	raw, err := sql.Open("pgx", w.source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	var mu sync.Mutex
	sent, settled, arrived := 0, 0, make(chan string, 1000)
	bus.Handle(topic, notify.Handler{Told: func(m notify.Message) { arrived <- string(m.Payload) }, Lost: func() {}})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		var messages int
		if err := raw.QueryRowContext(context.Background(), "SELECT count(*) FROM outbox").Scan(&messages); err != nil {
			t.Fatal(err)
		} else if messages == settled {
			return
		}
		settled = messages + 1
		sent++
		tx, err := raw.BeginTx(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		if err := bus.Send(context.Background(), tx, topic, []byte(strconv.Itoa(sent))); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		for got := range arrived {
			if got == strconv.Itoa(sent) {
				return
			}
		}
	}
}
