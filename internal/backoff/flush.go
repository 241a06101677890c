package backoff

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	rows "github.com/gatehouse/gatehouse/ent/backoff"
	"github.com/gatehouse/gatehouse/ent/predicate"
)

// mostSlack is how many rows more than need be are deleted at a time when there are too many.
const mostSlack = 1000

// Flush deletes the rows of which nothing matters any more, and says how many those were. It works in batches, and
// what was done stays done when it is interrupted.
func (g *Guard) Flush(ctx context.Context) (deleted int, err error) {
	now := g.settings.now()
	return g.db.DeleteInBatches(ctx, func(tx *ent.Tx, most int) (int, error) {
		return deleteSoonest(ctx, tx, most, rows.ClearsAtLTE(now), rows.BlockedUntilLTE(now))
	})
}

// makeRoom deletes rows where those of the marks would be too many: the ones that clear soonest, so that a flood of
// fresh ones drives out its own kind and not those who failed often.
//
// Counting takes time in a large table, and so is done only once in a while; then some more than need be are deleted.
func (g *Guard) makeRoom(ctx context.Context, tx *ent.Tx, marks []*mark) error {
	added := 0
	for _, m := range marks {
		if !m.known {
			added++
		}
	}
	if g.room.Add(int64(-added)) >= 0 {
		return nil
	}
	count, err := tx.Backoff.Query().
		Aggregate(func(*sql.Selector) string { return "COUNT(*)" }). // ent's own counts distinct keys
		Int(ctx)
	if err != nil {
		return fmt.Errorf("counting rows of failures: %w", err)
	}
	slack := min(g.settings.MaxRows/100, mostSlack)
	if excess := count + added - g.settings.MaxRows; excess > 0 {
		deleted, err := deleteSoonest(ctx, tx, min(excess, mostSlack)+slack, rows.IDNotIn(keys(marks)...))
		if err != nil {
			return err
		}
		count -= deleted
	}
	g.room.Store(int64(min(g.settings.MaxRows-count-added, slack)))
	return nil
}

// deleteSoonest deletes so many of the rows, those that clear soonest, and says how many there were.
func deleteSoonest(ctx context.Context, tx *ent.Tx, limit int, which ...predicate.Backoff) (int, error) {
	n, err := tx.Backoff.Delete().Where(func(s *sql.Selector) {
		soonest := sql.Dialect(s.Dialect()).Select(rows.FieldID).From(sql.Table(rows.Table)).
			OrderBy(rows.FieldClearsAt).Limit(limit)
		for _, p := range which {
			p(soonest)
		}
		s.Where(sql.In(s.C(rows.FieldID), soonest))
		for _, p := range which { // once more, of the row as it is by the time that it is deleted
			p(s)
		}
	}).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("deleting rows of failures: %w", err)
	}
	return n, nil
}
