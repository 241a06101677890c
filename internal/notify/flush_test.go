package notify_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse/gatehouse/internal/notify"
)

func flush(t *testing.T, w *world, settings notify.Settings, want int) {
	t.Helper()
	if n, err := notify.New(w.db, settings).Flush(t.Context()); err != nil || n != want {
		t.Fatalf("flushed %d, %v; want %d", n, err, want)
	}
}

func connect(t *testing.T, source string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// What is old is deleted, and what is too much; and it is on record of which transactions.
func TestFlush(t *testing.T) {
	w := build(t)
	e := w.ear(notify.Settings{})
	flush(t, w, notify.Settings{}, 0)
	e.send(t, w, numbered("m", 1203)...)
	flush(t, w, notify.Settings{}, 0)
	w.exec(t, "UPDATE outbox SET written_at = written_at - interval '10 minutes' WHERE id <= 1201")
	newest := w.number(t, "SELECT transaction::text::int FROM outbox WHERE id = 1201")
	flush(t, w, notify.Settings{}, 1201)
	if left, flushed := w.number(t, "SELECT count(*) FROM outbox"), w.number(t, "SELECT transaction::text::int FROM outbox_flushed"); left != 2 || flushed != newest {
		t.Errorf("%d are left, and the newest deleted is of transaction %d; want %d", left, flushed, newest)
	}
	flush(t, w, notify.Settings{Most: 1}, 1)
	flush(t, w, notify.Settings{Most: 1}, 0)
	if flushed := w.number(t, "SELECT transaction::text::int FROM outbox_flushed"); flushed <= newest {
		t.Errorf("the newest deleted is of transaction %d", flushed)
	}
}

// A database that was copied to another server has messages of transactions that are yet to come there. They are flushed like
// others, and do not make anybody think that they had lost something.
func TestFlushOfCopies(t *testing.T) {
	w := build(t)
	w.exec(t, "INSERT INTO outbox (transaction, written_at, topic, payload) VALUES ('999999999999', now() - interval '1 hour', $1, 'x')", topic)
	w.exec(t, "UPDATE outbox_flushed SET transaction = '999999999998'")
	e := w.listens(t, notify.Settings{})
	w.cut(t)
	e.send(t, w, "a")
	e.hears(t, "a")
	flush(t, w, notify.Settings{}, 1)
	if flushed := w.number(t, "SELECT transaction::text::bigint FROM outbox_flushed"); flushed != 0 {
		t.Errorf("the newest deleted is of transaction %d", flushed)
	}
}
