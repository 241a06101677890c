// Package backoff makes guessing slow. It counts failures by network address, and by account as tried from one
// address; past a free number of them the next try has to wait, twice as long each time.
//
// All it knows is in the database, so that instances share it and a restart forgives nothing.
package backoff

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	rows "github.com/gatehouse/gatehouse/ent/backoff"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// Guard counts failures and has those wait who have too many. Many goroutines may use it at once.
type Guard struct {
	db       *database.DB
	settings Settings
	room     atomic.Int64  // how many rows may be added before they are to be counted
	writing  chan struct{} // holds something while a try is written
}

// New is a Guard over the database, whose schema must be current. Its error names the setting that makes no sense.
func New(db *database.DB, s Settings) (*Guard, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("backoff: %w", err)
	}
	return &Guard{db: db, settings: s, writing: make(chan struct{}, 1)}, nil
}

// TryAccount runs try, in which a password of the account is to be checked. The account is the name that was given
// for it, in the form in which names are compared, whether there is such an account or not. The address is textual;
// all that are none are one.
//
// The try is counted as a failure of the address, and of the account from that address, before it runs: of any
// number of concurrent ones, no more run than are free. What becomes of that is for try to say; see [Try].
//
// The error is try's own, or RATE_LIMITED where one of the two has to wait. Then try has not run, and nothing was
// counted.
func (g *Guard) TryAccount(ctx context.Context, address, account string, try func(*Try) error) error {
	return g.run(ctx, &Try{
		guard:   g,
		address: mark{key: addressKey(address), curve: g.settings.perAddress()},
		account: &mark{key: accountKey(address, account), curve: g.settings.perAccount()},
	}, try)
}

// TryAddress is as TryAccount for what concerns no account: only the address counts.
func (g *Guard) TryAddress(ctx context.Context, address string, try func(*Try) error) error {
	return g.run(ctx, &Try{
		guard:   g,
		address: mark{key: addressKey(address), curve: g.settings.perAddress()},
	}, try)
}

func (g *Guard) run(ctx context.Context, t *Try, try func(*Try) error) (err error) {
	if err := g.count(ctx, t); err != nil {
		if fault.CodeOf(err) == fault.RateLimited && g.settings.Refused != nil {
			g.settings.Refused()
		}
		return err
	}
	defer func() { // in a panic, too
		if failed := t.settle(ctx, err); failed != nil {
			err = failed
		}
	}()
	return try(t)
}

// count counts the try as a failure, or refuses it. Most that are refused write nothing.
func (g *Guard) count(ctx context.Context, t *Try) error {
	marks := t.marks()
	now := g.settings.now()
	if err := look(ctx, g.db.Read.Backoff, marks, now); err != nil {
		return err
	}
	err := g.write(ctx, func(tx *ent.Tx) error {
		now = g.settings.now() // it may have waited for its turn
		if err := look(ctx, tx.Backoff, marks, now); err != nil {
			return err
		}
		if err := g.makeRoom(ctx, tx, marks); err != nil {
			return err
		}
		for _, m := range marks {
			if err := m.fail(ctx, tx, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		g.room.Store(0) // what was deleted may be there again
		return err
	}
	t.failures = t.address.curve.failures(t.address.after, now)
	return nil
}

// write is the database's Write, one after the other. There may be any number of tries at once, and nobody has been
// made to wait for a first one yet: so they wait for each other here, and who writes anything else only for one of them.
func (g *Guard) write(ctx context.Context, f func(tx *ent.Tx) error) error {
	select {
	case g.writing <- struct{}{}:
		defer func() { <-g.writing }()
		return g.db.Write(ctx, f)
	case <-ctx.Done():
		return fmt.Errorf("waiting to write a try: %w", ctx.Err())
	}
}

// look reads how things stand under the marks' keys. The error is RATE_LIMITED when one of them has to wait.
func look(ctx context.Context, client *ent.BackoffClient, marks []*mark, now time.Time) error {
	found, err := client.Query().Where(rows.IDIn(keys(marks)...)).All(ctx)
	if err != nil {
		return fmt.Errorf("reading earlier failures: %w", err)
	}
	var wait time.Duration
	for _, m := range marks {
		m.known, m.before = false, state{}
		for _, row := range found {
			if row.ID == m.key {
				m.known, m.before = true, stateOf(row)
			}
		}
		wait = max(wait, m.curve.wait(m.before, now))
	}
	if wait > 0 {
		return &fault.Error{
			Code:       fault.RateLimited,
			Message:    "Too many failed attempts; try again later.",
			RetryAfter: wholeSeconds(wait),
		}
	}
	return nil
}

func stateOf(row *ent.Backoff) state {
	return state{clearsAt: row.ClearsAt, blockedUntil: row.BlockedUntil}
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
