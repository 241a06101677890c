package catalog_test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/notify"
)

// pair is two shared feeds on one database, as two programs have them.
type pair struct {
	*world
	feeds [2]catalog.Feed
	buses [2]*notify.Bus
	dbs   [2]*database.DB
}

func buildPair(t *testing.T) *pair {
	t.Helper()
	source := databasetest.Postgres(t)
	p := &pair{world: &world{db: databasetest.Open(t, source), source: source, clock: &clock{time: noon}}}
	var running sync.WaitGroup
	for i := range p.feeds {
		p.dbs[i] = databasetest.Open(t, source)
		p.buses[i] = notify.New(p.dbs[i], notify.Settings{})
		p.feeds[i] = catalog.NewSharedFeed(p.buses[i], p.dbs[i].Editions, slog.New(slog.DiscardHandler))
		listener, err := p.buses[i].Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() { listener.Run(t.Context()) })
	}
	t.Cleanup(running.Wait)
	return p
}

// announce has one of the feeds announce products, in one transaction.
func (p *pair) announce(t *testing.T, feed int, ids ...int64) {
	t.Helper()
	var changes []catalog.Change
	for _, id := range ids {
		changes = append(changes, catalog.Change{ProductID: id, After: &catalog.Standing{CategoryID: 1}})
	}
	p.write(t, func(tx *ent.Tx) error { return p.feeds[feed].Announce(t.Context(), tx, changes) })
}

func wantIDs(t *testing.T, f catalog.Follower, ids ...int64) {
	t.Helper()
	for _, id := range ids {
		if change, err := f.Next(t.Context()); err != nil || change.ProductID != id {
			t.Fatalf("told of %d, %v; want %d", change.ProductID, err, id)
		}
	}
}

// Followers of each feed are told what any of them announces, from when they follow: not of what was committed before,
// though it may be heard only then.
func TestSharedFeedsTellEachOther(t *testing.T) {
	p := buildPair(t)
	var all []catalog.Follower
	for n := range int64(40) {
		p.announce(t, int(n%2), 100+n)
		for _, feed := range p.feeds {
			all = append(all, follow(t, feed))
		}
	}
	p.announce(t, 0, 1, 2)
	p.announce(t, 1, 3)
	for i, f := range all {
		for n := 100 + int64(i/2) + 1; n < 140; n++ {
			wantIDs(t, f, n)
		}
		wantIDs(t, f, 1, 2, 3)
	}
}

// What cannot be told any more is told as a loss to who follows then, and to nobody who comes later.
func TestSharedFeedsThatLoseSomething(t *testing.T) {
	for name, lose := range map[string]string{
		"changes of a newer version": `SELECT pg_notify('gatehouse', '1 9999 ' || pg_current_xact_id() || ' catalog.changes AgEA')`,
	} {
		t.Run(name, func(t *testing.T) {
			p := buildPair(t)
			f := follow(t, p.feeds[0])
			p.announce(t, 1, 1)
			p.write(t, func(tx *ent.Tx) error { _, err := tx.ExecContext(t.Context(), lose); return err })
			wantIDs(t, f, 1)
			for range 2 {
				if change, err := f.Next(t.Context()); !errors.Is(err, catalog.ErrBehind) {
					t.Fatalf("%+v, %v; want ErrBehind", change, err)
				}
			}
			later := follow(t, p.feeds[0])
			p.announce(t, 1, 2)
			wantIDs(t, later, 2)
		})
	}
}

// More than any follower has room for is lost to all of them, and does not fill the outbox.
func TestSharedFeedsAnnounceNoMoreThanThereIsRoomFor(t *testing.T) {
	p := buildPair(t)
	f := follow(t, p.feeds[0])
	ids := make([]int64, 100_000)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	p.announce(t, 1, ids[:1000]...)
	wantIDs(t, f, ids[:1000]...)
	p.announce(t, 1, ids...)
	wantIDs(t, f, ids[:1000]...)
	if _, err := f.Next(t.Context()); !errors.Is(err, catalog.ErrBehind) {
		t.Errorf("%v; want ErrBehind", err)
	}
	var size int
	if err := p.db.QueryRow(t.Context(), "SELECT max(length(payload)) FROM outbox").Scan(&size); err != nil || size > 20_000 {
		t.Errorf("%d bytes, %v", size, err)
	}
}
