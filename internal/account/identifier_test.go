package account_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// However long a name is, no more is made of it than of the longest there may be; and that is found however it is spelled.
func TestEndlessNames(t *testing.T) {
	w := build(t)
	longest := strings.Repeat("ᾂ", 150)
	if _, err := w.Register(t.Context(), account.Registration{Username: longest, Email: "ada@example.com", Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	for _, spelling := range []string{longest, norm.NFD.String(longest), "  " + norm.NFKD.String(longest) + strings.Repeat(" ", 100_000)} {
		if _, err := w.Obtain(t.Context(), spelling, goodPassword); err != nil {
			t.Errorf("%d bytes: %v", len(spelling), err)
		}
	}
	for _, part := range []string{"\ufdfa", "a", longest, "\x80"} { // the first is 18 characters in its plain form
		endless := strings.Repeat(part, 250_000/len(part))
		w.ran.take()
		_, err := w.Obtain(t.Context(), endless, goodPassword)
		wantInvalidCredentials(t, err)
		for _, statement := range w.ran.take() {
			if len(statement) > 100_000 {
				t.Errorf("%.5q…: a statement of %d bytes", part, len(statement))
			}
		}
	}
}

// Signing in takes no longer for there being many users: they are found by the index of their names.
func TestUsersAreFoundByTheirNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	ran := new(statements)
	db, err := database.Open(t.Context(), path, databasetest.Trace(ran.trace))
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
