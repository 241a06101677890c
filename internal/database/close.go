package database

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"entgo.io/ent/dialect"
)

// closePatience is how long Close waits for statements that were told to end.
const closePatience = 2 * time.Second

// Close closes the database once no query is running; for one whose context has ended it waits a little. An SQLite database is
// then one file, unless another program has it open. It may be called again, and then does nothing.
func (db *DB) Close() error { return db.closeOnce() }

func (db *DB) close() error {
	err := closed(db.readPool, db.Read.Close())
	if db.writeDriver.Dialect() == dialect.SQLite {
		err = errors.Join(err, closed(db.watchPool, db.watchPool.Close()))
		// SQLite's log goes into the database with the last connection that is closed, if that may write. There may be
		// none that may: what an ended context interrupts can cost the connection.
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		err = errors.Join(err, db.writePool.PingContext(ctx))
	}
	return errors.Join(err, closed(db.writePool, db.writer.Close()), db.replicas.close())
}

// closed waits until a pool that was closed has no connection left: those that were in use then are closed when they are given
// back, which Close of database/sql does not wait for. It answers the error of the closing.
func closed(pool *sql.DB, err error) error {
	for range closePatience / time.Millisecond {
		if pool.Stats().OpenConnections == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return err
}
