package account

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
)

const (
	// flushBatch is how many rows one transaction deletes: others may write between two.
	flushBatch = 500
	// flushMargin is how long a session is kept after no token of it can serve any more: longer than any
	// leeway, so that its refresh token is known for one that expired.
	flushMargin = 24 * time.Hour
)

// FlushExpired deletes the sessions of which no token can serve any more, revoked ones too, and says how many
// those were, and forgets the foreign tokens of which the same is true. It works in batches, and what was done stays
// done when it is interrupted.
func (r *Registry) FlushExpired(ctx context.Context) (deleted int, err error) {
	before := r.now().Add(-flushMargin)
	for {
		n := 0
		err := r.db.Write(ctx, func(tx *ent.Tx) error {
			ids, err := tx.Session.Query().Where(session.ExpiresAtLT(before)).
				Order(session.ByExpiresAt()).Limit(flushBatch).IDs(ctx)
			if err != nil {
				return fmt.Errorf("looking for expired sessions: %w", err)
			}
			if n, err = tx.Session.Delete().Where(session.IDIn(ids...)).Exec(ctx); err != nil {
				return fmt.Errorf("deleting expired sessions: %w", err)
			}
			return nil
		})
		if err != nil {
			return deleted, err
		}
		if deleted += n; n < flushBatch {
			return deleted, r.flushForeign(ctx)
		}
	}
}
