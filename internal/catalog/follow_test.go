package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/patch"
	"github.com/gatehouse/gatehouse/internal/token"
)

// following is what somebody follows.
type following struct {
	*catalog.Events
	ctx context.Context // says who
}

// follows begins to follow as the context's viewer, until the test ends.
func (w *world) follows(ctx context.Context, t testing.TB, f catalog.Followed) following {
	t.Helper()
	events, err := w.Follow(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(events.Close)
	return following{events, ctx}
}

// next is the next event.
func (f following) next() (*catalog.ProductEvent, error) { return f.Next(f.ctx) }

// heard are the kinds of the events since they were last asked for, in short: C, U and D, and - for none.
func heard(t testing.TB, events following) (kinds string) {
	t.Helper()
	for {
		event, err := events.next()
		if errors.Is(err, errNothing) {
			if kinds == "" {
				return "-"
			}
			return kinds
		} else if err != nil {
			t.Fatal(err)
		}
		kinds += string(event.Kind[0])
	}
}

// Who is told of what, by where a product stood and stands: in category A or B, in capitals when it is published, and - when
// it is not there. Outsiders are everybody but its owner and staff. Each is told so much following everything, category A
// and category B.
const whoIsToldOfWhat = `
	from to   outsiders  insiders
	-    A    C C -      C C -
	-    a    - - -      C C -
	-    B    C - C      C - C
	-    b    - - -      C - C
	A    -    D D -      D D -
	A    A    U U -      U U -
	A    a    D D -      U U -
	A    B    U U U      U U U
	A    b    D D -      U U U
	a    -    - - -      D D -
	a    A    C C -      U U -
	a    a    - - -      U U -
	a    B    C - C      U U U
	a    b    - - -      U U U
	B    -    D - D      D - D
	B    A    U U U      U U U
	B    a    D - D      U U U
	B    B    U - U      U - U
	B    b    D - D      U - U
	b    -    - - -      D - D
	b    A    C C -      U U U
	b    a    - - -      U U U
	b    B    C - C      U - U
	b    b    - - -      U - U`

func TestWhoIsToldOfWhat(t *testing.T) { onEachFeed(t, testWhoIsToldOfWhat) }

func testWhoIsToldOfWhat(t *testing.T, w *world) {
	w.followed(t)
	a, b, other := w.shelf(t, "A", 0).ID, w.shelf(t, "B", 0).ID, w.shelf(t, "C", 0).ID
	below := w.shelf(t, "Below A", a).ID
	inA := func(state string) bool { return strings.EqualFold(state, "a") }
	published := func(state string) bool { return state == strings.ToUpper(state) }
	// create has a product of ada's stand there, if it is to stand anywhere.
	create := func(state string) *ent.Product {
		if state == "-" {
			return nil
		}
		shelf := b
		if inA(state) {
			shelf = a
		}
		return w.offer(t, "Product", shelf, func(in *catalog.NewProduct) { in.IsPublished = new(published(state)) })
	}
	for _, line := range strings.Split(strings.TrimSpace(whoIsToldOfWhat), "\n")[1:] {
		words := strings.Fields(line)
		from, to := words[0], words[1]
		bystander := w.offer(t, "Bystander", a).ID
		p := create(from)
		id := bystander + 1
		if p != nil && p.ID != id {
			t.Fatalf("the product is %d, not %d", p.ID, id)
		}

		filters := map[string]catalog.Followed{
			"everything":                     {},
			"its category":                   {Category: &a},
			"the other category":             {Category: &b},
			"no category of its":             {Category: &other},
			"the category below its":         {Category: &below},
			"no category at all":             {Category: new(int64(0))},
			"its id":                         {IDs: []int64{bystander, id}},
			"another id":                     {IDs: []int64{bystander, id + 1}},
			"no ids":                         {IDs: []int64{}},
			"its id in its category":         {IDs: []int64{id}, Category: &a},
			"its id in the other category":   {IDs: []int64{id}, Category: &b},
			"another id in its category":     {IDs: []int64{bystander}, Category: &a},
			"no ids in its category":         {IDs: []int64{}, Category: &a},
			"its id twice, in its category ": {IDs: []int64{id, id}, Category: &a},
		}
		viewers := map[string]auth.Viewer{"nobody": {}, "bob": w.bob, "ada": w.ada, "root": w.root}
		all := map[[2]string]following{}
		for viewer, v := range viewers {
			for name, f := range filters {
				f.Selected = fields("product{name}")
				all[[2]string{viewer, name}] = w.follows(as(t, v), t, f)
			}
		}

		switch {
		case from == "-":
			create(to)
		case to == "-":
			if _, err := w.DeleteProduct(as(t, w.ada), id); err != nil {
				t.Fatal(err)
			}
		default:
			c := catalog.ProductChanges{Name: patch.Set("Product"), IsPublished: patch.Set(published(to)), Category: patch.Set(b)}
			if inA(to) {
				c.Category = patch.Set(a)
			}
			if _, err := w.UpdateProduct(as(t, w.ada), id, c, nil); err != nil {
				t.Fatal(err)
			}
		}

		for key, events := range all {
			viewer, filter := key[0], key[1]
			told := words[2:5]
			if viewer == "ada" || viewer == "root" {
				told = words[5:]
			}
			want := "-"
			switch filter {
			case "everything", "its id":
				want = told[0]
			case "its category", "its id in its category", "its id twice, in its category ":
				want = told[1]
			case "the other category", "its id in the other category":
				want = told[2]
			}
			if got := heard(t, events); got != want {
				t.Errorf("from %s to %s, %s following %s: told %s, want %s", from, to, viewer, filter, got, want)
			}
			events.Close()
		}
		for _, left := range []int64{bystander, id} {
			_, _ = w.DeleteProduct(as(t, w.root), left)
		}
	}
}

// An event holds the product's id, and as much of the product as was selected, unless it is gone.
func TestEventsHoldWhatWasSelected(t *testing.T) { onEachFeed(t, testEventsHoldWhatWasSelected) }

func testEventsHoldWhatWasSelected(t *testing.T, w *world) {
	w.followed(t)
	shelf := w.shelf(t, "A", 0)
	events := w.follows(as(t, w.ada), t, catalog.Followed{Selected: fields("kind product{name category{name} owner{username}}")})
	p := w.offer(t, "Tea", shelf.ID)
	event, err := events.next()
	if err != nil || event.Kind != catalog.Created || event.ProductID != p.ID || event.Product == nil || event.Product.Name != "Tea" {
		t.Fatalf("%+v, %v", event, err)
	}
	if e := event.Product.Edges; e.Category == nil || e.Category.Name != "A" || e.Owner == nil || e.Owner.ID != w.ada.UserID {
		t.Errorf("with %+v", e)
	}
	if _, err := w.DeleteProduct(as(t, w.ada), p.ID); err != nil {
		t.Fatal(err)
	}
	event, err = events.next()
	if err != nil || event.Kind != catalog.Deleted || event.ProductID != p.ID || event.Product != nil {
		t.Errorf("%+v, %v", event, err)
	}
}

// The database is asked for the product only if that is selected, and there, and for somebody to see.
func TestSelectsOfEvents(t *testing.T) { onEachFeed(t, testSelectsOfEvents) }

func testSelectsOfEvents(t *testing.T, w *world) {
	w.followed(t)
	shelf, other := w.shelf(t, "A", 0).ID, w.shelf(t, "B", 0).ID
	for _, tt := range []struct {
		selection, event, gone string // "SELECTs kinds", for an event of each kind
	}{
		{"kind productId", "0 CU", "0 D"},
		{"kind product{name}", "2 CU", "0 D"},
		{"kind product{category{name} owner{username}}", "6 CU", "0 D"},
	} {
		events := w.follows(anonymous(t), t, catalog.Followed{Category: &shelf, Selected: fields(tt.selection)})
		said := func() string {
			w.ran.take()
			kinds := heard(t, events)
			return fmt.Sprint(len(w.ran.selects()), " ", kinds)
		}
		p := w.offer(t, "Tea", shelf)
		if _, err := w.UpdateProduct(as(t, w.ada), p.ID, catalog.ProductChanges{Name: patch.Set("Cocoa")}, nil); err != nil {
			t.Fatal(err)
		}
		if got := said(); got != tt.event {
			t.Errorf("%s: %s; want %s", tt.selection, got, tt.event)
		}
		w.offer(t, "Secret", shelf, unpublished)
		w.offer(t, "Elsewhere", other)
		if got := said(); got != "0 -" {
			t.Errorf("%s, of what is not for them: %s", tt.selection, got)
		}
		if _, err := w.DeleteProduct(as(t, w.ada), p.ID); err != nil {
			t.Fatal(err)
		}
		if got := said(); got != tt.gone {
			t.Errorf("%s, gone: %s; want %s", tt.selection, got, tt.gone)
		}
		events.Close()
	}
}

// A product that is gone by the time it is loaded is passed over: the change that took it away is told as well.
func TestProductsThatAreGoneArePassedOver(t *testing.T) {
	onEachFeed(t, testProductsThatAreGoneArePassedOver)
}

func testProductsThatAreGoneArePassedOver(t *testing.T, w *world) {
	w.followed(t)
	shelf := w.shelf(t, "A", 0).ID
	all := catalog.Followed{Selected: fields("product{name}")}
	nobody, ada := w.follows(anonymous(t), t, all), w.follows(as(t, w.ada), t, all)
	light := w.follows(anonymous(t), t, catalog.Followed{Selected: fields("kind")})
	update := func(id int64, c catalog.ProductChanges) {
		t.Helper()
		if _, err := w.UpdateProduct(as(t, w.ada), id, c, nil); err != nil {
			t.Fatal(err)
		}
	}

	p := w.offer(t, "Tea", shelf)
	update(p.ID, catalog.ProductChanges{Name: patch.Set("Cocoa")})
	if _, err := w.DeleteProduct(as(t, w.ada), p.ID); err != nil {
		t.Fatal(err)
	}
	if n, a, l := heard(t, nobody), heard(t, ada), heard(t, light); n != "D" || a != "D" || l != "CUD" {
		t.Errorf("deleted: nobody is told %s, the owner %s, who loads nothing %s", n, a, l)
	}

	p = w.offer(t, "Tea", shelf)
	update(p.ID, catalog.ProductChanges{IsPublished: patch.Set(false)})
	if n, a, l := heard(t, nobody), heard(t, ada), heard(t, light); n != "D" || a != "CU" || l != "CD" {
		t.Errorf("unpublished: nobody is told %s, the owner %s, who loads nothing %s", n, a, l)
	}
	update(p.ID, catalog.ProductChanges{IsPublished: patch.Set(true)})
	update(p.ID, catalog.ProductChanges{IsPublished: patch.Set(false)})
	update(p.ID, catalog.ProductChanges{IsPublished: patch.Set(true)})
	if n, a, l := heard(t, nobody), heard(t, ada), heard(t, light); n != "CDC" || a != "UUU" || l != "CDC" {
		t.Errorf("there again: nobody is told %s, the owner %s, who loads nothing %s", n, a, l)
	}
}

// Who asks is looked at anew for every event, and what they may see: before anything is told of it.
func TestViewersThatChange(t *testing.T) { onEachFeed(t, testViewersThatChange) }

func testViewersThatChange(t *testing.T, w *world) {
	feed := w.followed(t)
	shelf := w.shelf(t, "A", 0).ID
	secret, public := w.offer(t, "Secret", shelf, unpublished), w.offer(t, "Public", shelf)
	touch := func(ids ...int64) {
		t.Helper()
		for _, id := range ids {
			if _, err := w.UpdateProduct(as(t, w.ada), id, catalog.ProductChanges{}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	var viewer auth.Viewer
	var refusal error
	asked := 0
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		asked++
		return viewer, refusal
	})
	viewer = w.root
	for _, selection := range []string{"kind", "product{name}"} {
		viewer, refusal = w.root, nil
		events := w.follows(ctx, t, catalog.Followed{Selected: fields(selection)})
		touch(secret.ID, public.ID)
		if got := heard(t, events); got != "UU" {
			t.Errorf("staff is told %s", got)
		}
		// Demoted before what happened is told: it is too late for that.
		touch(secret.ID, public.ID)
		viewer.IsStaff = false
		if got := heard(t, events); got != "U" {
			t.Errorf("demoted meanwhile: %s", got)
		}
		viewer = w.ada
		touch(secret.ID)
		if got := heard(t, events); got != "U" {
			t.Errorf("the owner is told %s", got)
		}
		// What concerns nobody who follows this is not even asked about.
		asked = 0
		narrow := w.follows(ctx, t, catalog.Followed{IDs: []int64{secret.ID}})
		touch(public.ID)
		if got := heard(t, narrow); got != "-" || asked != 1 {
			t.Errorf("what is not followed: %s, asked %d times", got, asked)
		}
		narrow.Close()
		heard(t, events)

		for _, reason := range []token.Reason{token.Expired, token.Revoked, token.UserInactive, token.UserNotFound} {
			viewer, refusal = w.root, nil
			events := w.follows(ctx, t, catalog.Followed{Selected: fields(selection)})
			touch(secret.ID)
			refusal = token.NewError(reason)
			event, err := events.next()
			var refused *fault.Error
			if !errors.As(err, &refused) || refused.Code != fault.Unauthenticated || refused.Reason != string(reason) || event != nil {
				t.Errorf("%s: %+v, %v", reason, event, err)
			}
			if _, err := w.Follow(ctx, catalog.Followed{}); fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("%s, to begin with: %v", reason, err)
			}
			events.Close()
		}
		// That it cannot be found out is an error that is not the viewer's, and nothing is told then either.
		refusal = nil
		broken := w.follows(ctx, t, catalog.Followed{Selected: fields(selection)})
		touch(public.ID)
		for _, err := range []error{errors.New("the database is gone"), context.DeadlineExceeded} {
			refusal = err
			if event, got := broken.next(); !errors.Is(got, err) || event != nil {
				t.Errorf("%+v, %v; want %v", event, got, err)
			}
			if _, got := w.Follow(ctx, catalog.Followed{}); !errors.Is(got, err) {
				t.Errorf("to begin with: %v; want %v", got, err)
			}
			touch(public.ID)
			refusal = nil
			touch(public.ID)
		}
		events.Close()
		broken.Close()
		refusal = nil
	}
	if n := feed.open.Load(); n != 0 {
		t.Errorf("%d still follow", n)
	}
}

// Whoever does not take events in time is told that some are lost, after those that there was room for.
func TestFollowersThatDoNotKeepUp(t *testing.T) { onEachFeed(t, testFollowersThatDoNotKeepUp) }

func testFollowersThatDoNotKeepUp(t *testing.T, w *world) {
	feed := w.followed(t)
	shelf := w.shelf(t, "A", 0).ID
	slow := w.follows(anonymous(t), t, catalog.Followed{Selected: fields("kind")})
	quick := w.follows(anonymous(t), t, catalog.Followed{Selected: fields("kind")})
	narrow := w.follows(anonymous(t), t, catalog.Followed{IDs: []int64{1}})
	const bulks = 11
	for bulk := range bulks {
		var rows []*catalog.ProductUpsert
		for n := range catalog.MaxUpserts {
			rows = append(rows, row(t, fmt.Sprint(bulk, "-", n), shelf))
		}
		w.upsert(t, len(rows), 0, rows...)
		if got := heard(t, quick); got != strings.Repeat("C", len(rows)) {
			t.Fatalf("who keeps up is told %s", got)
		}
	}
	for n := range 1000 {
		if event, err := slow.next(); err != nil || event.Kind != catalog.Created {
			t.Fatalf("event %d: %+v, %v", n, event, err)
		}
	}
	for range 2 {
		if event, err := slow.next(); fault.CodeOf(err) != fault.LimitExceeded || event != nil {
			t.Errorf("%+v, %v; want OPERATION_LIMIT_EXCEEDED", event, err)
		}
	}
	// Also of what is not followed there is only room for so much: nobody can tell what is lost.
	if event, err := narrow.next(); fault.CodeOf(err) != fault.LimitExceeded {
		t.Errorf("%+v, %v; want OPERATION_LIMIT_EXCEEDED", event, err)
	}
	slow.Close()
	quick.Close()
	narrow.Close()
	if n := feed.open.Load(); n != 0 {
		t.Errorf("%d still follow", n)
	}
}

func TestFollowedIDs(t *testing.T) { onEachFeed(t, testFollowedIDs) }

func testFollowedIDs(t *testing.T, w *world) {
	feed := w.followed(t)
	ids := make([]int64, catalog.MaxFollowed)
	w.follows(anonymous(t), t, catalog.Followed{IDs: ids})
	if _, err := w.Follow(anonymous(t), catalog.Followed{IDs: append(ids, 1)}); fault.CodeOf(err) != fault.BadUserInput {
		t.Errorf("one more: %v", err)
	}
	if n := feed.open.Load(); n != 1 {
		t.Errorf("%d follow", n)
	}
}

// Next waits until something happens, or its context is over.
func TestNextWaitsForEvents(t *testing.T) { onEachFeed(t, testNextWaitsForEvents) }

func testNextWaitsForEvents(t *testing.T, w *world) {
	w.fed(t)
	shelf := w.shelf(t, "A", 0).ID
	events := w.follows(anonymous(t), t, catalog.Followed{Selected: fields("product{name}")})
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if event, err := events.next(); err != nil || event.Product.Name != "Tea" {
			t.Errorf("%+v, %v", event, err)
		}
		if event, err := events.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%+v, %v; want the context's end", event, err)
		}
	})
	w.offer(t, "Secret", shelf, unpublished)
	w.offer(t, "Tea", shelf)
	cancel()
	group.Wait()
}

// Under many writers each follower sees every product grow older, and never younger, and hears of each change.
func TestVersionsAscend(t *testing.T) { onEachFeed(t, testVersionsAscend) }

func testVersionsAscend(t *testing.T, w *world) {
	w.fed(t)
	const writers, rounds = 8, 12
	shelf := w.shelf(t, "A", 0).ID
	var ids []int64
	for i := range writers / 2 { // two write each
		ids = append(ids, w.offer(t, fmt.Sprint("Product ", i), shelf).ID)
	}
	var group sync.WaitGroup
	for range 2 {
		events := w.follows(anonymous(t), t, catalog.Followed{Selected: fields("product{version}")})
		group.Go(func() {
			seen := map[int64]int{}
			for n := range writers * rounds {
				event, err := events.next()
				if err != nil {
					t.Errorf("event %d: %v", n, err)
					return
				}
				if v := event.Product.Version; event.Kind != catalog.Updated || v < seen[event.ProductID] {
					t.Errorf("product %d is %s at version %d after %d", event.ProductID, event.Kind, v, seen[event.ProductID])
				}
				seen[event.ProductID] = event.Product.Version
			}
			for _, id := range ids {
				if seen[id] != 1+2*rounds {
					t.Errorf("product %d was last seen at version %d", id, seen[id])
				}
			}
		})
	}
	for i := range writers {
		group.Go(func() {
			for range rounds {
				if _, err := w.UpdateProduct(as(t, w.ada), ids[i%len(ids)], catalog.ProductChanges{}, nil); err != nil {
					t.Errorf("writing: %v", err)
				}
			}
		})
	}
	group.Wait()
}
