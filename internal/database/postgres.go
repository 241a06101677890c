package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// oldestPostgres is the oldest version that is served, as server_version_num counts.
	oldestPostgres = 14_00_00
	// connectTimeout bounds how long a connection may take to be made, unless the source says otherwise.
	connectTimeout = 5 * time.Second
	// cancelTime is how long a statement may take to end after it was cancelled, before its connection is given up.
	cancelTime = time.Second
	// idleTransaction is after what time PostgreSQL undoes a transaction whose program says nothing any more: it may be
	// stopped, or cut off, and holds what others wait for.
	idleTransaction = 30 * time.Second
	// connectionLife is after what time a connection is made anew, so that instances find their way to a server that has
	// taken another's place, and load balancers spread them again.
	connectionLife = 30 * time.Minute
)

// keepAlive finds out within half a minute that a server's machine has gone, while a connection waits in the pool or for an
// answer without a limit of time.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}

// DefaultConnections is how many connections a program keeps to PostgreSQL if it is not told: four for each core it may use.
func DefaultConnections() int { return 4 * runtime.NumCPU() }

// IsPostgres says whether a source names a PostgreSQL database.
func IsPostgres(source string) bool {
	scheme, _, found := strings.Cut(source, "://")
	scheme = strings.ToLower(scheme)
	return found && (scheme == "postgres" || scheme == "postgresql")
}

// openPostgres opens a PostgreSQL database. Most of its connections read, which they can do only; a quarter write: more of
// them would get in each other's way.
//
// All are made when they are needed and then kept. What they are told at their start a pooler must know or ignore; see
// docs/operations.md.
func openPostgres(ctx context.Context, source string, o options) (*DB, error) {
	config, err := configure(source, o)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	direct, err := directConfig(config, o.direct)
	if err != nil {
		return nil, err
	}
	writes := max(1, o.connections/4)
	writePool := openPool(config, writes)
	reads := max(1, o.connections-writes)
	readPool := openPool(readOnly(config), reads)

	if err := checkPostgres(ctx, readPool); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s on %s: %w", config.Database, config.Host, err), writePool.Close(), readPool.Close())
	}
	db := newDB(dialect.Postgres, readPool, writePool, o)
	db.postgres, db.direct = config, direct
	db.Editions = newEditions(PostgresPace, func() bool { return true }, o.now)
	db.Editions.blind = len(o.replicas.Sources) > 0
	db.readDriver = o.around(steadyReads{postgresDriver{entsql.OpenDB(dialect.Postgres, readPool)}, db})
	if len(o.replicas.Sources) > 0 {
		if db.replicas, err = db.openReplicas(o, reads); err != nil {
			return nil, errors.Join(err, writePool.Close(), readPool.Close())
		}
	}
	return db.connect(), nil
}

// configure is how connections are made to what the source names. An error does not tell the password: pgx hides it.
func configure(source string, o options) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(source)
	if err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	config.DialFunc = (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTime}
	}
	setDefault(config.RuntimeParams, "application_name", "gatehouse")
	setDefault(config.RuntimeParams, "idle_in_transaction_session_timeout", milliseconds(idleTransaction))
	if o.timeout > 0 {
		setDefault(config.RuntimeParams, "statement_timeout", milliseconds(o.timeout))
		setDefault(config.RuntimeParams, "lock_timeout", milliseconds(o.timeout))
	}
	return config, nil
}

// readOnly has connections read and do nothing else.
func readOnly(config *pgx.ConnConfig) *pgx.ConnConfig {
	config = config.Copy()
	config.RuntimeParams["default_transaction_read_only"] = "on"
	return config
}

func openPool(config *pgx.ConnConfig, connections int) *sql.DB {
	return sized(sql.OpenDB(connector(config, nil)), connections)
}

// connector makes connections. Check refuses one that is not to be used; nil takes any.
func connector(config *pgx.ConnConfig, check func(context.Context, *pgx.Conn) error) driver.Connector {
	return stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{ // times as SQLite's driver tells them
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		if check == nil {
			return nil
		}
		err := check(ctx, conn)
		if err != nil {
			err = errors.Join(err, conn.Close(ctx)) // which nobody else does
		}
		return err
	}))
}

func sized(pool *sql.DB, connections int) *sql.DB {
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxLifetime(connectionLife)
	return pool
}

// checkPostgres refuses a server that would give other answers.
func checkPostgres(ctx context.Context, pool *sql.DB) error {
	var version, encoding string
	err := pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num'), current_setting('server_encoding')").Scan(&version, &encoding)
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(version); err != nil || n < oldestPostgres {
		return fmt.Errorf("PostgreSQL is at version %s, but has to be at 14 at least", version)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database's encoding is %s, but has to be UTF8", encoding)
	}
	return nil
}

func setDefault(params map[string]string, name, value string) {
	if _, set := params[name]; !set {
		params[name] = value
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
