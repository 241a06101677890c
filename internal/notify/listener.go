package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// patience is how long the server may take to answer before its connection is given up.
	patience = 10 * time.Second
	// firstPause and longestPause bound what lies between two tries to connect; each time it is up to twice as long.
	firstPause, longestPause = 20 * time.Millisecond, 5 * time.Second
)

// Listener hears the messages of a Bus, on a connection of its own.
type Listener struct {
	bus      *Bus
	conn     *pgx.Conn // nil while there is none
	position position
}

// Listen begins to listen: all that is committed from now on is told to the bus's handlers, as soon as and while Run runs.
// The caller has it run, or else closes it.
func (b *Bus) Listen(ctx context.Context) (*Listener, error) {
	l := &Listener{bus: b}
	if err := l.connect(ctx); err != nil {
		return nil, err
	}
	v, err := l.look(ctx)
	if err != nil {
		l.Close(ctx)
		return nil, err
	}
	l.position = begin(v)
	return l, nil
}

// Close gives up the connection, also when ctx is over. Nobody calls it while Run runs.
func (l *Listener) Close(ctx context.Context) {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = l.conn.Close(ctx) // the server notices in any case
	l.conn = nil
}

// Run hears messages until ctx is over. When the connection is lost it makes another, however often it takes, and then
// tells what was missed meanwhile; or that it cannot be told.
func (l *Listener) Run(ctx context.Context) {
	defer l.Close(ctx)
	l.hears(true)
	defer l.hears(false)
	for longest := firstPause; ; {
		err := l.hear(ctx)
		if err == nil {
			longest = firstPause
			continue
		}
		if ctx.Err() != nil {
			return
		}
		l.hears(false)
		l.bus.settings.Log.WarnContext(ctx, "messages from other instances are not heard at the moment", "error", err)
		if longest, err = l.recover(ctx, longest); err != nil {
			return
		}
		l.hears(true)
	}
}

// recover tries to connect anew until it succeeds or ctx is over, which is then the error. It pauses before each try, no
// longer than the longest, and answers the longest of the next.
func (l *Listener) recover(ctx context.Context, longest time.Duration) (time.Duration, error) {
	for {
		l.Close(ctx)
		if err := l.bus.settings.Pause(ctx, longest); err != nil {
			return longest, err
		}
		longest = min(2*longest, longestPause)
		missed, err := l.again(ctx)
		switch {
		case err == nil:
			l.bus.settings.Log.InfoContext(ctx, "messages from other instances are heard again", "missed", missed)
			return longest, nil
		case ctx.Err() != nil:
			return longest, ctx.Err()
		}
		l.bus.settings.Log.DebugContext(ctx, "another try to hear messages from other instances has failed", "error", err)
	}
}

// connect makes a connection that listens.
func (l *Listener) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := l.bus.db.Connect(ctx, "listener")
	if err != nil {
		return err
	}
	l.conn = conn
	var server uint32
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&server); err != nil {
		l.Close(ctx)
		return fmt.Errorf("beginning to listen: %w", err)
	}
	if server != conn.PgConn().PID() {
		l.bus.settings.Log.WarnContext(ctx, "a pooler is in the way of notifications: unless it leaves each connection its session, changes made by other instances are told late; GATEHOUSE_DATABASE_NOTIFY_URL can lead past it")
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		l.Close(ctx)
		return fmt.Errorf("beginning to listen: %w", err)
	}
	return nil
}

// again connects anew and tells what was missed. It answers how much that was.
func (l *Listener) again(ctx context.Context) (missed int, err error) {
	if err := l.connect(ctx); err != nil {
		return 0, err
	}
	v, err := l.look(ctx)
	if err != nil {
		return 0, err
	}
	if !l.position.continues(v) {
		l.bus.settings.Log.WarnContext(ctx, "messages from other instances are lost: they were deleted before they were heard, or another server has taken the database's place")
		l.lose()
		l.position = begin(v)
		return 0, nil
	}
	return l.catchUp(ctx, v)
}

// hear tells messages as they come, for one interval, and then looks whether it has missed any. Its error is the connection's.
func (l *Listener) hear(ctx context.Context) error {
	interval, cancel := context.WithTimeout(ctx, l.bus.settings.Interval)
	defer cancel()
	for {
		n, err := l.conn.WaitForNotification(interval)
		switch {
		case err == nil:
			err = l.take(ctx, n)
		case ctx.Err() != nil:
			return ctx.Err()
		case interval.Err() != nil && !l.conn.IsClosed():
			v, err := l.look(ctx)
			if err != nil {
				return err
			}
			if _, err := l.catchUp(ctx, v); err != nil {
				return err
			}
			l.position.advance(v)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// take tells the message that a notification announces, unless it was told. What is none is left alone: if there is a
// message to it, the next look finds that.
func (l *Listener) take(ctx context.Context, n *pgconn.Notification) error {
	e, err := open(n.Payload)
	if err != nil {
		l.bus.settings.Log.WarnContext(ctx, "somebody has sent a notification that is no message", "process", n.PID, "bytes", len(n.Payload), "error", err)
		return nil
	}
	if l.position.knows(e.id, e.transaction) {
		return nil
	}
	r := row{id: e.id, transaction: e.transaction, topic: e.topic}
	if !e.inline {
		return l.fetch(ctx, []row{r}, false)
	}
	l.tell(r, e.payload)
	return nil
}

// look reads what there is from the position on.
func (l *Listener) look(ctx context.Context) (view, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return look(ctx, l.conn, l.position.from)
}

// catchUp tells what the view shows that was not told. It answers how much that was.
func (l *Listener) catchUp(ctx context.Context, v view) (missed int, err error) {
	rows := l.position.missing(v)
	for some := range slices.Chunk(rows, 500) {
		if err := l.fetch(ctx, some, true); err != nil {
			return missed, err
		}
		missed += len(some)
	}
	l.position.take(v.rows)
	return missed, nil
}

// fetch tells messages by what is in the table. If one is not there that was seen there, it is lost; one that somebody merely
// says is there is nothing.
func (l *Listener) fetch(ctx context.Context, rows []row, seen bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	found, err := l.conn.Query(ctx, "SELECT payload FROM outbox WHERE id = ANY($1) ORDER BY id", ids)
	if err != nil {
		return fmt.Errorf("reading messages: %w", err)
	}
	payloads, err := pgx.CollectRows(found, pgx.RowTo[[]byte])
	if err != nil {
		return fmt.Errorf("reading messages: %w", err)
	}
	if len(payloads) != len(rows) && !seen {
		l.bus.settings.Log.WarnContext(ctx, "somebody has announced a message that is not there", "id", rows[0].id)
		return nil // should it be flushed already, the next look finds that out
	}
	if len(payloads) != len(rows) {
		l.bus.settings.Log.WarnContext(ctx, "messages from other instances are lost", "error", errLost)
		l.lose()
		for _, r := range rows {
			l.position.told[r.id] = r.transaction
		}
		return nil
	}
	for i, r := range rows {
		l.tell(r, payloads[i])
	}
	return nil
}

// tell has a message heard. Topics that this version does not know are nobody's.
func (l *Listener) tell(r row, payload []byte) {
	l.position.told[r.id] = r.transaction
	if h, known := l.bus.handlers[r.topic]; known {
		h.Told(Message{Transaction: r.transaction, Payload: payload})
	}
}

func (l *Listener) lose() {
	for _, h := range l.bus.handlers {
		h.Lost()
	}
}

func (l *Listener) hears(others bool) {
	for _, h := range l.bus.handlers {
		if h.Hears != nil {
			h.Hears(others)
		}
	}
}
