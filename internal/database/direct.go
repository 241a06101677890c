package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// ErrOtherDatabase says that the source of WithDirect names another database than the one that is open.
var ErrOtherDatabase = errors.New("the direct connection leads to another database")

// WithDirect names the same PostgreSQL database for connections that must stay with one session of the server, where the
// source itself leads through a pooler that hands out its sessions by the transaction. Without it, or when it is empty,
// they are made by the source.
func WithDirect(source string) Option {
	return func(o *options) { o.direct = source }
}

// directConfig is how connections are made that are none of the pools'.
func directConfig(config *pgx.ConnConfig, source string) (*pgx.ConnConfig, error) {
	direct := config.Copy()
	if source != "" {
		var err error
		if direct, err = pgx.ParseConfig(source); err != nil {
			return nil, fmt.Errorf("database, directly: %w", err) // without the password: pgx hides it
		}
		if direct.ConnectTimeout == 0 {
			direct.ConnectTimeout = connectTimeout
		}
		setDefault(direct.RuntimeParams, "application_name", "gatehouse")
	}
	// Who waits for the server to speak gives up waiting, and has nothing to cancel.
	direct.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
	}
	return direct, nil
}

// Connect makes a connection to PostgreSQL that is none of the pools', for whoever needs a session of the server for
// themselves; what for, pg_stat_activity tells behind the program's name. The caller closes it. A wait on it can be given up
// without losing it. It is ErrOtherDatabase if it leads elsewhere than the pools do, which is looked at once, at the first
// connection.
func (db *DB) Connect(ctx context.Context, purpose string) (*pgx.Conn, error) {
	config := db.direct.Copy()
	config.RuntimeParams["application_name"] += " " + purpose
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	if err := db.checkDirect(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// checkDirect compares what a database is: that server's, and its number there.
func (db *DB) checkDirect(ctx context.Context, conn *pgx.Conn) error {
	if db.directChecked.Load() {
		return nil
	}
	const identity = `SELECT system_identifier || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_control_system()`
	var pools, direct string
	if err := db.readPool.QueryRowContext(ctx, identity).Scan(&pools); err != nil {
		return fmt.Errorf("asking the database who it is: %w", err)
	}
	if err := conn.QueryRow(ctx, identity).Scan(&direct); err != nil {
		return fmt.Errorf("asking the database who it is, directly: %w", err)
	}
	if pools != direct {
		return ErrOtherDatabase
	}
	db.directChecked.Store(true)
	return nil
}

// QueryRow asks for one row, outside transactions, what ent cannot ask for. It is answered by who knows of all commits.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return db.readPool.QueryRowContext(ctx, query, args...)
}
