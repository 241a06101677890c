// Package database opens the database, brings its schema up to date and gives transactions. What
// differs between SQL dialects is decided here and nowhere else.
//
// There are two: SQLite, in a file of this machine, and PostgreSQL from version 14, which any number of
// programs share. They give the same answers.
package database

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"

	"github.com/gatehouse/gatehouse/ent"
)

// DB is an open database. Many goroutines may use it at once.
type DB struct {
	// Read answers queries outside transactions. It cannot write: its connections are read-only.
	Read *ent.Client
	// Catalog is Read for the catalogue, and for nothing else: where a context says FromReplica, it may answer from a
	// replica, and where it says WithKeptCounts, by counts of before.
	Catalog *ent.Client
	// Editions are those of the catalogue, for who keeps what was read of it.
	Editions *Editions

	writer      *ent.Client
	readPool    *sql.DB
	writePool   *sql.DB
	watchPool   *sql.DB // SQLite's, for who looks what other programs do
	readDriver  dialect.Driver
	writeDriver dialect.Driver

	catalogDriver dialect.Driver // Catalog's

	hasFTS5  bool            // SQLite's: the program was built with it
	path     string          // SQLite's file
	postgres *pgx.ConnConfig // PostgreSQL's, for further connections
	replicas *replicas       // nil: none
	counts   counting

	direct        *pgx.ConnConfig // PostgreSQL's, for connections that are to be a session of the server
	directChecked atomic.Bool     // one of those leads to the same database

	closeOnce func() error
	pause     func(ctx context.Context, longest time.Duration) error // before a transaction is tried again
}

// Option changes how a database is opened.
type Option func(*options)

type options struct {
	trace       func(context.Context, ...any)
	wrap        func(dialect.Driver) dialect.Driver
	withoutFTS5 bool
	connections int
	timeout     time.Duration
	direct      string
	replicas    Replicas
	now         func() time.Time
}

// WithTrace has trace called with the text of every statement before it runs, for tests that count them.
func WithTrace(trace func(context.Context, ...any)) Option {
	return func(o *options) { o.trace = trace }
}

// WithDriver has wrap put something around each driver, which then sees every statement of the ent client: to observe.
func WithDriver(wrap func(dialect.Driver) dialect.Driver) Option {
	return func(o *options) { o.wrap = wrap }
}

// WithoutFTS5 opens a database as a program does that was built without SQLite's FTS5, for tests that compare.
func WithoutFTS5() Option {
	return func(o *options) { o.withoutFTS5 = true }
}

// WithConnections has a program keep at most so many connections to PostgreSQL, at least 2, instead of
// DefaultConnections. To SQLite there are one that writes and two to four that read, by the cores.
func WithConnections(n int) Option {
	return func(o *options) { o.connections = n }
}

// WithStatementTimeout has PostgreSQL end by itself any statement that takes longer, and any wait for a lock, should
// this program not come to do so; none without it. SQLite's end with the context they run in.
func WithStatementTimeout(d time.Duration) Option {
	return func(o *options) { o.timeout = d }
}

// WithClock has editions age by a clock, instead of time.Now.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.now = now }
}

// Open opens the database that the source names, and leaves its schema as it is; see Migrate. The source is
// postgres:// or postgresql:// and what follows, as libpq takes it; or the path of an SQLite file, with or without
// sqlite:// before it. An error never tells a password.
func Open(ctx context.Context, source string, opts ...Option) (*DB, error) {
	o := options{connections: DefaultConnections(), now: time.Now} //nolint:forbidigo // unless WithClock brings another
	for _, opt := range opts {
		opt(&o)
	}
	if IsPostgres(source) {
		return openPostgres(ctx, source, o)
	}
	return openSQLite(ctx, strings.TrimPrefix(source, "sqlite://"), o)
}

// newDB is a database over two pools.
func newDB(dialect string, readPool, writePool *sql.DB, o options) *DB {
	db := &DB{readPool: readPool, writePool: writePool, pause: Pause}
	db.closeOnce = sync.OnceValue(db.close)
	db.readDriver, db.writeDriver = o.driver(dialect, readPool), o.driver(dialect, writePool)
	return db
}

// connect makes the clients, once the drivers are what they are to be.
func (db *DB) connect() *DB {
	db.writeDriver = editing{db.writeDriver, db.Editions}
	db.Read, db.writer = ent.NewClient(ent.Driver(db.readDriver)), ent.NewClient(ent.Driver(db.writeDriver))
	db.counts = newCounting(db.readDriver, db.Editions)
	db.catalogDriver = db.counts
	if db.replicas != nil { // of which there are no editions
		db.catalogDriver = catalogDriver{Driver: db.readDriver, replicas: db.replicas}
	}
	db.Catalog = ent.NewClient(ent.Driver(db.catalogDriver))
	return db
}

// Pools are its pools of connections by what they are for, "read", "write", and "replica_1" and so on in the order in which
// the replicas were named: for their figures, and never for queries.
func (db *DB) Pools() map[string]*sql.DB {
	pools := map[string]*sql.DB{"read": db.readPool, "write": db.writePool}
	if db.replicas != nil {
		for i, replica := range db.replicas.all {
			pools[fmt.Sprintf("replica_%d", i+1)] = replica.pool
		}
	}
	return pools
}

// Dialect is dialect.SQLite or dialect.Postgres.
func (db *DB) Dialect() string { return db.writeDriver.Dialect() }

func (o options) driver(name string, pool *sql.DB) dialect.Driver {
	opened := entsql.OpenDB(name, pool)
	driver := dialect.Driver(opened)
	if name == dialect.Postgres {
		driver = postgresDriver{opened}
	}
	return o.around(driver)
}

// around is a driver with what observes it.
func (o options) around(driver dialect.Driver) dialect.Driver {
	if o.wrap != nil {
		driver = o.wrap(driver)
	}
	if o.trace == nil {
		return driver
	}
	return dialect.DebugWithContext(driver, o.trace)
}

// Pause waits for some time, at most the longest, or until ctx is over, which is then the error. How long is drawn by lot,
// so that two who got in each other's way, or lost a server together, do not come back together.
func Pause(ctx context.Context, longest time.Duration) error {
	timer := time.NewTimer(rand.N(longest)) //nolint:gosec // nothing depends on nobody knowing
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting to try again: %w", ctx.Err())
	}
}
