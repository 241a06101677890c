package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// replica is one replica, and whether it is used.
type replica struct {
	name        string // as it is logged: no password
	log         *slog.Logger
	driver      dialect.Driver
	pool        *sql.DB
	connections int     // of the pool, at most
	watch       *sql.DB // one connection, for who looks after it

	mu     sync.Mutex
	used   bool
	seen   sight           // when it was last looked at
	reason string          // why it is not used; empty: nothing was logged yet
	alive  context.Context // ends when the server cannot be reached, and with it all that waits for it
	end    context.CancelFunc
}

// sight is what is seen of a server.
type sight struct {
	system     int64
	database   int64
	recovering bool
	timeline   int64
	replayed   position
	migrated   int64
}

func openReplica(config *pgx.ConnConfig, o options, connections int) *replica {
	r := &replica{
		name:        net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))) + "/" + config.Database,
		log:         o.replicas.Log,
		connections: connections,
	}
	r.alive, r.end = context.WithCancel(context.Background())
	r.pool = sized(sql.OpenDB(wholeConnector{connector(readOnly(config), r.recognise), r.until}), connections)
	r.watch = watching(config, nil)
	r.driver = o.driver(dialect.Postgres, r.pool)
	return r
}

// A replica's timeline is in its control file, where it is renewed now and then, and at once where the role may see
// what it receives. It only ever follows one that comes of its own.
const sightSQL = `SELECT system_identifier,
	(SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
	pg_is_in_recovery(),
	(SELECT greatest(timeline_id, min_recovery_end_timeline, received_tli)
		FROM pg_control_checkpoint(), pg_control_recovery() LEFT JOIN pg_stat_wal_receiver ON true),
	coalesce(pg_last_wal_replay_lsn() - '0/0', 0)::bigint,
	(SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied)
FROM pg_control_system()`

func (s *sight) scan(row interface{ Scan(dest ...any) error }) error {
	return row.Scan(&s.system, &s.database, &s.recovering, &s.timeline, &s.replayed, &s.migrated)
}

var errSuccessor = errors.New("the server is not the replica that it was, or not as far")

// recognise refuses a new connection if the server has been started anew, or replaced, since it was looked at, and is not as
// far: a replica begins again where it last put down how far it was.
func (r *replica) recognise(ctx context.Context, conn *pgx.Conn) error {
	var s sight
	if err := s.scan(conn.QueryRow(ctx, sightSQL)); err != nil {
		return fmt.Errorf("looking at the replica: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.system != r.seen.system || s.database != r.seen.database || s.timeline < r.seen.timeline ||
		!s.recovering || s.replayed < r.seen.replayed {
		return errSuccessor
	}
	return nil
}

// until is a context that also ends when the server cannot be reached any more.
func (r *replica) until(ctx context.Context) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	alive := r.alive
	r.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(alive, cancel)
	return ctx, func() { stop(); cancel() }
}

// look finds out how the replica is, and has it used if judge has nothing against it.
func (r *replica) look(ctx context.Context, judge func(sight) error) {
	looking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var s sight
	err := s.scan(r.watch.QueryRowContext(looking, sightSQL))
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		r.disuse(ctx, fmt.Errorf("it cannot be reached: %w", err))
		r.mu.Lock()
		defer r.mu.Unlock()
		r.end()
		return
	}
	if err := judge(s); err != nil {
		r.disuse(ctx, err)
		return
	}
	if r.serves(0) {
		r.use(ctx, s)
		return
	}
	// Connections from before may be to a server that is not there any more.
	r.pool.SetMaxIdleConns(0)
	r.pool.SetMaxIdleConns(r.connections)
	r.use(ctx, s)
}

func (r *replica) use(ctx context.Context, s sight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.alive.Err() != nil {
		r.alive, r.end = context.WithCancel(context.Background())
	}
	if !r.used {
		r.log.InfoContext(ctx, "a replica is used", "replica", r.name)
	}
	r.used, r.seen, r.reason = true, s, ""
}

// disuse has the replica not be used until it is next looked at, and says so if that is news.
func (r *replica) disuse(ctx context.Context, because error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used || r.reason == "" {
		r.log.WarnContext(ctx, "a replica is not used", "replica", r.name, "because", because)
	}
	r.used, r.reason = false, because.Error()
}

// retire has the replica not be used any more.
func (r *replica) retire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used = false
	r.end()
}

// serves says whether the replica is used, and as far as that.
func (r *replica) serves(least position) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used && r.seen.replayed >= least
}

// failed takes note of a query that failed. If that is because of the server, it is not used until it is next looked at.
func (r *replica) failed(ctx context.Context, err error) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "57P") && !strings.HasPrefix(pg.Code, "53") {
		return // the query's own, or that it was in the way of what is replayed
	}
	r.disuse(ctx, err)
}
