package catalog_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/notify"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// editionPatience is for how long a test waits for an edition that has to come.
const editionPatience = time.Minute

// until waits until it is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for begun := time.Now(); !so(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > editionPatience {
			t.Fatalf("not %s", what)
		}
	}
}

// instance is a program on a PostgreSQL database that it reaches by a cable of its own.
type instance struct {
	*catalog.Catalog
	db    *database.DB
	cable *databasetest.Cable
}

func startInstance(t *testing.T, source string) *instance {
	t.Helper()
	i := &instance{cable: databasetest.NewCable(t, source)}
	i.db = databasetest.Open(t, i.cable.Source, database.WithClock(func() time.Time { return noon })) // nothing ages
	bus := notify.New(i.db, notify.Settings{})
	i.Catalog = catalog.New(i.db, catalog.NewSharedFeed(bus, i.db.Editions, slog.New(slog.DiscardHandler)), time.Now)
	if _, ok := i.db.Editions.Now(); ok {
		t.Error("there is an edition before anybody listens")
	}
	listener, err := bus.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { listener.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	until(t, "listening", i.hears)
	return i
}

func (i *instance) hears() bool {
	_, ok := i.db.Editions.Now()
	return ok
}

// staff makes somebody who may change everything.
func (i *instance) staff(t *testing.T) (viewer auth.Viewer) {
	t.Helper()
	if err := i.db.Write(t.Context(), func(tx *ent.Tx) error {
		user, err := tx.User.Create().SetUsername("root").SetUsernameKey("root").SetEmail("root@example.org").
			SetEmailKey("root@example.org").SetPasswordHash("-").SetIsStaff(true).SetDateJoined(noon).Save(t.Context())
		if err != nil {
			return err
		}
		viewer = auth.Viewer{UserID: user.ID, IsStaff: true}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return viewer
}

// Whatever one instance changes of the catalogue begins an edition with all others that is not a matter of time.
func TestEditionsOfInstances(t *testing.T) {
	source := databasetest.Postgres(t)
	one, other := startInstance(t, source), startInstance(t, source)
	ctx := as(t, one.staff(t))
	var shelf, item int64
	selected := page.Fields{"id": nil}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"a category is made", func() error {
			made, err := one.CreateCategory(ctx, catalog.NewCategory{Name: "Shelf"}, selected)
			if err == nil {
				shelf = made.ID
			}
			return err
		}},
		{"a category is changed", func() error {
			_, err := one.UpdateCategory(ctx, shelf, catalog.CategoryChanges{Name: patch.Set("Board")}, selected)
			return err
		}},
		{"a product is made", func() error {
			made, err := one.CreateProduct(ctx, catalog.NewProduct{Name: "Item", Category: shelf}, selected)
			if err == nil {
				item = made.ID
			}
			return err
		}},
		{"a product is changed", func() error {
			_, err := one.UpdateProduct(ctx, item, catalog.ProductChanges{Name: patch.Set("Thing")}, selected)
			return err
		}},
		{"a product is deleted", func() error { _, err := one.DeleteProduct(ctx, item); return err }},
		{"a category is deleted", func() error { _, err := one.DeleteCategory(ctx, shelf); return err }},
		{"the sample is loaded", func() error { _, err := one.LoadDemo(ctx); return err }},
	} {
		mine, _ := one.db.Editions.Now()
		theirs, _ := other.db.Editions.Now()
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if now, ok := one.db.Editions.Now(); !ok || now == mine {
			t.Errorf("%s: edition %d after %d where it was done", step.what, now, mine)
		}
		until(t, step.what+" elsewhere, too", func() bool { now, _ := other.db.Editions.Now(); return now != theirs })
	}
}

// An instance that does not hear the others has no edition, until it has heard what it missed.
func TestEditionsOfInstancesThatAreCutOff(t *testing.T) {
	source := databasetest.Postgres(t)
	one, other := startInstance(t, source), startInstance(t, source)
	before, _ := other.db.Editions.Now()
	other.cable.Away()
	until(t, "noticed", func() bool { return !other.hears() })
	if _, err := one.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	other.cable.Back(t)
	until(t, "heard again", other.hears)
	if now, _ := other.db.Editions.Now(); now == before {
		t.Errorf("edition %d is the one from before", now)
	}
}
