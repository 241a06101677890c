package database

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// writerPatience is how long it is waited for the writing connection, to ask it who has changed the database.
const writerPatience = time.Millisecond

// strangers notice what other programs commit to an SQLite file, by PRAGMA data_version
// (https://www.sqlite.org/pragma.html#pragma_data_version): to a connection it tells another number after others have
// committed something. A connection that never writes is told of everybody's commits, and is the one that is always
// free to be asked. If there were any, the connection that writes for this program knows whether they were others': of its own it
// is not told, and sign-ins would otherwise end an edition.
type strangers struct {
	reads  *sql.DB // one connection, for this alone
	writes *sql.DB // one connection, the only one of this program that writes
	// patience is how long it is waited for that one.
	patience time.Duration

	read, write version
}

// version is what a connection was told. Each counts on its own.
type version struct {
	connection any
	number     int64
}

// changed says whether other programs may have committed something since it was last asked. What cannot be found out may be
// so.
func (s *strangers) changed() bool {
	read, err := dataVersion(context.Background(), s.reads)
	if err == nil && read == s.read {
		return false
	}
	s.read = read
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	write, writeErr := dataVersion(ctx, s.writes)
	same := writeErr == nil && write == s.write
	if writeErr == nil {
		s.write = write
	}
	return err != nil || !same
}

// dataVersion asks a pool's only connection.
func dataVersion(ctx context.Context, pool *sql.DB) (v version, err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return version{}, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }() // gives it back
	if err := conn.Raw(func(driver any) error { v.connection = driver; return nil }); err != nil {
		return version{}, err
	}
	// Without an end: SQLite does not wait for anybody to tell this, and what is interrupted may cost the connection.
	err = conn.QueryRowContext(context.WithoutCancel(ctx), "PRAGMA data_version").Scan(&v.number)
	return v, err
}
