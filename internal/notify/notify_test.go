package notify_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/notify"
)

// Everybody hears what is committed, also who sent it: once, in order, and nothing that is undone.
func TestMessagesAreToldToAll(t *testing.T) {
	w := build(t)
	one, two := w.listens(t, notify.Settings{}), w.listens(t, notify.Settings{})
	silent := w.ear(notify.Settings{}) // a command, which only sends
	silent.send(t, w, "a", "b")
	if err := w.db.Write(t.Context(), func(tx *ent.Tx) error {
		if err := one.Send(t.Context(), tx, topic, []byte("never")); err != nil {
			t.Error(err)
		}
		return errUndone
	}); err == nil {
		t.Fatal("it was committed")
	}
	one.send(t, w, "c", "c")
	for _, e := range []*ear{one, two} {
		e.hears(t, "a", "b", "c", "c")
	}
	two.send(t, w, "")
	for _, e := range []*ear{one, two} {
		e.hears(t, "")
	}
}

// Who listens hears nothing of what was before.
func TestListenersHearWhatComesLater(t *testing.T) {
	w := build(t)
	e := w.ear(notify.Settings{Interval: 10 * time.Millisecond})
	old := besides(t, w).admin
	if _, err := old.Exec(t.Context(), "BEGIN; SELECT pg_current_xact_id()"); err != nil { // and so what comes is not over for good
		t.Fatal(err)
	}
	e.send(t, w, "before")
	e.run(t)
	e.send(t, w, "after")
	e.hears(t, "after")
	w.cut(t)
	e.send(t, w, "later")
	e.hears(t, "later")
}

// However large a message is, it arrives as it was; the notification is full long before.
func TestLargeMessages(t *testing.T) {
	w := build(t)
	e := w.listens(t, notify.Settings{})
	for _, size := range []int{5849, 5850, 5851, 7999, 8000, 8001, 1 << 20} { // 5,850 bytes are 7,800 in base64
		text := make([]byte, size)
		if _, err := rand.Read(text); err != nil {
			t.Fatal(err)
		}
		e.send(t, w, string(text), "then")
		e.hears(t, string(text), "then")
	}
}

// The connection is cut again and again while many write: each message is heard once, and those of each writer in order.
func TestConnectionsThatAreLost(t *testing.T) {
	const writers, each, cuts = 6, 60, 5
	w := build(t)
	ears := []*ear{w.listens(t, notify.Settings{}), w.listens(t, notify.Settings{Interval: 5 * time.Millisecond})}
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for i := range each {
				text := fmt.Sprintf("%d %d", writer, i)
				if i%10 == 0 {
					text += strings.Repeat("x", 9000)
				}
				ears[0].send(t, w, text)
			}
		})
	}
	group.Go(func() {
		for range cuts {
			time.Sleep(20 * time.Millisecond)
			w.cutSome(t)
		}
	})
	for _, e := range ears {
		last := make([]int, writers)
		for range writers * each {
			var writer, i int
			if _, err := fmt.Sscanf(e.next(t), "%d %d", &writer, &i); err != nil {
				t.Fatal(err)
			}
			if i != last[writer] {
				t.Fatalf("writer %d is heard with %d, not %d", writer, i, last[writer])
			}
			last[writer]++
		}
	}
	group.Wait()
	ears[0].send(t, w, "end")
	for _, e := range ears { // nothing twice
		e.hears(t, "end")
	}
}

// What is sent while nobody hears is told when they hear again, also by transactions that were begun long before, and were
// overtaken by others that had been told.
func TestWhatWasMissedIsToldLater(t *testing.T) {
	w := build(t)
	e := w.ear(notify.Settings{})
	e.gone, e.tries = make(chan int), make(chan int, 100)
	e.run(t)
	old, err := w.admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Rollback(t.Context()) }()
	// It has an id, and its row the smallest number; it only waits to be committed.
	if _, err := old.Exec(t.Context(), "INSERT INTO outbox (topic, payload) VALUES ($1, 'old')", topic); err != nil {
		t.Fatal(err)
	}
	e.send(t, w, "young")
	e.hears(t, "young")

	another := besides(t, w)
	another.cut(t)
	<-e.tries
	e.send(t, w, "missed", "and this")
	if err := old.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.exec(t, `INSERT INTO outbox (topic, payload) SELECT CASE n % 3 WHEN 0 THEN 'unknown' ELSE $1 END, convert_to('many' || n, 'UTF8') FROM generate_series(0, 1499) AS n`, topic)
	e.gone <- 1
	e.hears(t, "old", "missed", "and this")
	for n, text := range numbered("many", 1500) {
		if n%3 != 0 {
			e.hears(t, text)
		}
	}
	e.send(t, w, "new")
	e.hears(t, "new")
}

// besides is another look at the same database.
func besides(t *testing.T, w *world) *world {
	t.Helper()
	other := *w
	other.admin = connect(t, w.source)
	return &other
}

// A message that no notification told, or one that was not understood, is found by looking.
func TestLooking(t *testing.T) {
	w := build(t)
	e := w.listens(t, notify.Settings{Interval: 10 * time.Millisecond})
	w.exec(t, "INSERT INTO outbox (topic, payload) VALUES ($1, 'unannounced')", topic)
	e.hears(t, "unannounced")
	for range 20 { // however often it looks
		e.send(t, w, "announced")
		e.hears(t, "announced")
		time.Sleep(5 * time.Millisecond)
	}
}

// Anybody may send notifications. What is no message is logged and nothing else, and no part of it.
func TestNotificationsThatAreNoMessages(t *testing.T) {
	w := build(t)
	e := w.listens(t, notify.Settings{})
	garbage := []string{
		"", "garbage", "1", "1 2 3", "2 1 1 " + topic, "1 x 1 " + topic, "1 1 x " + topic, "1 1 -1 " + topic, "1 1 1 " + topic + " !!!!",
		"1 1 1 " + topic + " YQ", "1 1 1 " + topic + " YQ== more", "1 99999999999999999999 1 " + topic, strings.Repeat("x", 7999), "1\x01 \n",
	}
	for _, text := range garbage {
		w.exec(t, "SELECT pg_notify('gatehouse', $1)", text)
	}
	w.exec(t, "SELECT pg_notify('gatehouse', '1 999 999999 unknown.topic YQ==')")
	e.send(t, w, "then")
	e.hears(t, "then")
	if n := strings.Count(e.log.String(), "no message"); n != len(garbage) {
		t.Errorf("%d of %d are logged:\n%s", n, len(garbage), e.log)
	}
	if strings.Contains(e.log.String(), "not heard") {
		t.Errorf("they cut the connection:\n%s", e.log)
	}
	if strings.Contains(e.log.String(), "garbage") || strings.Contains(e.log.String(), "xxxx") {
		t.Error("what strangers send gets into the log")
	}
}

// Who was away for so long that messages are deleted is told that some are lost, and then hears what comes.
func TestMessagesThatAreGone(t *testing.T) {
	for name, gone := range map[string]func(t *testing.T, w *world){
		"flushed, since they are old": func(t *testing.T, w *world) {
			w.exec(t, "UPDATE outbox SET written_at = written_at - interval '11 minutes'")
			flush(t, w, notify.Settings{}, 2)
		},
		"flushed, since they are many": func(t *testing.T, w *world) { flush(t, w, notify.Settings{Most: 1}, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := build(t)
			e := w.ear(notify.Settings{})
			e.gone, e.tries = make(chan int), make(chan int, 100)
			e.run(t)
			besides(t, w).cut(t)
			<-e.tries
			e.send(t, w, "missed", "and this")
			gone(t, w)
			e.gone <- 1
			e.hears(t, "lost")
			e.send(t, w, "new")
			e.hears(t, "new")
		})
	}
}

// What somebody merely says is there, as anybody may who can connect, is no reason to have lost anything.
func TestMessagesThatAreNotThere(t *testing.T) {
	w := build(t)
	e := w.listens(t, notify.Settings{})
	w.exec(t, "SELECT pg_notify('gatehouse', '1 999 ' || pg_current_xact_id() || ' ' || $1)", topic)
	e.send(t, w, "new")
	e.hears(t, "new")
}

// Another server in its place may lack what was told, and give its transactions' ids to others.
func TestAnotherServer(t *testing.T) {
	w := build(t)
	e := w.ear(notify.Settings{})
	e.gone, e.tries = make(chan int), make(chan int, 100)
	listener, err := e.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	notify.Pretend(listener, "another/00000001")
	var running sync.WaitGroup
	running.Go(func() { listener.Run(t.Context()) })
	t.Cleanup(running.Wait)
	w.cut(t)
	<-e.tries
	e.send(t, w, "missed")
	e.gone <- 1
	e.hears(t, "lost")
	e.send(t, w, "new")
	e.hears(t, "new")
	besides(t, w).cut(t)
	<-e.tries
	e.gone <- 1
	e.send(t, w, "once more")
	e.hears(t, "once more")
}
