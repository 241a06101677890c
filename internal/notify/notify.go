// Package notify carries messages among the programs that share a PostgreSQL database. A message is sent in a transaction:
// it is told everywhere, to the program that sent it as well, once that is committed, and never if it is undone.
//
// Each message is a row of the table outbox, and announced by NOTIFY in the same transaction
// (https://www.postgresql.org/docs/current/sql-notify.html). PostgreSQL tells notifications right after the commit, in
// the order of the commits, and only to who listens at that moment. So the row is what counts, and the notification says
// when to look: whoever lost the connection finds the rows that it missed. See position.
//
// What messages mean is nobody's business here.
package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gatehouse/gatehouse/internal/database"
)

const (
	// DefaultKeep is for how long a message can still be read by who was cut off.
	DefaultKeep = 10 * time.Minute
	// DefaultMost is how many messages are kept at the most, of about 150 bytes each if they are small.
	DefaultMost = 500_000
	// DefaultInterval is how often a Listener looks whether it has missed anything, and whether its connection still is one.
	DefaultInterval = 30 * time.Second
)

// Settings say how a Bus works. What is zero is the default.
type Settings struct {
	Log      *slog.Logger
	Keep     time.Duration // for how long Flush leaves messages
	Most     int           // how many Flush leaves
	Interval time.Duration // between two looks of a Listener
	// Pause waits before another try to connect, as database.Pause does.
	Pause func(ctx context.Context, longest time.Duration) error
}

// Bus is what the messages of a database are sent by and heard by. Many goroutines may use it at once, once all handlers
// are there.
type Bus struct {
	db       *database.DB
	settings Settings
	handlers map[string]Handler
}

// Handler hears the messages of a topic, one after the other. It must not wait for anybody, since nothing is heard
// meanwhile.
type Handler struct {
	// Told hears a message: each once, and those of one connection after another in the order of their commits. Those that
	// were missed between two connections come in the order in which they were sent. That is the order of
	// their commits, too, for any two transactions of which the second waited for what the first had changed.
	Told func(Message)
	// Lost says that messages may have been missed for good: of what was sent before this call.
	Lost func()
	// Hears is told whether messages are heard from now on as they are sent: when a Listener begins to run, has lost its
	// connection, or has another, after all that was missed meanwhile. Nil: nobody wants to know.
	Hears func(bool)
}

// Message is what was sent.
type Message struct {
	Transaction uint64 // which sent it, as pg_current_xact_id() counts; see Moment
	Payload     []byte
}

// New makes a bus on a PostgreSQL database.
func New(db *database.DB, settings Settings) *Bus {
	if settings.Log == nil {
		settings.Log = slog.New(slog.DiscardHandler)
	}
	if settings.Keep == 0 {
		settings.Keep = DefaultKeep
	}
	if settings.Most == 0 {
		settings.Most = DefaultMost
	}
	if settings.Interval == 0 {
		settings.Interval = DefaultInterval
	}
	if settings.Pause == nil {
		settings.Pause = database.Pause
	}
	return &Bus{db: db, settings: settings, handlers: map[string]Handler{}}
}

// Handle has the handler hear a topic, whose name is made of letters, digits, dots and underscores. It is called before Listen.
func (b *Bus) Handle(topic string, handler Handler) { b.handlers[topic] = handler }

// Execer is a transaction, such as *ent.Tx.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Send sends a message when the transaction is committed. NOTIFY makes transactions that send be committed one after the
// other, in the whole of a PostgreSQL server, so that this had better be the last thing that a transaction does.
func (b *Bus) Send(ctx context.Context, tx Execer, topic string, payload []byte) error {
	const send = `WITH sent AS (INSERT INTO outbox (topic, payload) VALUES ($1, $2) RETURNING id, transaction)
		SELECT pg_notify($3, $4 || ' ' || id || ' ' || transaction || ' ' || topic || $5) FROM sent, (SELECT $1::text AS topic) AS its`
	if _, err := tx.ExecContext(ctx, send, topic, payload, channel, version, inline(payload)); err != nil {
		return fmt.Errorf("sending a message to all instances: %w", err)
	}
	return nil
}

// errLost says that a message is there no more that was not told.
var errLost = errors.New("messages were flushed before they were told")
