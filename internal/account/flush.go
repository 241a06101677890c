package account

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
)

// flushMargin is how long a session is kept after no token of it can serve any more: longer than any leeway, so
// that its refresh token is known for one that expired.
const flushMargin = 24 * time.Hour

// FlushExpired deletes the sessions of which no token can serve any more, revoked ones too, and says how many
// those were. It works in batches, and what was done stays done when it is interrupted.
func (r *Registry) FlushExpired(ctx context.Context) (deleted int, err error) {
	before := r.now().Add(-flushMargin)
	return r.db.DeleteInBatches(ctx, func(tx *ent.Tx, most int) (int, error) {
		ids, err := tx.Session.Query().Where(session.ExpiresAtLT(before)).
			Order(session.ByExpiresAt()).Limit(most).IDs(ctx)
		if err != nil {
			return 0, fmt.Errorf("looking for expired sessions: %w", err)
		}
		n, err := tx.Session.Delete().Where(session.IDIn(ids...)).Exec(ctx)
		if err != nil {
			return 0, fmt.Errorf("deleting expired sessions: %w", err)
		}
		return n, nil
	})
}
