package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/logtest"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/notify"
)

const topic = "test.topic"

// patience is for how long a test waits for what has to come.
const patience = time.Minute

// world is a database with somebody who looks at it from outside.
type world struct {
	source string
	db     *database.DB
	admin  *pgx.Conn
}

func build(t *testing.T) *world {
	t.Helper()
	source := databasetest.Postgres(t)
	w := &world{source: source, db: databasetest.Open(t, source)}
	var err error
	if w.admin, err = pgx.Connect(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.admin.Close(context.Background()) })
	return w
}

func (w *world) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := w.admin.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) number(t *testing.T, query string) (n int) {
	t.Helper()
	if err := w.admin.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// ear hears the messages of one bus.
type ear struct {
	*notify.Bus
	log   *logtest.Journal
	heard chan string // what was told, or "lost"
	gone  chan int    // has an attempt to connect for each that is allowed; nil: all are
	tries chan int    // has one for each that waits
}

// ear makes one that does not listen yet.
func (w *world) ear(settings notify.Settings) *ear {
	e := &ear{log: new(logtest.Journal), heard: make(chan string, 100_000)}
	settings.Log = slog.New(slog.NewTextHandler(e.log, nil))
	if settings.Interval == 0 {
		settings.Interval = time.Hour // whatever is told is told by a notification, or after the connection was lost
	}
	if settings.Pause == nil {
		settings.Pause = func(ctx context.Context, _ time.Duration) error {
			if e.gone == nil {
				return ctx.Err()
			}
			e.tries <- 1
			select {
			case <-e.gone:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	e.Bus = notify.New(w.db, settings)
	e.Handle(topic, notify.Handler{
		Told: func(m notify.Message) { e.heard <- string(m.Payload) },
		Lost: func() { e.heard <- "lost" },
	})
	return e
}

// listens makes an ear that listens until the test ends.
func (w *world) listens(t *testing.T, settings notify.Settings) *ear {
	t.Helper()
	e := w.ear(settings)
	e.run(t)
	return e
}

func (e *ear) run(t *testing.T) {
	t.Helper()
	listener, err := e.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { listener.Run(t.Context()) })
	t.Cleanup(running.Wait)
}

// next is what is heard next.
func (e *ear) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-e.heard:
		return text
	case <-time.After(patience):
		t.Fatalf("nothing is heard; log:\n%s", e.log)
		return ""
	}
}

// hears expects these, in this order, and nothing else before them.
func (e *ear) hears(t *testing.T, want ...string) {
	t.Helper()
	for i, text := range want {
		if got := e.next(t); got != text {
			t.Fatalf("heard %.40q as number %d, want %.40q; log:\n%s", got, i, text, e.log)
		}
	}
}

// send sends messages, each in a transaction of its own.
func (e *ear) send(t *testing.T, w *world, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := w.db.Write(t.Context(), func(tx *ent.Tx) error { return e.Send(t.Context(), tx, topic, []byte(text)) }); err != nil {
			t.Fatal(err)
		}
	}
}

// cut has the server end all connections that listen, and waits until they are gone; there is one at least.
func (w *world) cut(t *testing.T) {
	t.Helper()
	if w.cutSome(t) == 0 {
		t.Fatal("nobody listens")
	}
}

// cutSome has the server end the connections that listen at this moment.
func (w *world) cutSome(t *testing.T) int {
	t.Helper()
	return w.number(t, `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gatehouse listener'`)
}

func numbered(name string, n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprint(name, i))
	}
	return texts
}

var errUndone = errors.New("undone")
