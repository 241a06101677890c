//go:build unix

package database_test

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/logtest"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

const maxLag = 10 * time.Second

// instance is a program's database with replicas, and a clock by which it looks after them.
type instance struct {
	*database.DB
	t     *testing.T
	ticks chan time.Time
	now   time.Time
	log   *logtest.Journal
}

// open is a new instance on a primary with replicas, which has not looked at any yet.
func open(t *testing.T, primary string, replicas ...string) *instance {
	t.Helper()
	i := &instance{t: t, ticks: make(chan time.Time), now: noon, log: new(logtest.Journal)}
	i.DB = databasetest.Open(t, primary, database.WithReplicas(database.Replicas{
		Sources: replicas, MaxLag: maxLag, Log: slog.New(slog.NewTextHandler(i.log, nil)),
	}))
	ctx, cancel := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() { i.WatchReplicas(ctx, i.ticks) })
	t.Cleanup(func() { cancel(); watch.Wait() })
	return i
}

// look has the instance look at its replicas, after some time.
func (i *instance) look(after time.Duration) {
	i.now = i.now.Add(after)
	for range 2 { // when the second is taken, the first is done
		i.ticks <- i.now
	}
}

// lookUntil looks until it was logged so often that a replica is used. From then on they have all there is, unless it is
// written after that.
func (i *instance) lookUntil(used int, with *databasetest.Server, replicas ...*databasetest.Server) {
	i.t.Helper()
	var all string
	for deadline := time.Now().Add(30 * time.Second); strings.Count(all, "a replica is used") < used; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			i.t.Fatalf("logged is only %s", all)
		}
		i.look(time.Millisecond)
		all += i.log.Take()
	}
	for _, replica := range replicas {
		replica.CatchUp(with)
	}
}

// add adds a category.
func (i *instance) add(slug string) {
	i.t.Helper()
	if err := i.Write(i.t.Context(), func(tx *ent.Tx) error {
		_, err := addCategory(i.t.Context(), tx, slug)
		return err
	}); err != nil {
		i.t.Fatal(err)
	}
}

// query is a context of a query of somebody who wrote so far.
func (i *instance) query(least int64) context.Context {
	return i.FromReplica(i.t.Context(), func(context.Context) int64 { return least })
}

// slugs are the categories' that are seen in a context.
func (i *instance) slugs(ctx context.Context) string {
	i.t.Helper()
	found, err := i.Catalog.Category.Query().Select("slug").Strings(ctx)
	if err != nil {
		i.t.Errorf("a query failed: %v", err)
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// expect checks what somebody sees who wrote so far.
func (i *instance) expect(least int64, want, when string) {
	i.t.Helper()
	if got := i.slugs(i.query(least)); got != want {
		i.t.Errorf("%s: seen are %q, want %q", when, got, want)
	}
}

// written is how far a replica has to be for what the user wrote.
func (i *instance) written(id int64) int64 {
	i.t.Helper()
	var at sql.Null[int64]
	statement := "SELECT " + i.WrittenSQL("u.id") + " FROM users AS u WHERE u.id = $1"
	if found, err := i.ReadRow(i.t.Context(), statement, []any{id}, &at); err != nil || !found {
		i.t.Fatal("the user was found: ", found, ", ", err)
	}
	return at.V
}

// addUser adds a user.
func (i *instance) addUser(name string) (id int64) {
	i.t.Helper()
	if err := i.Write(i.t.Context(), func(tx *ent.Tx) error {
		u, err := tx.User.Create().SetUsername(name).SetUsernameKey(name).SetEmail(name).SetEmailKey(name).
			SetPasswordHash("-").SetDateJoined(noon).Save(i.t.Context())
		if err == nil {
			id = u.ID
		}
		return err
	}); err != nil {
		i.t.Fatal(err)
	}
	return id
}
