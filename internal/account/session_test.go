package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

func TestSessions(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	w.register(t, "grace")
	expired := w.obtain(t, "ada")
	w.clock.pass(23 * time.Hour)
	a := w.obtain(t, "ada")
	b := w.obtain(t, "ada") // at the same moment
	revoked := w.obtain(t, "ada")
	if _, err := w.Revoke(t.Context(), revoked.Refresh); err != nil {
		t.Fatal(err)
	}
	w.obtain(t, "grace")
	w.clock.pass(time.Hour) // the first one's refresh token expires
	c := w.obtain(t, "ada")
	w.clock.pass(time.Second)

	order := func(want ...string) {
		t.Helper()
		sessions, err := w.Sessions(w.as(t, c.Access))
		if err != nil {
			t.Fatal(err)
		}
		if len(sessions) != len(want) {
			t.Fatalf("%d sessions, want %d", len(sessions), len(want))
		}
		for i, raw := range want {
			if sessions[i].ID != w.claims(t, raw).SessionID {
				t.Errorf("session %d comes at place %d", sessions[i].ID, i)
			}
		}
	}
	order(c.Access, b.Access, a.Access)
	w.refresh(t, a.Refresh)
	order(a.Access, c.Access, b.Access)

	_, err := w.Sessions(t.Context())
	wantRefused(t, err, fault.Unauthenticated, token.NotAuthenticated, "Authentication credentials were not provided.")
	_ = expired
}

// Times are kept in UTC whatever the clock says; as text, which they are to SQLite, others would not compare.
func TestClockOfAnotherTimeZone(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	w.clock.set(noon.In(time.FixedZone("far east", 14*60*60)))
	first := w.obtain(t, "ada")
	w.clock.set(noon.Add(24*time.Hour - 2*time.Second).In(time.FixedZone("far west", -12*60*60)))
	if sessions, err := w.Sessions(w.as(t, w.obtain(t, "ada").Access)); err != nil || len(sessions) != 2 {
		t.Errorf("%d sessions, %v; want 2", len(sessions), err)
	}
	w.refresh(t, first.Refresh)
	s := w.session(t, *first.Refresh)
	for _, at := range []time.Time{s.CreatedAt, s.LastUsedAt, s.RotatedAt, s.ExpiresAt, s.EndsAt, *w.db.Read.User.GetX(t.Context(), u.ID).LastLogin} {
		same(t, "zone", at.Location(), time.UTC)
	}
}

func TestSessionsByID(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	w.register(t, "grace")
	w.registerStaff(t, "root")
	ada, gone, grace, root := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "grace"), w.obtain(t, "root")
	if _, err := w.Revoke(t.Context(), gone.Refresh); err != nil {
		t.Fatal(err)
	}
	id := func(raw string) int64 { return w.claims(t, raw).SessionID }
	ids := []int64{id(ada.Access), id(gone.Access), id(grace.Access), id(root.Access), 1}
	for _, tt := range []struct {
		name string
		ctx  context.Context
		ids  []int64
		want []int64
	}{
		{"anonymous", t.Context(), ids, nil},
		{"owner", w.as(t, ada.Access), ids, []int64{id(ada.Access)}},
		{"staff", w.as(t, root.Access), ids, []int64{id(ada.Access), id(grace.Access), id(root.Access)}},
		{"nothing asked", w.as(t, root.Access), nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sessions, err := w.SessionsByID(tt.ctx, tt.ids)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "sessions seen", len(sessions), len(tt.want))
			for _, id := range tt.want {
				if sessions[id] == nil || sessions[id].ID != id {
					t.Errorf("session %d is missing", id)
				}
			}
		})
	}
}

func TestVerify(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	first := w.obtain(t, "ada")
	next := w.refresh(t, first.Refresh)
	for name, raw := range map[string]string{
		"access token":            first.Access,
		"current refresh token":   *next.Refresh,
		"its parent in the grace": *first.Refresh,
		"access token once more":  next.Access,
	} {
		t.Run(name, func(t *testing.T) {
			v, err := w.Verify(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			claims := w.claims(t, raw)
			if !v.IsValid || v.Reason != nil || v.TokenType == nil || *v.TokenType != claims.Type ||
				v.ExpiresAt == nil || !v.ExpiresAt.Equal(claims.ExpiresAt) || v.User == nil || v.User.ID != u.ID {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

func TestVerifySaysWhyNot(t *testing.T) {
	w := build(t, func(_ *account.Settings, ts *token.Settings) { ts.Leeway = time.Minute })
	ctx := t.Context()
	ada := w.register(t, "ada")
	w.registerStaff(t, "root")
	first := w.obtain(t, "ada")
	invalid := func(name, raw string, reason token.Reason) {
		t.Helper()
		v, err := w.Verify(ctx, raw)
		if err != nil {
			t.Fatal(err)
		}
		if v.IsValid || v.Reason == nil || *v.Reason != reason || v.TokenType != nil || v.ExpiresAt != nil || v.User != nil {
			t.Errorf("%s: verdict %+v; want only the reason %s", name, v, reason)
		}
	}
	with := func(raw string, change func(*token.Claims)) string {
		claims := w.claims(t, raw)
		change(&claims)
		return w.sign(t, claims)
	}
	invalid("garbage", "x", token.Invalid)
	invalid("access token without session", with(first.Access, func(c *token.Claims) { c.SessionID = 0 }), token.Invalid)
	invalid("refresh token without generation", with(*first.Refresh, func(c *token.Claims) { c.Generation = 0 }), token.Invalid)
	invalid("unknown user", with(first.Access, func(c *token.Claims) { c.UserID = 99 }), token.UserNotFound)
	invalid("unknown session", with(first.Access, func(c *token.Claims) { c.SessionID++ }), token.Revoked)
	invalid("generation ahead", with(*first.Refresh, func(c *token.Claims) { c.Generation++ }), token.Revoked)

	next := w.refresh(t, first.Refresh)
	w.clock.pass(11 * time.Second)
	w.ran.take()
	invalid("spent token after the grace", *first.Refresh, token.Reused)
	invalid("spent token again", *first.Refresh, token.Reused)
	if selects, writes := count(w.ran.take()); selects != 2 || writes != 0 {
		t.Errorf("%d SELECTs and %d writes for two questions", selects, writes)
	}
	if s := w.session(t, *first.Refresh); s.RevokedAt != nil {
		t.Error("asking revoked the session")
	}

	w.clock.pass(6 * time.Minute)
	invalid("expired access token", next.Access, token.Expired)
	if _, err := w.Revoke(ctx, next.Refresh); err != nil {
		t.Fatal(err)
	}
	invalid("revoked session", *next.Refresh, token.Revoked)

	last := w.obtain(t, "ada")
	for range 29 { // to the day before the end
		w.clock.pass(24*time.Hour - time.Second)
		last = w.refresh(t, last.Refresh)
	}
	w.clock.pass(24*time.Hour - time.Second)
	last = w.refresh(t, last.Refresh)
	w.clock.set(last.RefreshExpiresAt)
	invalid("session at its end", *last.Refresh, token.SessionExpired)
	invalid("session at its end", last.Access, token.SessionExpired)

	last = w.obtain(t, "ada")
	w.write(t, func(tx *ent.Tx) error { return tx.User.UpdateOneID(ada.ID).SetIsActive(false).Exec(ctx) })
	invalid("inactive user", last.Access, token.UserInactive)
	w.write(t, func(tx *ent.Tx) error { return tx.User.DeleteOneID(ada.ID).Exec(ctx) })
	invalid("deleted user", *last.Refresh, token.UserNotFound)

	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if v, err := w.Verify(canceled, last.Access); err == nil {
		t.Errorf("a database that does not answer: %+v", v)
	}
}
