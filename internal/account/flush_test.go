package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/token"
)

func TestFlushExpired(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	old := w.obtain(t, "ada")
	if _, err := w.Revoke(t.Context(), w.obtain(t, "ada").Refresh); err != nil { // revoked, but as old
		t.Fatal(err)
	}
	w.clock.pass(30 * time.Hour)
	recent, revoked := w.obtain(t, "ada"), w.obtain(t, "ada")
	if _, err := w.Revoke(t.Context(), revoked.Refresh); err != nil {
		t.Fatal(err)
	}

	// Expired for six hours, then for a day to the second: kept. A moment more: gone.
	for _, step := range []struct {
		pass    time.Duration
		deleted int
	}{{0, 0}, {18*time.Hour - time.Second, 0}, {2 * time.Second, 2}, {0, 0}} {
		w.clock.pass(step.pass)
		if deleted, err := w.FlushExpired(t.Context()); err != nil || deleted != step.deleted {
			t.Errorf("%v later: deleted %d, %v; want %d", step.pass, deleted, err, step.deleted)
		}
	}
	if n := w.db.Read.Session.Query().CountX(t.Context()); n != 2 {
		t.Errorf("%d sessions are left, want the two that are recent", n)
	}
	w.refresh(t, recent.Refresh)
	_, err := w.Refresh(t.Context(), revoked.Refresh)
	wantInvalidToken(t, err, token.Revoked)
	_, err = w.Refresh(t.Context(), old.Refresh)
	wantInvalidToken(t, err, token.Expired)
}

// TestFlushInBatches deletes more than one batch, and goes on where it was interrupted.
func TestFlushInBatches(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	const sessions = 1201
	w.write(t, func(tx *ent.Tx) error {
		rows := make([]*ent.SessionCreate, sessions)
		for i := range rows {
			rows[i] = tx.Session.Create().SetUserID(u.ID).SetCreatedAt(noon).SetLastUsedAt(noon).SetRotatedAt(noon).
				SetExpiresAt(noon.Add(time.Duration(i) * time.Second)).SetEndsAt(noon.AddDate(0, 1, 0))
		}
		return tx.Session.CreateBulk(rows...).Exec(t.Context())
	})
	w.clock.pass(48 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if deleted, err := w.FlushExpired(ctx); !errors.Is(err, context.Canceled) || deleted != 0 {
		t.Errorf("interrupted: %d, %v", deleted, err)
	}
	if deleted, err := w.FlushExpired(t.Context()); err != nil || deleted != sessions {
		t.Errorf("deleted %d, %v; want %d", deleted, err, sessions)
	}
}
