package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// errNothing says that there is nothing to hear at the moment.
var errNothing = errors.New("nothing has changed")

// eager is a Feed whose followers do not wait: what is told is there as soon as the mutation is over that did it.
type eager struct {
	catalog.Feed
	settle func()       // waits until everything is told that is committed
	open   atomic.Int32 // followers that are not closed
}

func (f *eager) Follow(ctx context.Context) (catalog.Follower, error) {
	follower, err := f.Feed.Follow(ctx)
	f.open.Add(1)
	return &eagerFollower{Follower: follower, feed: f}, err
}

type eagerFollower struct {
	catalog.Follower
	feed   *eager
	closed sync.Once
}

func (f *eagerFollower) Next(ctx context.Context) (catalog.Change, error) {
	f.feed.settle()
	over, cancel := context.WithCancel(ctx)
	cancel()
	for range 64 { // which of the two it hears of, if there are both, is its own affair
		if change, err := f.Follower.Next(over); !errors.Is(err, context.Canceled) {
			return change, err
		}
	}
	return catalog.Change{}, errNothing
}

func (f *eagerFollower) Close() {
	f.closed.Do(func() { f.feed.open.Add(-1) })
	f.Follower.Close()
}

// followed makes the world's catalogue one whose followers do not wait.
func (w *world) followed(t *testing.T) *eager {
	feed := new(eager)
	feed.Feed, feed.settle = w.feed(t)
	w.Catalog = catalog.New(w.db, feed, w.clock.now)
	return feed
}

// changes are what was told since they were last asked for, each as "id before after": where a product stands is
// its category, + for published or -, and its owner.
func changes(t testing.TB, f catalog.Follower) (all []string) {
	t.Helper()
	mark := map[bool]string{true: "+", false: "-"}
	stands := func(s *catalog.Standing) string {
		switch {
		case s == nil:
			return "none"
		case s.OwnerID == nil:
			return fmt.Sprintf("%d%sshop", s.CategoryID, mark[s.IsPublished])
		}
		return fmt.Sprintf("%d%s%d", s.CategoryID, mark[s.IsPublished], *s.OwnerID)
	}
	for {
		change, err := f.Next(t.Context())
		if errors.Is(err, errNothing) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%d %s %s", change.ProductID, stands(change.Before), stands(change.After)))
	}
}

func follow(t testing.TB, feed catalog.Feed) catalog.Follower {
	t.Helper()
	f, err := feed.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func wantChanges(t testing.TB, f catalog.Follower, what string, want ...string) {
	t.Helper()
	if got := changes(t, f); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// Every mutation tells of each product that it changes, once, as it was and as it is; and of nothing else.
func TestMutationsAnnounceWhatTheyChange(t *testing.T) {
	onEachFeed(t, testMutationsAnnounceWhatTheyChange)
}

func testMutationsAnnounceWhatTheyChange(t *testing.T, w *world) {
	feed := w.followed(t)
	f := follow(t, feed)
	a, b := w.shelf(t, "A", 0).ID, w.shelf(t, "B", 0).ID
	ada, root := w.ada.UserID, w.root.UserID
	wantChanges(t, f, "categories")

	tea := w.offer(t, "Tea", a)
	wantChanges(t, f, "created", fmt.Sprintf("%d none %d+%d", tea.ID, a, ada))
	secret := w.offer(t, "Secret", b, unpublished)
	wantChanges(t, f, "created, unpublished", fmt.Sprintf("%d none %d-%d", secret.ID, b, ada))

	update := func(what string, viewer auth.Viewer, id int64, c catalog.ProductChanges, want ...string) {
		t.Helper()
		if _, err := w.UpdateProduct(as(t, viewer), id, c, nil); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		wantChanges(t, f, what, want...)
	}
	update("renamed", w.ada, tea.ID, catalog.ProductChanges{Name: patch.Set("Green tea")}, fmt.Sprintf("%d %d+%d %[2]d+%[3]d", tea.ID, a, ada))
	update("moved by staff", w.root, tea.ID, catalog.ProductChanges{Category: patch.Set(b)}, fmt.Sprintf("%d %d+%d %d+%[3]d", tea.ID, a, ada, b))
	update("unpublished", w.ada, tea.ID, catalog.ProductChanges{IsPublished: patch.Set(false)}, fmt.Sprintf("%d %d+%d %[2]d-%[3]d", tea.ID, b, ada))
	update("moved and published", w.ada, tea.ID, catalog.ProductChanges{Category: patch.Set(a), IsPublished: patch.Set(true)}, fmt.Sprintf("%d %d-%d %d+%[3]d", tea.ID, b, ada, a))
	update("left as it is, but for its version", w.ada, tea.ID, catalog.ProductChanges{}, fmt.Sprintf("%d %d+%d %[2]d+%[3]d", tea.ID, a, ada))

	if _, err := w.DeleteProduct(as(t, w.root), secret.ID); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, f, "deleted", fmt.Sprintf("%d %d-%d none", secret.ID, b, ada))

	// A bulk tells of all that it makes, and then of all that it changes. What is as it was is not told.
	made := w.upsert(t, 2, 0, row(t, "T-1", a), row(t, "T-2", b, func(in *catalog.ProductUpsert) { in.IsPublished = patch.Set(false) }))
	one, two := made[0].ID, made[1].ID
	wantChanges(t, f, "upserted, new", fmt.Sprintf("%d none %d+%d", one, a, root), fmt.Sprintf("%d none %d-%d", two, b, root))
	w.upsert(t, 0, 0, row(t, "T-1", a), row(t, "T-2", b))
	wantChanges(t, f, "upserted, as they were")
	made = w.upsert(t, 1, 1, row(t, "T-2", a, func(in *catalog.ProductUpsert) { in.IsPublished = patch.Set(true) }), row(t, "T-1", a), row(t, "T-3", a))
	wantChanges(t, f, "upserted, both", fmt.Sprintf("%d none %d+%d", made[2].ID, a, root), fmt.Sprintf("%d %d-%d %d+%[3]d", two, b, root, a))
}

// An import tells of all that it wrote in one transaction, and of nothing that it rejected.
func TestImportsAnnounceWhatTheyChange(t *testing.T) {
	onEachFeed(t, testImportsAnnounceWhatTheyChange)
}

func testImportsAnnounceWhatTheyChange(t *testing.T, w *world) {
	feed := w.followed(t)
	a := w.shelf(t, "A", 0).ID
	tea := w.upsert(t, 1, 0, row(t, "T-1", a))[0]
	f := follow(t, feed)
	line := func(n int, sku, price string) catalog.ImportRow {
		return catalog.ImportRow{Line: n, SKU: sku, Category: "a", Changes: catalog.ProductChanges{
			SKU: patch.Set(sku), Name: patch.Set("Product " + sku), Price: patch.Set(decimal(t, price)),
		}}
	}
	did, err := w.NewImport().Write(t.Context(), []catalog.ImportRow{line(2, "T-1", "1.00"), line(3, "T-2", "-1.00")}, false)
	if !errors.Is(err, catalog.ErrRejected) {
		t.Fatalf("%v, %v", did, err)
	}
	wantChanges(t, f, "rejected")

	if did, err = w.NewImport().Write(t.Context(), []catalog.ImportRow{line(2, "T-1", "2.00"), line(3, "T-2", "-1.00"), line(4, "T-3", "1.00")}, true); err != nil {
		t.Fatal(err)
	}
	if did.Created != 1 || did.Updated != 1 || len(did.Rejected) != 1 {
		t.Fatalf("did %+v", did)
	}
	wantChanges(t, f, "in part", fmt.Sprintf("%d none %d+shop", tea.ID+1, a), fmt.Sprintf("%d %d+%d %[2]d+%[3]d", tea.ID, a, w.root.UserID))

	// Several batches are one transaction: told of together, when it is over.
	i := w.NewImport()
	err = i.WriteTogether(t.Context(), func(write catalog.Writer) error {
		for n := range 3 {
			if _, err := write(t.Context(), []catalog.ImportRow{line(n+2, fmt.Sprint("B-", n), "1.00")}, false); err != nil {
				return err
			}
			wantChanges(t, f, "before it is over")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := changes(t, f); len(got) != 3 {
		t.Errorf("told %q", got)
	}
	broken := errors.New("broken")
	err = w.NewImport().WriteTogether(t.Context(), func(write catalog.Writer) error {
		if _, err := write(t.Context(), []catalog.ImportRow{line(2, "C-1", "1.00")}, false); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	wantChanges(t, f, "undone")
}

// What does not come about is not told, however far it got.
// The demo catalogue is announced as it is loaded, for those who watch an empty shop.
func TestTheDemoIsAnnounced(t *testing.T) {
	w := build(t)
	feed := w.followed(t)
	follower := follow(t, feed)
	loaded, err := w.LoadDemo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if told := changes(t, follower); len(told) != loaded.Products {
		t.Errorf("%d changes are told of %d products", len(told), loaded.Products)
	}
}

func TestWhatIsUndoneIsNotAnnounced(t *testing.T) { onEachFeed(t, testWhatIsUndoneIsNotAnnounced) }

func testWhatIsUndoneIsNotAnnounced(t *testing.T, w *world) {
	feed := w.followed(t)
	a := w.shelf(t, "A", 0).ID
	tea, secret := w.offer(t, "Tea", a), w.offer(t, "Secret", a, unpublished)
	w.upsert(t, 1, 0, row(t, "T-1", a))
	f := follow(t, feed)
	for name, fails := range map[string]func() error{
		"a creation with a mistake": func() error {
			_, err := w.CreateProduct(as(t, w.ada), catalog.NewProduct{Name: "X", Price: decimal(t, "1.00"), Category: a, Slug: new("tea")}, nil)
			return err
		},
		"a creation by nobody": func() error {
			_, err := w.CreateProduct(anonymous(t), catalog.NewProduct{Name: "X", Price: decimal(t, "1.00"), Category: a}, nil)
			return err
		},
		"an update with a mistake": func() error {
			_, err := w.UpdateProduct(as(t, w.ada), tea.ID, catalog.ProductChanges{Category: patch.Set(a + 99)}, nil)
			return err
		},
		"an update of another version": func() error {
			_, err := w.UpdateProduct(as(t, w.ada), tea.ID, catalog.ProductChanges{Name: patch.Set("X"), ExpectedVersion: new(9)}, nil)
			return err
		},
		"an update by a stranger": func() error {
			_, err := w.UpdateProduct(as(t, w.bob), tea.ID, catalog.ProductChanges{Name: patch.Set("X")}, nil)
			return err
		},
		"an update of what a stranger cannot see": func() error {
			_, err := w.UpdateProduct(as(t, w.bob), secret.ID, catalog.ProductChanges{Name: patch.Set("X")}, nil)
			return err
		},
		"a deletion by a stranger": func() error { _, err := w.DeleteProduct(as(t, w.bob), tea.ID); return err },
		"a deletion of nothing":    func() error { _, err := w.DeleteProduct(as(t, w.root), tea.ID+99); return err },
		"a bulk with a mistake in its last row": func() error {
			_, err := w.UpsertProducts(as(t, w.root), []*catalog.ProductUpsert{row(t, "N-1", a), row(t, "T-1", a, func(in *catalog.ProductUpsert) { in.Name = "Other" }), row(t, "N-2", a+99)}, nil)
			return err
		},
	} {
		if err := fails(); err == nil {
			t.Errorf("%s: it came about", name)
		}
		wantChanges(t, f, name)
	}
}

// Nothing is told before the commit, nor when there is none.
func TestAnnouncementsWaitForTheCommit(t *testing.T) {
	onEachFeed(t, testAnnouncementsWaitForTheCommit)
}

func testAnnouncementsWaitForTheCommit(t *testing.T, w *world) {
	feed := w.followed(t)
	f := follow(t, feed)
	announce := func(ctx context.Context, tx *ent.Tx, ids ...int64) {
		var all []catalog.Change
		for _, id := range ids {
			all = append(all, catalog.Change{ProductID: id, After: &catalog.Standing{CategoryID: 1, IsPublished: true}})
		}
		if err := feed.Announce(ctx, tx, all); err != nil {
			t.Error(err)
		}
	}
	before := func() { wantChanges(t, f, "before the commit") }
	w.write(t, func(tx *ent.Tx) error { announce(t.Context(), tx, 1, 2); before(); return nil })
	wantChanges(t, f, "after the commit", "1 none 1+shop", "2 none 1+shop")

	w.write(t, func(tx *ent.Tx) error { announce(t.Context(), tx); before(); return nil })
	wantChanges(t, f, "nothing announced")

	broken := errors.New("broken")
	if err := w.db.Write(t.Context(), func(tx *ent.Tx) error { announce(t.Context(), tx, 1); before(); return broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	wantChanges(t, f, "after a rollback")

	func() {
		defer func() { _ = recover() }()
		_ = w.db.Write(t.Context(), func(tx *ent.Tx) error { announce(t.Context(), tx, 1); before(); panic("boom") })
	}()
	wantChanges(t, f, "after a panic")

	// A commit that fails is none.
	ctx, cancel := context.WithCancel(t.Context())
	if err := w.db.Write(ctx, func(tx *ent.Tx) error { announce(ctx, tx, 1); before(); cancel(); return nil }); err == nil {
		t.Fatal("it was committed")
	}
	wantChanges(t, f, "after a commit that failed")

	w.write(t, func(tx *ent.Tx) error { announce(t.Context(), tx, 3); before(); return nil })
	wantChanges(t, f, "after all that", "3 none 1+shop")
}

// What is told while nobody follows is told to nobody; each follower hears what comes after it began.
func TestFollowersHearWhatComesLater(t *testing.T) { onEachFeed(t, testFollowersHearWhatComesLater) }

func testFollowersHearWhatComesLater(t *testing.T, w *world) {
	feed := w.followed(t)
	a := w.shelf(t, "A", 0).ID
	w.offer(t, "One", a)
	f := follow(t, feed)
	two := w.offer(t, "Two", a)
	late := follow(t, feed)
	three := w.offer(t, "Three", a)
	first, second := changes(t, f), changes(t, late)
	if len(first) != 2 || len(second) != 1 || !strings.HasPrefix(first[0], fmt.Sprint(two.ID, " ")) || !strings.HasPrefix(second[0], fmt.Sprint(three.ID, " ")) {
		t.Errorf("told %q and %q", first, second)
	}
}

// However many write at once, changes are told in the order of their commits: each begins where the last one ended.
func TestAnnouncementsKeepTheOrderOfCommits(t *testing.T) {
	onEachFeed(t, testAnnouncementsKeepTheOrderOfCommits)
}

func testAnnouncementsKeepTheOrderOfCommits(t *testing.T, w *world) {
	const writers, rounds = 8, 15
	feed := w.followed(t)
	var shelves []int64
	for i := range writers {
		shelves = append(shelves, w.shelf(t, fmt.Sprint("Shelf ", i), 0).ID)
	}
	p := w.offer(t, "Tea", shelves[0])
	f := follow(t, feed)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for n := range rounds {
				c := catalog.ProductChanges{Category: patch.Set(shelves[(i+n)%writers]), IsPublished: patch.Set(n%2 == 0)}
				if _, err := w.UpdateProduct(as(t, w.root), p.ID, c, nil); err != nil && fault.CodeOf(err) == fault.Internal {
					t.Errorf("writing: %v", err)
				}
			}
		})
	}
	group.Wait()
	last := catalog.Standing{CategoryID: shelves[0], OwnerID: &w.ada.UserID, IsPublished: true}
	told := 0
	for ; ; told++ {
		change, err := f.Next(t.Context())
		if errors.Is(err, errNothing) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if change.Before.CategoryID != last.CategoryID || change.Before.IsPublished != last.IsPublished {
			t.Fatalf("change %d begins at %+v, and the one before ended at %+v", told, *change.Before, last)
		}
		last = *change.After
	}
	stored := w.stored(t, p.ID)
	if stored.CategoryID != last.CategoryID || stored.IsPublished != last.IsPublished || stored.Version != told+1 {
		t.Errorf("%d changes were told, the last to %+v; stored is %v", told, last, stored)
	}
	if told != writers*rounds {
		t.Errorf("%d changes of %d", told, writers*rounds)
	}
}
