package database_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

func TestReadRow(t *testing.T) {
	db := databasetest.New(t)
	const statement = "SELECT name, dirty FROM (SELECT 1 AS id, 'one' AS name, NULL AS dirty) AS rows WHERE $1 = name AND $2 = 1"
	for _, c := range []struct {
		name  string
		args  []any
		found bool
	}{
		{"one", []any{"one", 1}, true},
		{"by another argument", []any{"two", 1}, false},
		{"by the second", []any{"one", 2}, false},
	} {
		var name string
		var nothing *string
		found, err := db.ReadRow(t.Context(), statement, c.args, &name, &nothing)
		if err != nil || found != c.found || nothing != nil || found != (name == "one") {
			t.Errorf("%s: %v, %q, %v; want %v", c.name, found, name, err, c.found)
		}
	}

	var number int64
	if found, err := db.ReadRow(t.Context(), "SELECT 'no number'", nil, &number); err == nil || found {
		t.Errorf("what does not fit its variable was found: %v, %v", found, err)
	}
	if found, err := db.ReadRow(t.Context(), "SELECT nothing FROM nowhere", nil, &number); err == nil || found {
		t.Errorf("a statement that is wrong: %v, %v", found, err)
	}
	if found, err := db.ReadRow(t.Context(), "DELETE FROM users RETURNING id", nil, &number); err == nil || found {
		t.Errorf("a statement that writes: %v, %v", found, err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := db.ReadRow(over, "SELECT 1", nil, &number); !errors.Is(err, context.Canceled) || found {
		t.Errorf("in a context that is over: %v, %v", found, err)
	}
	for name, pool := range db.Pools() {
		if used := pool.Stats().InUse; used > 0 {
			t.Errorf("%d connections of the pool %s were not given back", used, name)
		}
	}
}
