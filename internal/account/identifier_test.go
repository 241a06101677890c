package account_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/database"
)

// Signing in takes no longer for there being many users: they are found by the index of their names.
func TestUsersAreFoundByTheirNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	ran := new(statements)
	db, err := database.Open(t.Context(), path, database.WithTrace(ran.trace))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := over(t, db, ran, &clock{time: noon})
	w.register(t, "ada")
	ran.take()
	w.obtain(t, "ada")

	raw, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	explained := 0
	for _, statement := range ran.take() {
		_, query, found := strings.Cut(statement, "query=SELECT")
		if !found || !strings.Contains(query, "`users`") {
			continue
		}
		query, _, _ = strings.Cut(query, " args=[")
		for _, step := range explain(t, raw, "SELECT"+query) {
			if strings.HasPrefix(step, "SCAN") {
				t.Errorf("%s: SELECT%s", step, query)
			}
			explained++
		}
	}
	if explained == 0 {
		t.Error("no query to explain")
	}
}

// explain is how SQLite goes about a query, step by step.
func explain(t *testing.T, db *sql.DB, query string) (steps []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
