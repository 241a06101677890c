package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

func wantInvalidCredentials(t tester, err error) {
	t.Helper()
	wantRefused(t, err, fault.InvalidCredentials, "", "No active account found with the given credentials")
}

func TestObtain(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	now, second := noon.Truncate(time.Millisecond), noon.Truncate(time.Second)

	ctx := auth.WithClient(t.Context(), auth.Client{IPAddress: "192.0.2.1", UserAgent: "test/1.0"})
	tokens, err := w.Obtain(ctx, "ada", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	s := w.session(t, *tokens.Refresh)
	if s.UserID != u.ID || s.Generation != 1 || s.RevokedAt != nil || s.RevokedBecause != nil {
		t.Errorf("session %v", s)
	}
	for name, times := range map[string][2]time.Time{
		"created":   {s.CreatedAt, now},
		"last used": {s.LastUsedAt, now},
		"rotated":   {s.RotatedAt, now},
		"expires":   {s.ExpiresAt, second.Add(24 * time.Hour)},
		"ends":      {s.EndsAt, second.Add(30 * 24 * time.Hour)},

		"access token expires":  {tokens.AccessExpiresAt, second.Add(5 * time.Minute)},
		"refresh token expires": {tokens.RefreshExpiresAt, second.Add(24 * time.Hour)},
	} {
		if !times[0].Equal(times[1]) || times[0].Location() != time.UTC {
			t.Errorf("%s %v, want %v", name, times[0], times[1])
		}
	}
	if s.IPAddress == nil || *s.IPAddress != "192.0.2.1" || s.UserAgent == nil || *s.UserAgent != "test/1.0" {
		t.Errorf("session from %v, %v", s.IPAddress, s.UserAgent)
	}
	if got, want := w.claims(t, *tokens.Refresh), (token.Claims{
		Type: token.Refresh, ID: token.RefreshID(s.ID, 1), UserID: u.ID, SessionID: s.ID, Generation: 1,
		IssuedAt: second, ExpiresAt: second.Add(24 * time.Hour),
	}); got != want {
		t.Errorf("refresh token %+v, want %+v", got, want)
	}
	access := w.claims(t, tokens.Access)
	if len(access.ID) != 32 {
		t.Errorf("access token's id %q", access.ID)
	}
	access.ID = ""
	if want := (token.Claims{
		Type: token.Access, UserID: u.ID, SessionID: s.ID, IssuedAt: second, ExpiresAt: second.Add(5 * time.Minute),
	}); access != want {
		t.Errorf("access token %+v, want %+v", access, want)
	}
	stored := w.db.Read.User.GetX(t.Context(), u.ID)
	if stored.LastLogin == nil || !stored.LastLogin.Equal(now) || tokens.User.LastLogin == nil || !tokens.User.LastLogin.Equal(now) {
		t.Errorf("last login %v, answered %v; want %v", stored.LastLogin, tokens.User.LastLogin, now)
	}
	if again := w.obtain(t, "ada"); w.claims(t, again.Access).SessionID == s.ID || again.Access == tokens.Access {
		t.Error("two sign-ins share a session or an access token")
	}
}

func TestObtainByEitherNameInAnyCase(t *testing.T) {
	w := build(t)
	u := w.register(t, "Ada")
	for _, name := range []string{"Ada", "ada", "ADA", " ada\n", "ａｄａ", "ada@example.org", "ADA@EXAMPLE.ORG"} {
		if tokens := w.obtain(t, name); tokens.User.ID != u.ID {
			t.Errorf("%q signs in user %d", name, tokens.User.ID)
		}
	}
}

func TestObtainRefusesAllAlike(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	w.registerStaff(t, "root")
	inactive := w.register(t, "inactive")
	if _, err := w.Update(t.Context(), inactive.ID, account.UserChanges{IsActive: set(false)}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, username, password string }{
		{"wrong password", "ada", "wrong horse battery"},
		{"wrong case", "ada", strings.ToUpper(goodPassword)},
		{"trimmed password", "ada", " " + goodPassword},
		{"no password", "ada", ""},
		{"unknown user", "nobody", goodPassword},
		{"unknown user without password", "nobody", ""}, // the stand-in's own
		{"inactive user", "inactive", goodPassword},
		{"inactive user without password", "inactive", ""},
		{"no user", "", goodPassword},
		{"NUL in the name", "ada\x00", goodPassword},
		{"name not UTF-8", "ada\xff", goodPassword},
		{"endless password", "ada", strings.Repeat("x", 100_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tokens, err := w.Obtain(t.Context(), tt.username, tt.password)
			wantInvalidCredentials(t, err)
			if tokens != nil {
				t.Error("tokens with a refusal")
			}
		})
	}
	if n := w.db.Read.Session.Query().CountX(t.Context()); n != 0 {
		t.Errorf("%d sessions", n)
	}
	if u := w.db.Read.User.GetX(t.Context(), inactive.ID); u.LastLogin != nil {
		t.Error("a refused sign-in counts as the last")
	}
}

// What happens to an account while its password is being checked counts.
func TestObtainLooksAgainBeforeItBegins(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	w.registerStaff(t, "root")
	w.clock.before = func() { // after the password was found right
		if _, err := w.Update(t.Context(), u.ID, account.UserChanges{IsActive: set(false)}); err != nil {
			t.Error(err)
		}
	}
	_, err := w.Obtain(t.Context(), "ada", goodPassword)
	wantInvalidCredentials(t, err)

	if _, err := w.Update(t.Context(), u.ID, account.UserChanges{IsActive: set(true)}); err != nil {
		t.Fatal(err)
	}
	w.clock.before = func() {
		if _, err := w.SetPassword(t.Context(), "ada", "another good one"); err != nil {
			t.Error(err)
		}
	}
	_, err = w.Obtain(t.Context(), "ada", goodPassword)
	wantInvalidCredentials(t, err)
	if n := w.db.Read.Session.Query().CountX(t.Context()); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestObtainRenewsHashesOfOtherParameters(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	stronger := over(t, w.db, w.ran, w.clock, func(s *account.Settings, _ *token.Settings) { s.Hashing.Passes = 2 })

	if _, err := stronger.Obtain(t.Context(), "ada", "wrong horse battery"); err == nil {
		t.Fatal("a wrong password signs in")
	}
	if hash := w.db.Read.User.GetX(t.Context(), u.ID).PasswordHash; hash != u.PasswordHash {
		t.Error("a wrong password renews the hash")
	}
	var group sync.WaitGroup
	for range 8 { // one renews the hash under the others' hands
		group.Go(func() {
			if _, err := stronger.Obtain(t.Context(), "ada", goodPassword); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	renewed := w.db.Read.User.GetX(t.Context(), u.ID).PasswordHash
	if !strings.Contains(renewed, ",t=2,") {
		t.Errorf("hash %.30s…; want two passes", renewed)
	}
	stronger.obtain(t, "ada")
	if again := w.db.Read.User.GetX(t.Context(), u.ID).PasswordHash; again != renewed {
		t.Error("the hash was renewed without need")
	}
}

func TestObtainEndsTheOldestSessions(t *testing.T) {
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.SessionsPerUser = 3 })
	w.register(t, "ada")
	w.register(t, "grace")
	other := w.obtain(t, "grace")
	var all []*account.Tokens
	for range 5 {
		all = append(all, w.obtain(t, "ada"))
		w.clock.pass(time.Minute)
	}
	for i, tokens := range all {
		s := w.session(t, *tokens.Refresh)
		if i < 2 {
			if s.RevokedAt == nil || s.RevokedBecause == nil || *s.RevokedBecause != session.RevokedBecauseTooMany {
				t.Errorf("session %d was revoked because %v", i, s.RevokedBecause)
			}
			_, err := w.Refresh(t.Context(), tokens.Refresh)
			wantInvalidToken(t, err, token.Revoked)
		} else if s.RevokedAt != nil {
			t.Errorf("session %d was revoked", i)
		}
	}
	if s := w.session(t, *other.Refresh); s.RevokedAt != nil {
		t.Error("another user's session was revoked")
	}

	// Of sessions that are over already, none is counted.
	w.clock.pass(25 * time.Hour)
	kept := w.obtain(t, "ada")
	w.obtain(t, "ada")
	w.obtain(t, "ada")
	if s := w.session(t, *kept.Refresh); s.RevokedAt != nil {
		t.Error("an expired session takes a live one's place")
	}
	if s := w.session(t, *all[4].Refresh); s.RevokedAt != nil {
		t.Error("an expired session was revoked to make room")
	}

	// A clock that was set back must not make the newest session the oldest.
	w.clock.pass(-time.Hour)
	newest := w.obtain(t, "ada")
	w.clock.pass(time.Hour)
	if s := w.session(t, *newest.Refresh); s.RevokedAt != nil {
		t.Error("the new session was revoked at once")
	}
	if s := w.session(t, *kept.Refresh); s.RevokedAt == nil {
		t.Error("the oldest session was kept")
	}

	if s := w.session(t, *all[4].Refresh); s.RevokedAt != nil {
		t.Error("an expired session was revoked with the oldest live one")
	}

	// A limit that was lowered is reached at the next sign-in.
	lower := over(t, w.db, w.ran, w.clock, func(s *account.Settings, _ *token.Settings) { s.SessionsPerUser = 1 })
	lower.obtain(t, "ada")
	live := w.db.Read.Session.Query().
		Where(session.UserID(kept.User.ID), session.RevokedAtIsNil(), session.ExpiresAtGT(w.clock.now())).
		CountX(t.Context())
	if live != 1 {
		t.Errorf("%d live sessions, want 1", live)
	}
}

// A session that is kept alive does not give way because later ones have expired.
func TestExpiredSessionsTakeNoPlace(t *testing.T) {
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.SessionsPerUser = 2 })
	w.register(t, "ada")
	kept := w.obtain(t, "ada")
	w.obtain(t, "ada")
	w.clock.pass(23 * time.Hour)
	kept = w.refresh(t, kept.Refresh)
	w.clock.pass(2 * time.Hour)
	w.obtain(t, "ada")
	if s := w.session(t, *kept.Refresh); s.RevokedAt != nil {
		t.Error("the session gave way to an expired one")
	}
}

func TestObtainKeepsTheUserAgentWithinBounds(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	for _, tt := range []struct {
		name, sent string
		want       *string
	}{
		{"none", "", nil},
		{"just right", strings.Repeat("x", 512), ptr(strings.Repeat("x", 512))},
		{"too long", strings.Repeat("x", 513), ptr(strings.Repeat("x", 512))},
		{"cut before a character", strings.Repeat("x", 510) + "€", ptr(strings.Repeat("x", 510))},
		{"not UTF-8", "a\xffb\xc3", ptr("ab")},
		{"only bytes that are not", "\xff\xfe", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tokens, err := w.Obtain(auth.WithClient(t.Context(), auth.Client{UserAgent: tt.sent}), "ada", goodPassword)
			if err != nil {
				t.Fatal(err)
			}
			s := w.session(t, *tokens.Refresh)
			if got := s.UserAgent; (got == nil) != (tt.want == nil) || got != nil && (*got != *tt.want || !utf8.ValidString(*got)) {
				t.Errorf("kept %v, want %v", got, tt.want)
			}
			if s.IPAddress != nil {
				t.Errorf("address %q out of nowhere", *s.IPAddress)
			}
		})
	}
}

// An error is never a door, nor a leak.
func TestObtainWithABrokenHash(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	w.write(t, func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(u.ID).SetPasswordHash("$argon2id$broken-secret").Exec(t.Context())
	})
	_, err := w.Obtain(t.Context(), "ada", goodPassword)
	if fault.CodeOf(err) != fault.Internal {
		t.Fatalf("error %v; want an internal one", err)
	}
	if text := err.Error(); strings.Contains(text, "secret") || strings.Contains(text, goodPassword) {
		t.Errorf("the error tells too much: %s", text)
	}
}

func slowHashing(s *account.Settings, _ *token.Settings) {
	s.Hashing = account.Hashing{MemoryKiB: 64 * 1024, Passes: 4, Workers: 1, Queue: 1}
}

func TestHashingIsBounded(t *testing.T) {
	w := build(t, slowHashing)
	const callers = 8
	errs := make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			if i%2 == 0 {
				_, errs[i] = w.Obtain(t.Context(), "nobody", goodPassword)
			} else {
				_, errs[i] = w.Register(t.Context(), account.Registration{
					Username: fmt.Sprint("user", i), Email: fmt.Sprint(i, "@example.org"), Password: goodPassword,
				})
			}
		})
	}
	group.Wait()
	limited := 0
	for _, err := range errs {
		if fault.CodeOf(err) != fault.RateLimited {
			continue
		}
		limited++
		wantRefused(t, err, fault.RateLimited, "", "The server is busy; try again shortly.")
		var refused *fault.Error
		if errors.As(err, &refused) && refused.RetryAfter != time.Second {
			t.Errorf("retry after %v", refused.RetryAfter)
		}
	}
	if limited == 0 || limited == callers {
		t.Errorf("%d of %d were refused; want those beyond worker and queue", limited, callers)
	}
	_, err := w.Obtain(t.Context(), "nobody", goodPassword)
	wantInvalidCredentials(t, err) // the queue is empty again
}

func TestWaitingToHashCanBeGivenUp(t *testing.T) {
	w := build(t, slowHashing)
	var group sync.WaitGroup
	defer group.Wait()
	w.ran.take()
	group.Go(func() { _, _ = w.Obtain(t.Context(), "nobody", goodPassword) })
	for !strings.Contains(strings.Join(w.ran.take(), ""), "`users`") { // it has yet to look for the user
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // long enough to take the one worker, too short to be done
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := w.Obtain(ctx, "nobody", goodPassword); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v; want that of the context", err)
	}
}
