package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

func TestAuthenticate(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	root := w.registerStaff(t, "root")
	tokens := w.obtain(t, "ada")
	w.ran.take()
	viewer, err := w.Authenticate(t.Context(), tokens.Access)
	if err != nil {
		t.Fatal(err)
	}
	if selects, writes := count(w.ran.take()); selects != 1 || writes != 0 {
		t.Errorf("%d SELECTs and %d writes; want one SELECT", selects, writes)
	}
	same(t, "user", viewer.UserID, u.ID)
	same(t, "session", viewer.SessionID, w.claims(t, tokens.Access).SessionID)
	same(t, "staff", viewer.IsStaff, false)
	record, ok := viewer.Record.(*ent.User)
	if !ok || record.Username != "ada" || record.PasswordHash != u.PasswordHash || !record.DateJoined.Equal(u.DateJoined) {
		t.Errorf("record %v; want the whole account", viewer.Record)
	}
	viewer, err = w.Authenticate(t.Context(), w.obtain(t, "root").Access)
	if err != nil || !viewer.IsStaff || viewer.UserID != root.ID {
		t.Errorf("viewer %+v, %v; want staff", viewer, err)
	}
}

func TestAuthenticateRefusals(t *testing.T) {
	w := build(t, func(s *account.Settings, ts *token.Settings) {
		s.SessionLifetime = 24 * time.Hour
		s.AccessLifetime = 24 * time.Hour
		ts.Leeway = time.Minute
	})
	ctx := t.Context()
	w.register(t, "ada")
	w.register(t, "grace")
	w.registerStaff(t, "root")
	tokens := w.obtain(t, "ada")
	claims := w.claims(t, tokens.Access)

	refused := func(name, raw string, reason token.Reason) {
		t.Helper()
		viewer, err := w.Authenticate(ctx, raw)
		if err == nil || viewer.SignedIn() {
			t.Errorf("%s: accepted as %+v", name, viewer)
			return
		}
		wantReason(t, err, reason)
	}
	with := func(change func(*token.Claims)) string {
		changed := claims
		change(&changed)
		return w.sign(t, changed)
	}
	refused("garbage", "x", token.Invalid)
	refused("refresh token", *tokens.Refresh, token.WrongType)
	refused("no session", with(func(c *token.Claims) { c.SessionID = 0 }), token.Invalid)
	refused("unknown session", with(func(c *token.Claims) { c.SessionID = 7 }), token.Revoked)
	refused("another's session", with(func(c *token.Claims) { c.UserID = 2 }), token.Revoked)
	refused("unknown user", with(func(c *token.Claims) { c.UserID = 99 }), token.UserNotFound)

	w.clock.set(claims.ExpiresAt)
	refused("session at its end", tokens.Access, token.SessionExpired)
	w.clock.set(claims.ExpiresAt.Add(time.Minute))
	refused("expired", tokens.Access, token.Expired)
	w.clock.set(noon)

	if _, err := w.Update(ctx, 1, account.UserChanges{IsActive: set(false)}); err != nil {
		t.Fatal(err)
	}
	refused("inactive user", tokens.Access, token.UserInactive)
	if _, err := w.Update(ctx, 1, account.UserChanges{IsActive: set(true)}); err != nil {
		t.Fatal(err)
	}
	refused("session from before the deactivation", tokens.Access, token.Revoked)

	tokens = w.obtain(t, "ada")
	w.write(t, func(tx *ent.Tx) error {
		return tx.Session.DeleteOneID(w.claims(t, tokens.Access).SessionID).Exec(ctx)
	})
	refused("deleted session", tokens.Access, token.Revoked)

	tokens = w.obtain(t, "ada")
	w.write(t, func(tx *ent.Tx) error { return tx.User.DeleteOneID(1).Exec(ctx) })
	refused("deleted user", tokens.Access, token.UserNotFound)

	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := w.Authenticate(canceled, w.obtain(t, "grace").Access); fault.CodeOf(err) != fault.Internal {
		t.Errorf("a database that does not answer: %v", err)
	}
}

// An access token outlives its refresh token's rotation.
func TestAccessTokenAfterRefresh(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	w.refresh(t, tokens.Refresh)
	if _, err := w.Authenticate(t.Context(), tokens.Access); err != nil {
		t.Error(err)
	}
}

func TestMe(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	ctx := w.as(t, tokens.Access)
	w.ran.take()
	for range 3 {
		me, err := w.Me(ctx)
		if err != nil || me.ID != u.ID || me.Email != "ada@example.org" {
			t.Fatalf("me %v, %v", me, err)
		}
	}
	if selects, _ := count(w.ran.take()); selects != 1 {
		t.Errorf("%d SELECTs, want 1", selects)
	}
	_, err := w.Me(t.Context())
	wantRefused(t, err, fault.Unauthenticated, token.NotAuthenticated, "Authentication credentials were not provided.")
	_, err = w.Me(w.as(t, *tokens.Refresh))
	wantRefused(t, err, fault.Unauthenticated, token.WrongType, "Given token not valid for any token type")

	anonymous := func(context.Context, string) (auth.Viewer, error) { return auth.Viewer{UserID: 1}, nil }
	_, err = w.Me(auth.WithAuthorization(t.Context(), "Bearer x", anonymous))
	same(t, "a viewer of somebody else's making", fault.CodeOf(err), fault.Internal)
}

func TestUsersByID(t *testing.T) {
	w := build(t)
	ada, grace, root := w.register(t, "ada"), w.register(t, "grace"), w.registerStaff(t, "root")
	ids := []int64{ada.ID, grace.ID, root.ID, 999, ada.ID}
	see := func(ctx context.Context, ids []int64) []int64 {
		t.Helper()
		users, err := w.UsersByID(ctx, ids)
		if err != nil {
			t.Fatal(err)
		}
		seen := []int64{}
		for _, id := range []int64{ada.ID, grace.ID, root.ID} {
			if u := users[id]; u != nil && u.ID == id {
				seen = append(seen, id)
			}
		}
		same(t, "users answered", len(users), len(seen))
		return seen
	}
	if seen := see(t.Context(), ids); len(seen) != 0 {
		t.Errorf("anonymous sees %v", seen)
	}
	asAda := w.as(t, w.obtain(t, "ada").Access)
	if seen := see(asAda, ids); len(seen) != 1 || seen[0] != ada.ID {
		t.Errorf("a user sees %v", seen)
	}
	if seen := see(asAda, []int64{grace.ID}); len(seen) != 0 {
		t.Errorf("a user sees %v", seen)
	}
	asRoot := w.as(t, w.obtain(t, "root").Access)
	if seen := see(asRoot, ids); len(seen) != 3 {
		t.Errorf("staff sees %v", seen)
	}
	if seen := see(asRoot, nil); len(seen) != 0 {
		t.Errorf("nobody was asked for, but %v", seen)
	}
}
