package audit_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/page"
)

// happen records one event, at that time after noon.
func (w *world) happen(t testing.TB, after time.Duration, e audit.Event) *ent.AuditEvent {
	t.Helper()
	w.at = noon.Add(after)
	w.record(t, t.Context(), e)
	rows := w.rows(t)
	return rows[len(rows)-1]
}

func ids(rows []*ent.AuditEvent) []int64 {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}

func TestFilters(t *testing.T) {
	w := build(t)
	moment := func(after time.Duration) *time.Time { return new(noon.Truncate(time.Millisecond).Add(after)) }
	all := []*ent.AuditEvent{
		w.happen(t, 0, audit.Event{Kind: audit.SignInFailed}),
		w.happen(t, 1*time.Millisecond, audit.Event{Kind: audit.SignInFailed, Subject: 1}),
		w.happen(t, 2*time.Millisecond, audit.Event{Kind: audit.SignIn, Actor: 1, Subject: 1, Session: 7}),
		w.happen(t, time.Second, audit.Event{Kind: audit.UserUpdated, Actor: 2, Subject: 1, Session: 8}),
		w.happen(t, time.Second, audit.Event{Kind: audit.UserUpdated, Actor: 1, Subject: 2, Session: 7}),
		w.happen(t, time.Minute, audit.Event{Kind: audit.Logout, Actor: 2, Subject: 2, Session: 8}),
	}
	elsewhere := time.FixedZone("far east", 14*60*60)
	for _, tt := range []struct {
		name  string
		where *audit.Where
		want  []int // newest first
	}{
		{"nothing", nil, []int{5, 4, 3, 2, 1, 0}},
		{"nothing set", &audit.Where{}, []int{5, 4, 3, 2, 1, 0}},
		{"a user", &audit.Where{User: new(int64(1))}, []int{4, 3, 2, 1}},
		{"another", &audit.Where{User: new(int64(2))}, []int{5, 4, 3}},
		{"a session's id", &audit.Where{User: new(int64(7))}, nil},
		{"nobody", &audit.Where{User: new(int64(0))}, nil},
		{"a kind", &audit.Where{Kinds: []auditevent.Kind{audit.UserUpdated}}, []int{4, 3}},
		{"kinds", &audit.Where{Kinds: []auditevent.Kind{audit.Logout, audit.SignInFailed, audit.Logout}}, []int{5, 1, 0}},
		{"no kinds", &audit.Where{Kinds: []auditevent.Kind{}}, nil},
		{"a kind that never was", &audit.Where{Kinds: []auditevent.Kind{audit.ReuseDetected}}, nil},
		{"a user and kinds", &audit.Where{User: new(int64(1)), Kinds: []auditevent.Kind{audit.SignInFailed, audit.UserUpdated}}, []int{4, 3, 1}},
		{"a user and no kinds", &audit.Where{User: new(int64(1)), Kinds: []auditevent.Kind{}}, nil},
		{"from", &audit.Where{CreatedAt: &filter.DateTimeRange{Gte: moment(time.Second)}}, []int{5, 4, 3}},
		{"after", &audit.Where{CreatedAt: &filter.DateTimeRange{Gt: moment(time.Second)}}, []int{5}},
		{"until", &audit.Where{CreatedAt: &filter.DateTimeRange{Lte: moment(time.Millisecond)}}, []int{1, 0}},
		{"before", &audit.Where{CreatedAt: &filter.DateTimeRange{Lt: moment(time.Millisecond)}}, []int{0}},
		{"between", &audit.Where{CreatedAt: &filter.DateTimeRange{Gt: moment(0), Lt: moment(time.Second)}}, []int{2, 1}},
		{"in another zone", &audit.Where{CreatedAt: &filter.DateTimeRange{Gte: new(moment(time.Second).In(elsewhere))}}, []int{5, 4, 3}},
		{"an empty range", &audit.Where{CreatedAt: &filter.DateTimeRange{}}, []int{5, 4, 3, 2, 1, 0}},
		{"an impossible one", &audit.Where{CreatedAt: &filter.DateTimeRange{Gt: moment(time.Second), Lt: moment(time.Second)}}, nil},
		{"everything at once", &audit.Where{
			User: new(int64(2)), Kinds: kinds, CreatedAt: &filter.DateTimeRange{Lte: moment(time.Second)},
		}, []int{4, 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.Events(staff(t), page.Args{}, tt.where, selecting())
			if err != nil {
				t.Fatal(err)
			}
			want := []int64{}
			for _, i := range tt.want {
				want = append(want, all[i].ID)
			}
			if !slices.Equal(ids(got.Nodes), want) || got.TotalCount != len(want) {
				t.Errorf("%d events %v, want %v", got.TotalCount, ids(got.Nodes), want)
			}
		})
	}
}

func TestFiltersHaveLimits(t *testing.T) {
	w := build(t)
	for n, want := range map[int]fault.Code{100: "", 101: fault.BadUserInput, 100_000: fault.BadUserInput} {
		for _, user := range []*int64{nil, new(int64(1))} {
			where := audit.Where{User: user, Kinds: slices.Repeat([]auditevent.Kind{audit.SignIn}, n)}
			_, err := w.Events(staff(t), page.Args{}, &where, selecting())
			wantCode(t, err, want)
		}
	}
}

func TestForgedCursors(t *testing.T) {
	w := build(t)
	w.happen(t, 0, audit.Event{Kind: audit.SignIn})
	got, err := w.Events(staff(t), page.Args{}, nil, page.Fields{"edges": nil})
	if err != nil {
		t.Fatal(err)
	}
	good := got.Edges[0].Cursor
	forged := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, cursor := range []string{
		"", "%%%", good[:len(good)-1], good + "AAAA", "5", strings.Repeat("x", 1<<20),
		forged(`["product CREATED_AT-","2026-01-31T12:00:00Z",1]`), forged(`["auditEvent CREATED_AT","2026-01-31T12:00:00Z",1]`),
		forged(`["auditEvent CREATED_AT-"]`), forged(`["auditEvent CREATED_AT-",null,1]`), forged(`["auditEvent CREATED_AT-","yesterday",1]`),
		forged(`["auditEvent CREATED_AT-","2026-01-31T12:00:00Z","1"]`), forged(`["auditEvent CREATED_AT-","2026-01-31T12:00:00Z",1,2]`),
	} {
		for _, args := range []page.Args{{After: &cursor}, {Last: new(1), Before: &cursor}} {
			_, err := w.Events(staff(t), args, nil, selecting())
			wantCode(t, err, fault.BadUserInput)
		}
	}
	for _, args := range []page.Args{{First: new(101)}, {First: new(-1)}, {First: new(1), Last: new(1)}, {Offset: new(10_001)}, {Offset: new(0), After: &good}} {
		_, err := w.Events(staff(t), args, nil, selecting())
		wantCode(t, err, fault.BadUserInput)
	}
}

func TestEventsAreForStaff(t *testing.T) {
	w := build(t)
	e := w.happen(t, 0, audit.Event{Kind: audit.SignIn, Actor: 1, Subject: 1})
	for name, tt := range map[string]struct {
		viewer auth.Viewer
		want   fault.Code
	}{
		"the user":   {auth.Viewer{UserID: 1}, fault.Forbidden},
		"another":    {auth.Viewer{UserID: 2}, fault.Forbidden},
		"staff":      {auth.Viewer{UserID: 3, IsStaff: true}, ""},
		"who is one": {auth.Viewer{UserID: 1, IsStaff: true}, ""},
	} {
		_, err := w.Events(as(t, tt.viewer), page.Args{}, nil, selecting())
		wantCode(t, err, tt.want)
		found, err := w.EventsByID(as(t, tt.viewer), []int64{e.ID, e.ID + 1, 1}, nil)
		if err != nil || len(found) != 0 != (tt.want == "") || tt.want == "" && (len(found) != 1 || found[e.ID] == nil) {
			t.Errorf("%s found %v, %v", name, found, err)
		}
	}
	_, err := w.Events(t.Context(), page.Args{}, nil, selecting())
	wantCode(t, err, fault.Unauthenticated)
	if found, err := w.EventsByID(t.Context(), []int64{e.ID}, nil); err != nil || len(found) != 0 {
		t.Errorf("nobody found %v, %v", found, err)
	}
}

func TestUsersOfEvents(t *testing.T) {
	w := build(t)
	ada, bob, gone := w.user(t, "ada"), w.user(t, "bob"), w.user(t, "gone")
	e := w.happen(t, 0, audit.Event{Kind: audit.UserUpdated, Actor: ada.ID, Subject: bob.ID})
	w.happen(t, 1, audit.Event{Kind: audit.SignIn, Actor: gone.ID, Subject: gone.ID})
	w.happen(t, 2, audit.Event{Kind: audit.SignInFailed})
	if err := w.db.Write(t.Context(), func(tx *ent.Tx) error { return tx.User.DeleteOneID(gone.ID).Exec(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	name := func(u *ent.User) string {
		if u == nil {
			return "-"
		}
		return u.Username
	}
	got, err := w.Events(staff(t), page.Args{}, nil, selecting("actor", "subject"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range got.Nodes {
		names = append(names, name(row.Actor)+" "+name(row.Subject))
	}
	if want := []string{"- -", "- -", "ada bob"}; !slices.Equal(names, want) {
		t.Errorf("actors and subjects %q, want %q", names, want)
	}
	found, err := w.EventsByID(staff(t), []int64{e.ID}, page.Fields{"subject": nil})
	if err != nil || found[e.ID] == nil || name(found[e.ID].Subject) != "bob" {
		t.Errorf("found %v, %v", found, err)
	}
	// Who is gone is still found by.
	got, err = w.Events(staff(t), page.Args{}, &audit.Where{User: &gone.ID}, selecting())
	if err != nil || len(got.Nodes) != 1 || *got.Nodes[0].ActorID != gone.ID {
		t.Errorf("of who is gone: %v, %v", got, err)
	}
}

// A page costs a SELECT, and one more when users are selected, whoever and how many they are.
func TestSelectsOfEvents(t *testing.T) {
	w := build(t)
	users := []*ent.User{w.user(t, "ada"), w.user(t, "bob"), w.user(t, "cyd")}
	for i := range 120 {
		w.happen(t, time.Duration(i), audit.Event{Kind: audit.UserUpdated, Actor: users[i%3].ID, Subject: users[i%2].ID})
	}
	for _, tt := range []struct {
		name     string
		selected page.Fields
		want     int
	}{
		{"nothing", page.Fields{}, 0},
		{"the count", page.Fields{"totalCount": nil}, 1},
		{"rows", page.Fields{"nodes": {"kind": nil}}, 1},
		{"actors", page.Fields{"nodes": {"actor": nil}}, 2},
		{"both, by way of either", page.Fields{"nodes": {"actor": nil}, "edges": {"node": {"subject": nil}}, "pageInfo": nil}, 2},
		{"both and the count", selecting("actor", "subject"), 3},
	} {
		for _, size := range []int{1, 100} {
			w.selects()
			if _, err := w.Events(staff(t), page.Args{First: &size}, nil, tt.selected); err != nil {
				t.Fatal(err)
			}
			if got := w.selects(); len(got) != tt.want {
				t.Errorf("%s, %d rows: %d SELECTs, want %d:\n%s", tt.name, size, len(got), tt.want, strings.Join(got, "\n"))
			}
		}
	}
}

// Pages are found by an index, whatever they are filtered by.
func TestPlans(t *testing.T) {
	w := build(t)
	cursor := base64.RawURLEncoding.EncodeToString([]byte(`["auditEvent CREATED_AT-","2026-01-31T12:00:00Z",1]`))
	user, since := new(int64(1)), &filter.DateTimeRange{Gte: &noon}
	for _, tt := range []struct {
		name  string
		args  page.Args
		where *audit.Where
		want  []string // steps that there are
		not   string   // and what no step may be
	}{
		{"all", page.Args{}, nil, []string{"SCAN audit_events USING INDEX auditevent_created_at"}, "TEMP B-TREE"},
		{"the last", page.Args{Last: new(5)}, nil, []string{"SCAN audit_events USING INDEX auditevent_created_at"}, "TEMP B-TREE"},
		{"after", page.Args{After: &cursor}, nil, []string{"USING INDEX auditevent_created_at (created_at<?)"}, "TEMP B-TREE"},
		{"before", page.Args{Last: new(5), Before: &cursor}, nil, []string{"USING INDEX auditevent_created_at (created_at>?)"}, "TEMP B-TREE"},
		{"of a time", page.Args{}, &audit.Where{CreatedAt: since}, []string{"USING INDEX auditevent_created_at (created_at>?)"}, "TEMP B-TREE"},
		{"of a kind", page.Args{}, &audit.Where{Kinds: kinds[:1]}, []string{"USING INDEX auditevent_kind_created_at (kind=?)"}, "TEMP B-TREE"},
		{"of a kind and time", page.Args{}, &audit.Where{Kinds: kinds[:1], CreatedAt: since}, []string{"USING INDEX auditevent_kind_created_at (kind=? AND created_at>?)"}, "TEMP B-TREE"},
		{"of kinds, after", page.Args{After: &cursor}, &audit.Where{Kinds: kinds[:3]}, []string{"USING INDEX auditevent_kind_created_at (kind=? AND created_at<?)"}, "SCAN"},
		{"of a user", page.Args{}, &audit.Where{User: user}, []string{
			"USING INDEX auditevent_actor_id_created_at (actor_id=?)", "USING INDEX auditevent_subject_id_created_at (subject_id=?)",
		}, "SCAN"},
		{"of a user, after", page.Args{After: &cursor}, &audit.Where{User: user}, []string{
			"USING INDEX auditevent_actor_id_created_at (actor_id=? AND created_at<?)", "USING INDEX auditevent_subject_id_created_at (subject_id=? AND created_at<?)",
		}, "SCAN"},
		{"of a user and a kind", page.Args{}, &audit.Where{User: user, Kinds: kinds[:1]}, []string{
			"USING INDEX auditevent_actor_id_created_at (actor_id=?)", "USING INDEX auditevent_subject_id_created_at (subject_id=?)",
		}, "SCAN"},
		{"of a user, kinds and a time", page.Args{}, &audit.Where{User: user, Kinds: kinds, CreatedAt: since}, []string{
			"USING INDEX auditevent_actor_id_created_at (actor_id=? AND created_at>?)", "USING INDEX auditevent_subject_id_created_at (subject_id=? AND created_at>?)",
		}, "SCAN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.selects()
			if _, err := w.Events(staff(t), tt.args, tt.where, page.Fields{"nodes": nil}); err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, query := range w.selects() {
				steps = append(steps, w.explain(t, query))
			}
			plan := strings.Join(steps, "\n")
			for _, want := range tt.want {
				if !strings.Contains(plan, want) {
					t.Errorf("want %q, but the plan is\n%s", want, plan)
				}
			}
			if strings.Contains(plan, tt.not) {
				t.Errorf("want no %q, but the plan is\n%s", tt.not, plan)
			}
		})
	}
}

// A database that does not answer is an internal error.
func TestBrokenDatabase(t *testing.T) {
	w := build(t)
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := w.Events(staff(t), page.Args{}, nil, selecting())
	wantCode(t, err, fault.Internal)
	_, err = w.EventsByID(staff(t), []int64{1}, nil)
	wantCode(t, err, fault.Internal)
	_, err = w.FlushExpired(t.Context())
	wantCode(t, err, fault.Internal)
	if fmt.Sprint(err) == "" {
		t.Error("it does not say what broke")
	}
}
