package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse/gatehouse/ent"
)

const (
	// maxTries is how often a transaction is tried that others get in the way of: so often only by a flaw.
	maxTries = 100
	// maxViolations is how often of those it is for a constraint: if it is violated still, it is for good.
	maxViolations = 3
	// firstPause and longestPause bound what lies between two tries; each time it is up to twice as long.
	firstPause, longestPause = time.Millisecond, 100 * time.Millisecond
)

// errCommitting is in the error of a commit. If the connection was lost, nobody knows whether it was done.
var errCommitting = errors.New("committing a transaction")

// Isolation says what a transaction may see of others that run at the same time.
type Isolation int

const (
	// Serializable is as if it ran alone: what it has read stays true until it is done.
	Serializable Isolation = iota
	// ReadCommitted is for transactions in which every statement is right by itself, whatever others have committed since
	// the last one: conditions stand in the statement that changes something, or the database has a constraint. It
	// takes fewer tries.
	ReadCommitted
)

// Write runs f in a transaction, which is committed when f returns nil and otherwise undone. Its error is f's own. What f
// reads through tx stays true until it is done: on SQLite only one Write runs at a time; on PostgreSQL, where they may
// overlap, one that would notice is undone and run again, and so is one whose connection was lost before the
// commit. So **f may be run several times**, and must begin anew each time; what it has told others by then, but through tx,
// must be right whatever comes of it. The error of a commit whose connection was lost does not say that it was not done.
//
// What must outlive a refusal (a revocation, a counted failure) is written in a Write that returns nil;
// the caller refuses afterwards.
func (db *DB) Write(ctx context.Context, f func(tx *ent.Tx) error) error {
	return db.WriteAt(ctx, Serializable, f)
}

// WriteAt is Write for transactions that may see more of each other, if that is so much the faster. On SQLite they do not.
func (db *DB) WriteAt(ctx context.Context, isolation Isolation, f func(tx *ent.Tx) error) error {
	violations, longest := 0, firstPause
	losses := retrial{db: db}
	for try := 1; ; try++ {
		err := db.writeOnce(ctx, isolation, f)
		if db.Dialect() == dialect.Postgres && lost(ctx, err) {
			// pgx's own SafeToRetry does not help: of a commit that was sent it may say so, too ("conn closed").
			if !errors.Is(err, errCommitting) && losses.again(ctx) {
				continue
			}
			return unreachable(err)
		}
		switch conflictOf(err) {
		case none:
			return err
		case violated:
			// Under Serializable, and where the constraint is asked about first, it was met because of somebody who was not
			// there yet then: asked again, f finds out what to say.
			if violations++; violations == maxViolations {
				return err
			}
		case overtaken:
		}
		if try == maxTries {
			return err
		}
		if paused := db.pause(ctx, longest); paused != nil {
			return errors.Join(paused, err)
		}
		longest = min(2*longest, longestPause)
	}
}

// WriteAlone is Write for an f that cannot be run again, since what it reads elsewhere is gone then. Nobody else
// writes to the tables until it is done. Those are named in the order in which everybody locks them.
func (db *DB) WriteAlone(ctx context.Context, tables []string, f func(tx *ent.Tx) error) error {
	return db.writeOnce(ctx, ReadCommitted, func(tx *ent.Tx) error {
		if db.Dialect() == dialect.Postgres {
			for _, table := range tables {
				// Readers do not wait, nor does who only makes sure that a row stays, by a foreign key.
				if _, err := tx.ExecContext(ctx, `LOCK TABLE "`+table+`" IN SHARE ROW EXCLUSIVE MODE`); err != nil {
					return fmt.Errorf("waiting to write alone: %w", err)
				}
			}
		}
		return f(tx)
	})
}

func (db *DB) writeOnce(ctx context.Context, isolation Isolation, f func(tx *ent.Tx) error) (err error) {
	tx, err := db.begin(ctx, isolation)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	committed := false
	defer func() {
		if !committed { // f failed or panicked
			if rollbackErr := tx.Rollback(); rollbackErr != nil && !errors.Is(rollbackErr, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("undoing a transaction: %w", rollbackErr))
			}
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil { // sql.ErrTxDone, if the context has just ended: that is then the reason
		return fmt.Errorf("%w: %w", errCommitting, errors.Join(err, ctx.Err()))
	}
	committed = true
	return nil
}

func (db *DB) begin(ctx context.Context, isolation Isolation) (*ent.Tx, error) {
	if db.Dialect() == dialect.SQLite {
		return db.writer.Tx(ctx)
	}
	level := sql.LevelSerializable
	if isolation == ReadCommitted {
		level = sql.LevelReadCommitted
	}
	return db.writer.BeginTx(ctx, &sql.TxOptions{Isolation: level})
}

// conflict is what another transaction has to do with an error.
type conflict int

const (
	none      conflict = iota
	overtaken          // another was faster, and only one could be
	violated           // of a constraint, of which another may have made a violation
)

// conflictOf tells by the SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func conflictOf(err error) conflict {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return none
	}
	switch pg.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return overtaken
	case "23505", "23503": // unique_violation, foreign_key_violation
		return violated
	}
	return none
}
