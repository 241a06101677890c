package notify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// position is what a Listener has told of the outbox.
//
// The numbers of rows do not do for that: they are given out when a row is written, so that one with a smaller number may
// be committed after one with a larger was told, and whoever asked for larger ones would never see it. Neither are
// transactions committed in the order of their ids. But once none is running any more that is older than some id, all
// older ones are over, and nothing of theirs can turn up. pg_snapshot_xmin(pg_current_snapshot()) is such an id. So the
// position is one of those, and beside it the rows of younger transactions that were told already.
type position struct {
	history string // of which these are the transactions
	// from is such that everything of older transactions has been told.
	from uint64
	// told are the rows of the others that were told.
	told map[int64]uint64 // the transaction by the row's id
	// next is where from goes at the next advance. It goes there late because a server that crashes gives out the ids again
	// of which it had written nothing to the disk yet. That takes it a second, in which nobody may rely on them.
	next uint64
}

// view is what an instant of the database shows of the outbox.
type view struct {
	history string
	oldest  uint64 // the oldest transaction that runs
	flushed uint64 // the newest one of which something was deleted
	rows    []row  // of transactions from the position on, in the order in which they were written
}

type row struct {
	id          int64
	transaction uint64
	topic       string
}

// The timeline is another one on each server that takes a lost one's place, and after each recovery from a backup. Then
// transactions may be missing that were told, and their ids are given to others.
const standing = `SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8),
	pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	(SELECT coalesce(max(transaction::text::bigint) FILTER (WHERE transaction < pg_snapshot_xmax(pg_current_snapshot())), 0) FROM outbox_flushed)`

// look reads what there is from a position on, as of one instant.
func look(ctx context.Context, conn *pgx.Conn, from uint64) (v view, err error) {
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, standing).Scan(&v.history, &v.oldest, &v.flushed); err != nil {
			return err
		}
		if from == 0 { // nothing is to be told
			from = v.oldest
		}
		const younger = `SELECT id, transaction::text::bigint, topic FROM outbox WHERE transaction >= ($1::bigint)::text::xid8 ORDER BY id`
		rows, err := tx.Query(ctx, younger, int64(from))
		if err != nil {
			return err
		}
		v.rows, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (row row, err error) {
			err = r.Scan(&row.id, &row.transaction, &row.topic)
			return row, err
		})
		return err
	})
	if err != nil {
		return v, fmt.Errorf("looking for messages: %w", err)
	}
	return v, nil
}

// begin is the position of who has been told all that the view shows.
func begin(v view) position {
	p := position{history: v.history, from: v.oldest, next: v.oldest, told: map[int64]uint64{}}
	p.take(v.rows)
	return p
}

// continues says whether all that the position has not told is in the view.
func (p *position) continues(v view) bool { return p.history == v.history && v.flushed < p.from }

// missing are the rows of the view that were not told.
func (p *position) missing(v view) (rows []row) {
	for _, r := range v.rows {
		if !p.knows(r.id, r.transaction) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (p *position) knows(id int64, transaction uint64) bool {
	_, told := p.told[id]
	return told || transaction < p.from
}

// take has all the rows be told, and no others of transactions from the position on: they are all that there are.
func (p *position) take(rows []row) {
	clear(p.told)
	for _, r := range rows {
		if r.transaction >= p.from {
			p.told[r.id] = r.transaction
		}
	}
}

// advance goes on to what was seen at the last advance.
func (p *position) advance(v view) {
	p.from, p.next = p.next, v.oldest
	p.take(v.rows)
}
