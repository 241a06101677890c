package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// same holds two things against each other that must be equal.
func same[T comparable](t tester, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// wantRevoked expects a token's session to have been revoked for that.
func (w *world) wantRevoked(t *testing.T, raw string, because session.RevokedBecause) {
	t.Helper()
	s := w.session(t, raw)
	if s.RevokedAt == nil || s.RevokedBecause == nil || *s.RevokedBecause != because {
		t.Errorf("session revoked at %v because %v; want %v", s.RevokedAt, s.RevokedBecause, because)
	}
}

func TestRefresh(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	first := w.obtain(t, "ada")
	before := w.session(t, *first.Refresh)

	w.clock.pass(3*time.Minute + 500*time.Millisecond)
	now := w.clock.now().Truncate(time.Millisecond)
	second := now.Truncate(time.Second)
	next := w.refresh(t, first.Refresh)

	s := w.session(t, *next.Refresh)
	same(t, "session", s.ID, before.ID)
	same(t, "generation", s.Generation, 2)
	same(t, "created", s.CreatedAt, before.CreatedAt)
	same(t, "last used", s.LastUsedAt, now)
	same(t, "rotated", s.RotatedAt, now)
	same(t, "expires", s.ExpiresAt, second.Add(24*time.Hour))
	same(t, "ends", s.EndsAt, before.EndsAt)
	same(t, "refresh token", w.claims(t, *next.Refresh), token.Claims{
		Type: token.Refresh, ID: token.RefreshID(s.ID, 2), UserID: u.ID, SessionID: s.ID, Generation: 2,
		IssuedAt: second, ExpiresAt: second.Add(24 * time.Hour),
	})
	same(t, "access expiry", next.AccessExpiresAt, second.Add(5*time.Minute))
	same(t, "refresh expiry", next.RefreshExpiresAt, second.Add(24*time.Hour))
	same(t, "user", next.User.Username, "ada")
	if w.claims(t, next.Access).ID == w.claims(t, first.Access).ID {
		t.Error("the access token is not a fresh one")
	}
	same(t, "last login", *w.db.Read.User.GetX(t.Context(), u.ID).LastLogin, noon.Truncate(time.Millisecond))
}

func TestRefreshRefusals(t *testing.T) {
	w := build(t, func(s *account.Settings, ts *token.Settings) {
		s.SessionLifetime = 47 * time.Hour
		ts.Leeway = time.Minute
	})
	ctx := t.Context()
	w.register(t, "ada")
	w.registerStaff(t, "root")

	_, err := w.Refresh(ctx, nil)
	wantRefused(t, err, fault.BadUserInput, "", `The argument "refresh" is required.`)

	tokens := w.obtain(t, "ada")
	for _, garbage := range []string{"", "x", "a.b.c", *tokens.Refresh + "x", strings.Repeat("x", 1<<20)} {
		_, err = w.Refresh(ctx, &garbage)
		wantInvalidToken(t, err, token.Invalid)
	}
	_, err = w.Refresh(ctx, &tokens.Access)
	wantInvalidToken(t, err, token.WrongType)

	claims := w.claims(t, *tokens.Refresh)
	for name, change := range map[string]func(*token.Claims){
		"no session":    func(c *token.Claims) { c.SessionID = 0 },
		"no generation": func(c *token.Claims) { c.Generation = 0 },
	} {
		changed := claims
		change(&changed)
		raw := w.sign(t, changed)
		if _, err := w.Refresh(ctx, &raw); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			wantInvalidToken(t, err, token.Invalid)
		}
	}
	for reason, change := range map[token.Reason]func(*token.Claims){
		token.UserNotFound: func(c *token.Claims) { c.UserID = 999 },
		token.Revoked:      func(c *token.Claims) { c.SessionID++ },
	} {
		changed := claims
		change(&changed)
		raw := w.sign(t, changed)
		_, err := w.Refresh(ctx, &raw)
		wantInvalidToken(t, err, reason)
	}
	// Another user's session is no session.
	other := claims
	other.UserID = 2
	raw := w.sign(t, other)
	_, err = w.Refresh(ctx, &raw)
	wantInvalidToken(t, err, token.Revoked)

	// A generation that the session has not reached.
	ahead := claims
	ahead.Generation++
	raw = w.sign(t, ahead)
	_, err = w.Refresh(ctx, &raw)
	wantInvalidToken(t, err, token.Revoked)
	if s := w.session(t, *tokens.Refresh); s.Generation != 1 || s.RevokedAt != nil {
		t.Errorf("refusals left the session as %v", s)
	}

	// The refresh token's end, and a moment before.
	w.clock.set(tokens.RefreshExpiresAt.Add(time.Minute)) // the leeway
	_, err = w.Refresh(ctx, tokens.Refresh)
	wantInvalidToken(t, err, token.Expired)
	w.clock.set(tokens.RefreshExpiresAt.Add(-time.Millisecond))
	tokens = w.refresh(t, tokens.Refresh)

	// The session's end, which comes first here: the leeway is for tokens.
	w.clock.set(tokens.RefreshExpiresAt)
	_, err = w.Refresh(ctx, tokens.Refresh)
	wantInvalidToken(t, err, token.SessionExpired)
	_, err = w.Authenticate(ctx, tokens.Access)
	wantReason(t, err, token.Expired)
	w.clock.set(tokens.RefreshExpiresAt.Add(-time.Millisecond))
	tokens = w.refresh(t, tokens.Refresh)

	// Inactive beats revoked, and unknown beats all.
	if _, err := w.Update(ctx, 1, account.UserChanges{IsActive: set(false)}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Refresh(ctx, tokens.Refresh)
	wantInvalidToken(t, err, token.UserInactive)
	w.write(t, func(tx *ent.Tx) error { return tx.User.DeleteOneID(1).Exec(ctx) })
	_, err = w.Refresh(ctx, tokens.Refresh)
	wantInvalidToken(t, err, token.UserNotFound)
}

func TestLifetimesEndWithTheSession(t *testing.T) {
	w := build(t, func(s *account.Settings, _ *token.Settings) {
		s.AccessLifetime, s.RefreshLifetime, s.SessionLifetime = 10*time.Minute, 20*time.Minute, 25*time.Minute
	})
	w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	end := noon.Truncate(time.Second).Add(25 * time.Minute)
	w.clock.pass(18 * time.Minute)
	tokens = w.refresh(t, tokens.Refresh)
	same(t, "refresh expiry", tokens.RefreshExpiresAt, end)
	same(t, "access expiry", tokens.AccessExpiresAt, end)
	same(t, "claimed refresh expiry", w.claims(t, *tokens.Refresh).ExpiresAt, end)
	same(t, "claimed access expiry", w.claims(t, tokens.Access).ExpiresAt, end)
	same(t, "session expiry", w.session(t, *tokens.Refresh).ExpiresAt, end)

	w.clock.set(end)
	_, err := w.Refresh(t.Context(), tokens.Refresh)
	wantInvalidToken(t, err, token.Expired)
	_, err = w.Authenticate(t.Context(), tokens.Access)
	wantReason(t, err, token.Expired)
}

func TestGraceAnswersTheSameSuccessor(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	w.clock.pass(time.Minute)
	next := w.refresh(t, first.Refresh)
	rotated := w.session(t, *next.Refresh)

	w.clock.pass(10 * time.Second)
	again := w.refresh(t, first.Refresh)
	same(t, "refresh token", *again.Refresh, *next.Refresh)
	same(t, "refresh expiry", again.RefreshExpiresAt, next.RefreshExpiresAt)
	same(t, "access expiry", again.AccessExpiresAt, next.AccessExpiresAt.Add(10*time.Second))
	if again.Access == next.Access || again.User == nil {
		t.Error("the access token is not a fresh one, or the user is missing")
	}
	if s := w.session(t, *next.Refresh); s.Generation != 2 || !s.RotatedAt.Equal(rotated.RotatedAt) || !s.ExpiresAt.Equal(rotated.ExpiresAt) {
		t.Errorf("the session went on to %v", s)
	}

	// The window is that of the rotation; the second use has not moved it.
	w.clock.pass(time.Millisecond)
	_, err := w.Refresh(t.Context(), first.Refresh)
	wantInvalidToken(t, err, token.Reused)
	w.wantRevoked(t, *first.Refresh, session.RevokedBecauseReuse)
	_, err = w.Refresh(t.Context(), first.Refresh)
	wantInvalidToken(t, err, token.Revoked)
	_, err = w.Refresh(t.Context(), next.Refresh)
	wantInvalidToken(t, err, token.Revoked)
	_, err = w.Authenticate(t.Context(), next.Access)
	wantReason(t, err, token.Revoked)
}

func TestNoGraceOnceTheSuccessorIsUsed(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	second := w.refresh(t, first.Refresh)
	third := w.refresh(t, second.Refresh)
	same(t, "the parent's successor", *w.refresh(t, second.Refresh).Refresh, *third.Refresh)
	_, err := w.Refresh(t.Context(), first.Refresh)
	wantInvalidToken(t, err, token.Reused)
	w.wantRevoked(t, *third.Refresh, session.RevokedBecauseReuse)
}

func TestGraceOfNothing(t *testing.T) {
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.RefreshGrace = 0 })
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	w.refresh(t, first.Refresh)
	_, err := w.Refresh(t.Context(), first.Refresh)
	wantInvalidToken(t, err, token.Reused)
}

func TestRotationTimeNeverGoesBack(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	second := w.refresh(t, first.Refresh)
	rotated := noon.Truncate(time.Millisecond)

	w.clock.pass(-8 * time.Second)
	same(t, "successor while the clock is behind", *w.refresh(t, first.Refresh).Refresh, *second.Refresh)
	third := w.refresh(t, second.Refresh)
	s := w.session(t, *third.Refresh)
	same(t, "rotated", s.RotatedAt, rotated)
	same(t, "issued", w.claims(t, *third.Refresh).IssuedAt, rotated.Truncate(time.Second))
	same(t, "last used", s.LastUsedAt, rotated.Add(-8*time.Second))
	same(t, "successor again", *w.refresh(t, second.Refresh).Refresh, *third.Refresh)

	w.clock.set(rotated.Add(10 * time.Second))
	same(t, "successor at the end of the grace", *w.refresh(t, second.Refresh).Refresh, *third.Refresh)
	w.clock.pass(time.Millisecond)
	_, err := w.Refresh(t.Context(), second.Refresh)
	wantInvalidToken(t, err, token.Reused)
}

// A clock far behind is no way into the grace either.
func TestClockFarBehind(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	w.clock.pass(time.Hour)
	w.refresh(t, first.Refresh)
	w.clock.pass(-10*time.Second - time.Millisecond)
	_, err := w.Refresh(t.Context(), first.Refresh)
	wantInvalidToken(t, err, token.Reused)
}

func TestRefreshAfterTheDatabaseWasSetBack(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	second := w.refresh(t, first.Refresh)
	s := w.session(t, *first.Refresh)
	w.write(t, func(tx *ent.Tx) error {
		return tx.Session.UpdateOneID(s.ID).SetGeneration(1).Exec(t.Context())
	})
	_, err := w.Refresh(t.Context(), second.Refresh)
	wantInvalidToken(t, err, token.Revoked)
	if s := w.session(t, *first.Refresh); s.Generation != 1 || s.RevokedAt != nil {
		t.Errorf("session %v; want it untouched", s)
	}
}

// One SELECT reads, one UPDATE rotates, one INSERT records; a retry only reads.
func TestRefreshStatements(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	w.ran.take()
	w.refresh(t, first.Refresh)
	selects, writes := count(w.ran.take())
	same(t, "SELECTs of a refresh", selects, 1)
	same(t, "writes of a refresh", writes, 2)
	w.refresh(t, first.Refresh)
	selects, writes = count(w.ran.take())
	same(t, "SELECTs of a retry", selects, 1)
	same(t, "writes of a retry", writes, 0)
}

// count is how many of the statements read and how many write.
func count(statements []string) (selects, writes int) {
	for _, s := range statements {
		switch {
		case strings.Contains(s, "SELECT"):
			selects++
		case strings.Contains(s, "INSERT"), strings.Contains(s, "UPDATE"), strings.Contains(s, "DELETE"):
			writes++
		}
	}
	return selects, writes
}
