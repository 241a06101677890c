package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// onPostgres is what is said of operations on PostgreSQL, before their names.
const onPostgres = "PostgreSQL: "

// postgresStage is a shop in a database of its own on that PostgreSQL server, with Gatehouse and the floor, which share it. It is
// to be ended whatever the error.
func postgresStage(ctx context.Context, dir, url string) (st stage, err error) {
	database, drop, err := createDatabase(ctx, url)
	if err != nil {
		return st, err
	}
	st.drop = drop
	s, err := furnish(ctx, dir, database, products)
	if err != nil {
		return st, err
	}
	st.access = s.access
	if err := tidy(ctx, database); err != nil {
		return st, err
	}
	for _, p := range []process{s.gatehouse(gatehouse, database, serversCore, anything), byHand(database, serversCore)} {
		started, err := start(ctx, dir, p)
		if err != nil {
			return st, err
		}
		st.servers = append(st.servers, started)
	}
	st.operations, err = operations(ctx, st.servers[0])
	for i := range st.operations {
		st.operations[i].Name = onPostgres + st.operations[i].Name
	}
	return st, err
}

// tidy has the database do now what it would do by itself some time after so many products have come, in the middle of a round.
func tidy(ctx context.Context, database string) error {
	db, err := sql.Open("pgx", database)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE")
	return errors.Join(err, db.Close())
}

// createDatabase makes a database on that server, and answers its URL.
func createDatabase(ctx context.Context, server string) (database string, drop func() error, err error) {
	at, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprint("gatehouse_bench_", os.Getpid())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		_ = admin.Close() // the error is told
		return "", nil, fmt.Errorf("making a database on PostgreSQL: %w", err)
	}
	at.Path = "/" + name
	return at.String(), func() error {
		// Also when the run was interrupted.
		_, err := admin.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		return errors.Join(err, admin.Close())
	}, nil
}
