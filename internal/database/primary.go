package database

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// position is a place in the primary's write-ahead log: a pg_lsn, as a number of bytes.
type position = int64

// primary is the server that the replicas follow, as it is seen by who looks after them.
type primary struct {
	watch    *sql.DB      // one connection, for that alone
	connects atomic.Int64 // how often it was made

	seen    *outlook // last; nil: never
	samples []sample // of this outlook, the oldest first
}

// outlook is what replicas are judged by.
type outlook struct {
	system   int64
	database int64
	timeline int64
	started  time.Time
	connects int64

	reached position // what the primary had written when it was last seen
	due     position // what a replica has to have replayed
}

// sample is how far the primary had written at a time.
type sample struct {
	at      time.Time
	reached position
}

func openPrimary(config *pgx.ConnConfig) *primary {
	p := &primary{}
	p.watch = watching(config, func(context.Context, *pgx.Conn) error {
		p.connects.Add(1)
		return nil
	})
	return p
}

// watching is a single connection that is kept as long as it lives.
func watching(config *pgx.ConnConfig, check func(context.Context, *pgx.Conn) error) *sql.DB {
	pool := sized(sql.OpenDB(connector(readOnly(config), check)), 1)
	pool.SetConnMaxLifetime(0)
	return pool
}

const primarySQL = `SELECT system_identifier,
	(SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
	pg_walfile_name(pg_current_wal_flush_lsn()),
	pg_postmaster_start_time(),
	(pg_current_wal_flush_lsn() - '0/0')::bigint
FROM pg_control_system()`

// look finds out what replicas are to be judged by from now on. They have to have what the primary had written longest
// ago of what was seen within the lag that they may have, so an idle primary's are never late.
//
// A connection that had to be made anew, or another start or timeline, means that the primary may have lost the last of
// what it remembered of viewers' writes, or is another: then they have to have all that it has by now.
func (p *primary) look(ctx context.Context, now time.Time, maxLag time.Duration) (*outlook, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	o, err := p.ask(ctx)
	if err != nil { // perhaps only the connection was broken, by what matters most
		o, err = p.ask(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the primary: %w", err)
	}
	if s := p.seen; s == nil || s.system != o.system || s.database != o.database || s.timeline != o.timeline ||
		!s.started.Equal(o.started) || s.connects != o.connects {
		p.samples = nil
	}
	p.samples = append(p.samples, sample{now, o.reached})
	for now.Sub(p.samples[0].at) > maxLag {
		p.samples = p.samples[1:]
	}
	o.due = p.samples[0].reached
	p.seen = o
	return o, nil
}

// ask asks the primary for all of an outlook but what is due.
func (p *primary) ask(ctx context.Context) (*outlook, error) {
	var o outlook
	var file string
	err := p.watch.QueryRowContext(ctx, primarySQL).Scan(&o.system, &o.database, &file, &o.started, &o.reached)
	if err != nil {
		return nil, err
	}
	// A file of the log is named by its timeline first, in eight hexadecimal digits.
	o.timeline, err = strconv.ParseInt(file[:min(len(file), 8)], 16, 64)
	o.connects = p.connects.Load()
	return &o, err
}
