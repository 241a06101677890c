package audit

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
)

// FlushExpired deletes the events that are older than they are to be kept, and says how many those were. It works
// in batches, and what was done stays done when it is interrupted.
func (t *Trail) FlushExpired(ctx context.Context) (deleted int, err error) {
	if t.settings.Retention == 0 {
		return 0, nil
	}
	before := t.now().Add(-t.settings.Retention)
	return t.db.DeleteInBatches(ctx, func(tx *ent.Tx, most int) (int, error) {
		ids, err := tx.AuditEvent.Query().Where(auditevent.CreatedAtLT(before)).
			Order(auditevent.ByCreatedAt()).Limit(most).IDs(ctx)
		if err != nil {
			return 0, fmt.Errorf("looking for old audit events: %w", err)
		}
		n, err := tx.AuditEvent.Delete().Where(auditevent.IDIn(ids...)).Exec(ctx)
		if err != nil {
			return 0, fmt.Errorf("deleting old audit events: %w", err)
		}
		return n, nil
	})
}
