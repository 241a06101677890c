package backoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	rows "github.com/gatehouse/gatehouse/ent/backoff"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// Try is one try while it runs. It was counted as a failure, and is one in the end when Keep was called. After
// Forgive it was none, and the account begins anew.
//
// When neither was called nothing was found out, and it never was. But if the server was too busy for the try, or
// its client did not wait, the address keeps the failure unless that is its only one: a flood must not go on for
// ever because it is one.
type Try struct {
	guard    *Guard
	address  mark
	account  *mark // nil: there is none
	failures int
	verdict  verdict
	written  bool // Forgive has written it, in a transaction that try has yet to commit
}

type verdict int

const (
	unknown verdict = iota
	kept
	forgiven
)

// Failures is how many failures of the address are not forgiven, with this try and all that run at the same time:
// at least 1.
func (t *Try) Failures() int { return t.failures }

// Keep leaves the failure as it was counted: the password was wrong.
func (t *Try) Keep() { t.verdict = kept }

// Forgive says that the password was right: at the end of the try the account's failures from this address are
// forgotten, and the address has one fewer, that of the try itself.
func (t *Try) Forgive() { t.verdict = forgiven }

// ForgiveIn is as Forgive, and does it in a transaction that the try commits or else fails with.
func (t *Try) ForgiveIn(ctx context.Context, tx *ent.Tx) error {
	t.verdict, t.written = forgiven, true
	return t.forgive(ctx, tx)
}

func (t *Try) forgive(ctx context.Context, tx *ent.Tx) error {
	if t.account != nil {
		if _, err := tx.Backoff.Delete().Where(rows.ID(t.account.key)).Exec(ctx); err != nil {
			return fmt.Errorf("forgetting failures: %w", err)
		}
	}
	return t.address.undo(ctx, tx, t.guard.settings.now())
}

// takeBack has the try never have been, but for the address if that keeps it.
func (t *Try) takeBack(ctx context.Context, tx *ent.Tx, addressKeeps bool) error {
	now := t.guard.settings.now()
	for _, m := range t.marks() {
		if addressKeeps && m == &t.address {
			continue
		}
		if err := m.undo(ctx, tx, now); err != nil {
			return err
		}
	}
	return nil
}

// settle does what is left to do when the try has ended with err.
func (t *Try) settle(ctx context.Context, err error) error {
	addressKeeps := t.failures > 1 && (fault.CodeOf(err) == fault.RateLimited || ctx.Err() != nil)
	switch {
	case t.verdict == kept, t.verdict == forgiven && t.written && err == nil:
		return nil
	case t.verdict == forgiven && t.written && errors.Is(err, database.ErrUnreachable):
		return nil // the transaction may have been committed, and what is forgiven twice is somebody else's failure
	case t.verdict == unknown && addressKeeps && t.account == nil:
		return nil
	}
	ctx, cancel := database.Outlasting(ctx) // that the client hung up is no reason to leave it
	defer cancel()
	return t.guard.write(ctx, func(tx *ent.Tx) error {
		if t.verdict == forgiven {
			return t.forgive(ctx, tx)
		}
		return t.takeBack(ctx, tx, addressKeeps)
	})
}

// marks are what the try leaves, the address's first.
func (t *Try) marks() []*mark {
	if t.account == nil {
		return []*mark{&t.address}
	}
	return []*mark{&t.address, t.account}
}

// mark is what a try leaves under one key.
type mark struct {
	key           string
	curve         curve
	known         bool // there was a row
	before, after state
	added         time.Duration // by how much clearsAt moved
}

func keys(marks []*mark) []string {
	all := make([]string, len(marks))
	for i, m := range marks {
		all[i] = m.key
	}
	return all
}

// fail counts a failure.
func (m *mark) fail(ctx context.Context, tx *ent.Tx, now time.Time) error {
	m.after = m.curve.fail(m.before, now)
	m.added = max(0, min(m.after.clearsAt.Sub(m.before.clearsAt), m.after.clearsAt.Sub(now)))
	var err error
	if m.known {
		err = update(ctx, tx, m.key, m.after)
	} else {
		err = tx.Backoff.Create().SetID(m.key).SetClearsAt(m.after.clearsAt).SetBlockedUntil(m.after.blockedUntil).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("counting a failure: %w", err)
	}
	return nil
}

// undo takes that failure back and leaves those that others have counted since. What the next try has to wait stays
// when it is due to one of those.
func (m *mark) undo(ctx context.Context, tx *ent.Tx, now time.Time) error {
	row, err := tx.Backoff.Get(ctx, m.key)
	if ent.IsNotFound(err) {
		return nil // forgiven already
	}
	if err != nil {
		return fmt.Errorf("reading a failure to take back: %w", err)
	}
	s := stateOf(row)
	s.clearsAt = s.clearsAt.Add(-m.added)
	if s.blockedUntil.Equal(m.after.blockedUntil) {
		s.blockedUntil = m.before.blockedUntil
	}
	if s.cleared(now) {
		_, err = tx.Backoff.Delete().Where(rows.ID(m.key)).Exec(ctx)
	} else {
		err = update(ctx, tx, m.key, s)
	}
	if err != nil {
		return fmt.Errorf("taking back a failure: %w", err)
	}
	return nil
}

func update(ctx context.Context, tx *ent.Tx, key string, s state) error {
	return tx.Backoff.Update().Where(rows.ID(key)).
		SetClearsAt(s.clearsAt).SetBlockedUntil(s.blockedUntil).
		Exec(ctx)
}
