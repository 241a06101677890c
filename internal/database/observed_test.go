package database_test

import (
	"context"
	"runtime"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

func TestPools(t *testing.T) {
	db := databasetest.SQLite(t)
	for name, most := range map[string]int{"read": min(max(runtime.GOMAXPROCS(0), 2), 4), "write": 1} {
		if got := db.Pools()[name].Stats().MaxOpenConnections; got != most {
			t.Errorf("%s: at most %d connections, want %d", name, got, most)
		}
	}
	if n := len(db.Pools()); n != 2 {
		t.Errorf("%d pools", n)
	}
}

// Whoever wraps the drivers sees what the clients ask for, both to read and to write.
func TestWithDriver(t *testing.T) {
	var queries, transactions int
	db := databasetest.SQLite(t, database.WithDriver(func(driver dialect.Driver) dialect.Driver {
		return counted{driver, &queries, &transactions}
	}))
	queries, transactions = 0, 0
	if _, err := db.Read.User.Query().Count(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(*ent.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if queries != 1 || transactions != 1 {
		t.Errorf("%d queries and %d transactions were seen", queries, transactions)
	}
}

type counted struct {
	dialect.Driver
	queries, transactions *int
}

func (c counted) Query(ctx context.Context, query string, args, v any) error {
	*c.queries++
	return c.Driver.Query(ctx, query, args, v)
}

func (c counted) Tx(ctx context.Context) (dialect.Tx, error) {
	*c.transactions++
	return c.Driver.Tx(ctx)
}
