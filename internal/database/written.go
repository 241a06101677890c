package database

import "context"

// Who has written to the catalogue reads what they wrote, whichever instance they ask: how far the primary's log was after
// the commit is kept in a row of theirs, and read with the user. After some time any replica in use is that far.

// A position that the primary has not come to is of another one, from which the row was taken over with a dump: it means
// nothing here.
//
// The row may be lost in a crash of the primary, for which replicas then wait as a whole: see primary.look. So nobody waits
// for the disk once more.
const rememberSQL = `WITH quickly AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO written_positions (user_id, position, written_at) SELECT $1, pg_current_wal_insert_lsn(), now() FROM quickly
ON CONFLICT (user_id) DO UPDATE SET written_at = excluded.written_at, position = CASE
	WHEN written_positions.position > pg_current_wal_insert_lsn() THEN excluded.position
	ELSE greatest(written_positions.position, excluded.position) END`

// Remember takes note, after a commit, that the user wrote to the catalogue: from now on the user's requests are answered
// by who has what was committed. A caller who gives up does not end it. Where it fails that is logged and no more: what was
// committed must not be told as an error, and the user may for a while see the catalogue as others do. Without replicas it does
// nothing.
func (db *DB) Remember(ctx context.Context, userID int64) {
	if db.replicas == nil {
		return
	}
	ctx, cancel := Outlasting(ctx)
	defer cancel()
	tries := retrial{db: db}
	for {
		err := db.writeDriver.Exec(ctx, rememberSQL, []any{userID}, nil)
		switch {
		case err == nil:
			return
		case !lost(ctx, err) || !tries.again(ctx):
			db.replicas.log.WarnContext(ctx, "what a user wrote may not be seen by them at once", "user", userID, "error", err)
			return
		}
	}
}

// WrittenSQL is an expression for how far a replica has to be, for FromReplica, to have all that a user wrote to the catalogue;
// NULL: anywhere. The column is one of the users' keys.
func (db *DB) WrittenSQL(column string) string {
	if db.replicas == nil {
		return "NULL"
	}
	return "(SELECT (w.position - '0/0')::bigint FROM written_positions AS w WHERE w.user_id = " + column +
		" AND w.position <= pg_current_wal_insert_lsn() AND w.written_at > now() - interval '10 minutes')"
}
