package notify

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
)

// Flush deletes messages that are too old, or too many, for anybody to catch up with them, and says how many those were.
// Who would still have needed one is told that it lost some.
func (b *Bus) Flush(ctx context.Context) (deleted int, err error) {
	// Ages are told by the server's clock, which wrote them. A transaction "in the future" was copied with the database
	// from another server.
	const flush = `WITH one AS MATERIALIZED (SELECT transaction FROM outbox_flushed FOR UPDATE),
	gone AS (DELETE FROM outbox WHERE id IN (
		SELECT id FROM outbox, one WHERE written_at < clock_timestamp() - $1 * interval '1 microsecond' OR id <= (SELECT max(id) FROM outbox) - $2
		ORDER BY id LIMIT $3) RETURNING outbox.transaction),
	newest AS (SELECT max(transaction::text::bigint) FILTER (WHERE transaction < pg_snapshot_xmax(pg_current_snapshot())) AS transaction, count(*) AS rows FROM (
		SELECT transaction FROM gone UNION ALL SELECT transaction FROM one) AS seen)
	UPDATE outbox_flushed SET transaction = coalesce(newest.transaction, 0)::text::xid8 FROM newest WHERE newest.rows > 1 RETURNING newest.rows - 1`
	return b.db.DeleteInBatches(ctx, func(tx *ent.Tx, most int) (n int, err error) {
		rows, err := tx.QueryContext(ctx, flush, b.settings.Keep.Microseconds(), b.settings.Most, most)
		if err != nil {
			return 0, fmt.Errorf("deleting old messages: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				return 0, fmt.Errorf("deleting old messages: %w", err)
			}
		}
		return n, rows.Err()
	})
}
