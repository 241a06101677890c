package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A PostgreSQL server may be started anew, or another take its place, while this program runs: connections are cut off, those
// that wait in the pool, too, and for a while none can be made. Whoever only reads, and whoever writes and has not
// asked for the commit, is tried again. A commit whose answer was lost is not: it may have been done.

// lostPatience is for how long something is tried again after its first connection was lost: as long as a server takes to be
// started anew in good order, and no longer, so that requests do not pile up before one that stays away.
const lostPatience = 3 * time.Second

// ErrUnreachable says that there was no connection to the database, or that it was lost.
var ErrUnreachable = errors.New("the database cannot be reached")

// lost says whether an error is that there was no connection or that it was cut off, and nothing else: not that
// the caller's time is up.
func lost(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	var server *pgconn.PgError
	if errors.As(err, &server) { // https://www.postgresql.org/docs/current/errcodes-appendix.html
		switch server.Code {
		case "57P01", "57P02", "57P03", "57P05", // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout
			"53300": // too_many_connections
			return true
		}
		return strings.HasPrefix(server.Code, "08") // connection_exception
	}
	var (
		connecting *pgconn.ConnectError
		network    net.Error
	)
	return errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// unreachable is the error of what was tried for long enough. That some connection was waited for in vain is not that the
// caller's time is up: context.DeadlineExceeded is not in it.
func unreachable(err error) error { return fmt.Errorf("%w: %v", ErrUnreachable, err) } //nolint:errorlint // see above

// retrial is the tries of one thing.
type retrial struct {
	db      *DB
	patient *time.Timer // fires when the patience is over; nil before the first loss
	longest time.Duration
}

// again says whether to try again after a lost connection, once it has waited. At first it hardly does: the pool may be full
// of connections that were cut off, each of which is found out by its use.
func (r *retrial) again(ctx context.Context) bool {
	if r.patient == nil {
		r.patient, r.longest = time.NewTimer(lostPatience), firstPause
	}
	select {
	case <-r.patient.C:
		return false
	default:
	}
	if r.db.pause(ctx, r.longest) != nil {
		return false
	}
	r.longest = min(2*r.longest, longestPause)
	return true
}

// steadyReads is a driver that only reads, and tries again what was lost before its first row. What is read in a transaction is
// not tried again.
type steadyReads struct {
	postgresDriver
	db *DB
}

// Query implements dialect.Driver.
func (d steadyReads) Query(ctx context.Context, query string, args, v any) error {
	tries := retrial{db: d.db}
	for {
		err := d.postgresDriver.Query(ctx, query, args, v)
		if !lost(ctx, err) {
			return err
		}
		if !tries.again(ctx) {
			return unreachable(err)
		}
	}
}
