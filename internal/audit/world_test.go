package audit_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

// noon is when every test begins: with a fraction of a second, as times mostly have.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 123_456_789, time.UTC)

// world is a Trail and all it stands on.
type world struct {
	*audit.Trail
	db  *database.DB
	raw *sql.DB // a back door to it
	log *bytes.Buffer

	mu    sync.Mutex
	ran   []string
	begun int       // how many transactions had, when selects was last asked
	at    time.Time // what the clock says
}

func build(t testing.TB, change ...func(*audit.Settings)) *world {
	t.Helper()
	w := &world{log: new(bytes.Buffer), at: noon}
	path := filepath.Join(t.TempDir(), "test.db")
	var err error
	w.db, err = database.Open(t.Context(), path, databasetest.Trace(func(_ context.Context, text string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ran = append(w.ran, text)
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	if _, err := w.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.raw, err = sql.Open("sqlite3", path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.raw.Close() })
	s := audit.Settings{
		Log:       slog.New(slog.NewTextHandler(w.log, nil)),
		Retention: 24 * time.Hour,
		Now:       func() time.Time { return w.at },
	}
	for _, f := range change {
		f(&s)
	}
	if w.Trail, err = audit.New(w.db, s); err != nil {
		t.Fatal(err)
	}
	return w
}

// record commits events, and nothing beside them.
func (w *world) record(t testing.TB, ctx context.Context, events ...audit.Event) { //nolint:revive // as in package account
	t.Helper()
	if err := w.db.Write(ctx, func(tx *ent.Tx) error { return w.Record(ctx, tx, events...) }); err != nil {
		t.Fatal(err)
	}
}

// rows are all events, the oldest first.
func (w *world) rows(t testing.TB) []*ent.AuditEvent {
	t.Helper()
	rows, err := w.db.Read.AuditEvent.Query().Order(ent.Asc("id")).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// user adds an account.
func (w *world) user(t testing.TB, name string) (u *ent.User) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *ent.Tx) (err error) {
		u, err = tx.User.Create().SetUsername(name).SetUsernameKey(name).SetEmail(name + "@example.org").
			SetEmailKey(name + "@example.org").SetPasswordHash("-").SetDateJoined(noon).Save(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// staff is a context in which staff asks.
func staff(t testing.TB) context.Context {
	t.Helper()
	return as(t, auth.Viewer{UserID: 99, IsStaff: true})
}

// as is a context in which the viewer asks.
func as(t testing.TB, viewer auth.Viewer) context.Context {
	t.Helper()
	return auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) { return viewer, nil })
}

// selects are the SELECTs that ran since it was last asked.
func (w *world) selects() (queries []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = 0
	for _, text := range w.ran {
		if strings.HasPrefix(text, "driver.Tx") {
			w.begun++
		}
		if _, query, found := strings.Cut(text, "query=SELECT"); found {
			query, _, _ = strings.Cut(query, " args=[")
			queries = append(queries, "SELECT"+query)
		}
	}
	w.ran = nil
	return queries
}

// explain is how SQLite goes about a query, a step a line.
func (w *world) explain(t testing.TB, query string) string {
	t.Helper()
	rows, err := w.raw.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, slices.Repeat([]any{1}, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer rows.Close()
	var steps []string
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
	return strings.Join(steps, "\n")
}

// selecting are the fields of a page whose rows have the given ones.
func selecting(fields ...string) page.Fields {
	row := page.Fields{}
	for _, name := range fields {
		row[name] = nil
	}
	return page.Fields{"nodes": row, "pageInfo": nil, "totalCount": nil}
}

func wantCode(t testing.TB, err error, code fault.Code) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("error %v (%s); want %s", err, got, code)
	}
}
