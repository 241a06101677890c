package audit_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

// deed is the i-th of many events: of several kinds and users, many at one moment, for clocks may be set back.
func (w *world) deed(t testing.TB, i int) {
	t.Helper()
	w.at = noon.Add(time.Duration(i*7%13/3) * time.Millisecond)
	w.record(t, t.Context(), audit.Event{
		Kind: []auditevent.Kind{audit.SignIn, audit.Logout, audit.Refresh}[i%3], Actor: int64(i % 4), Subject: int64(i / 2 % 3),
	})
}

// walks are the filters of the lists to go through.
func walks() []*audit.Where {
	return []*audit.Where{
		nil,
		{User: new(int64(1))},
		{Kinds: []auditevent.Kind{audit.SignIn, audit.Logout}},
		{User: new(int64(2)), Kinds: []auditevent.Kind{audit.SignIn, audit.Logout}},
		{CreatedAt: &filter.DateTimeRange{Gte: new(noon.Truncate(time.Millisecond).Add(time.Millisecond))}},
	}
}

// newest is the model of a list: the events for which where holds, the newest first.
func newest(rows []*ent.AuditEvent, where *audit.Where) []*ent.AuditEvent {
	isUser := func(id *int64) bool { return id != nil && *id == *where.User }
	rows = slices.DeleteFunc(slices.Clone(rows), func(e *ent.AuditEvent) bool {
		return where != nil && (where.User != nil && !isUser(e.ActorID) && !isUser(e.SubjectID) ||
			where.Kinds != nil && !slices.Contains(where.Kinds, e.Kind) ||
			where.CreatedAt != nil && e.CreatedAt.Before(*where.CreatedAt.Gte))
	})
	slices.SortFunc(rows, func(a, b *ent.AuditEvent) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return rows
}

func (w *world) events(ctx context.Context, where *audit.Where) pagetest.List[*ent.AuditEvent] {
	return func(args page.Args, selected page.Fields) (*audit.Connection, error) {
		return w.Events(ctx, args, where, selected)
	}
}

func eventID(e *ent.AuditEvent) int64 { return e.ID }

// The page-walk law: the pages joined are the whole list, once.
func TestWalks(t *testing.T) {
	w := build(t)
	for i := range 120 {
		w.deed(t, i)
	}
	all := w.rows(t)
	for i, where := range walks() {
		want := newest(all, where)
		if len(want) < 20 {
			t.Fatalf("list %d has %d events: that is no good walk", i, len(want))
		}
		for _, size := range pagetest.Sizes() {
			for _, backward := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d/by %d/%s", i, size, pagetest.Direction(backward)), func(t *testing.T) {
					pagetest.Walk(t, w.events(staff(t), where), eventID, want, size, backward)
				})
			}
		}
	}
}

// While more happens, at the newest moment and before, and what is old is deleted, a walk meets every event that stays, once,
// in order. An event never changes.
func TestWalksWhileMoreHappens(t *testing.T) {
	for i, where := range walks() {
		for _, backward := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/%s", i, pagetest.Direction(backward)), func(t *testing.T) {
				w := build(t)
				for i := range 120 {
					w.deed(t, i)
				}
				all := w.rows(t)
				disturb := func(step int, seen []int64) {
					w.deed(t, step)
					w.deed(t, 5*step+2)
					leaving := append(seen[len(seen)-1:], all[(step*13+11)%len(all)].ID)
					if err := w.db.Write(t.Context(), func(tx *ent.Tx) error {
						_, err := tx.AuditEvent.Delete().Where(auditevent.IDIn(leaving...)).Exec(t.Context())
						return err
					}); err != nil {
						t.Fatal(err)
					}
				}
				pagetest.WalkDisturbed(t, w.events(staff(t), where), eventID, 4, backward, disturb, func() []*ent.AuditEvent {
					there := ids(w.rows(t))
					settled := slices.DeleteFunc(newest(all, where), func(e *ent.AuditEvent) bool { return !slices.Contains(there, e.ID) })
					if len(settled) < 10 {
						t.Errorf("only %d events are settled", len(settled))
					}
					return settled
				})
			})
		}
	}
}
