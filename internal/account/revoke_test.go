package account_test

import (
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

func TestRevoke(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	for name, prepare := range map[string]func(*account.Tokens) *string{
		"current": func(tokens *account.Tokens) *string { return tokens.Refresh },
		"spent":   func(tokens *account.Tokens) *string { w.refresh(t, tokens.Refresh); return tokens.Refresh },
		"spent long ago": func(tokens *account.Tokens) *string {
			w.refresh(t, w.refresh(t, tokens.Refresh).Refresh)
			w.clock.pass(time.Hour)
			return tokens.Refresh
		},
		"expired": func(tokens *account.Tokens) *string { w.clock.pass(25 * time.Hour); return tokens.Refresh },
	} {
		t.Run(name, func(t *testing.T) {
			other, tokens := w.obtain(t, "ada"), w.obtain(t, "ada")
			refresh := prepare(tokens)
			for i, want := range []bool{true, false, false} {
				revoked, err := w.Revoke(t.Context(), refresh)
				if err != nil || revoked != want {
					t.Errorf("call %d: %v, %v; want %v", i, revoked, err, want)
				}
			}
			w.wantRevoked(t, *refresh, session.RevokedBecauseRevoked)
			if s := w.session(t, *other.Refresh); s.RevokedAt != nil {
				t.Error("another session was revoked too")
			}
			if name != "expired" {
				_, err := w.Refresh(t.Context(), refresh)
				wantInvalidToken(t, err, token.Revoked)
			}
		})
	}
}

func TestRevokeOfWhatIsOver(t *testing.T) {
	w := build(t)
	ctx := t.Context()
	ada := w.register(t, "ada")
	w.registerStaff(t, "root")
	over := func(name string, refresh *string) {
		t.Helper()
		if revoked, err := w.Revoke(ctx, refresh); err != nil || revoked {
			t.Errorf("%s: %v, %v; want false", name, revoked, err)
		}
	}
	ended := w.obtain(t, "ada")
	w.clock.set(noon.Truncate(time.Second).Add(30 * 24 * time.Hour))
	over("ended", ended.Refresh)

	reused := w.obtain(t, "ada")
	w.refresh(t, reused.Refresh)
	w.clock.pass(time.Minute)
	_, err := w.Refresh(ctx, reused.Refresh)
	wantInvalidToken(t, err, token.Reused)
	over("revoked for reuse", reused.Refresh)
	w.wantRevoked(t, *reused.Refresh, session.RevokedBecauseReuse)

	inactive := w.obtain(t, "ada")
	if _, err := w.Update(ctx, ada.ID, account.UserChanges{IsActive: set(false)}); err != nil {
		t.Fatal(err)
	}
	over("user inactive", inactive.Refresh)

	root := w.obtain(t, "root")
	claims := w.claims(t, *root.Refresh)
	claims.UserID = ada.ID
	over("another's session", ptr(w.sign(t, claims)))

	w.write(t, func(tx *ent.Tx) error { return tx.User.DeleteOneID(ada.ID).Exec(ctx) })
	over("user deleted", inactive.Refresh)
}

func TestRevokeRefusals(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	_, err := w.Revoke(t.Context(), nil)
	wantRefused(t, err, fault.BadUserInput, "", `The argument "refresh" is required.`)
	_, err = w.Revoke(t.Context(), ptr("garbage"))
	wantInvalidToken(t, err, token.Invalid)
	_, err = w.Revoke(t.Context(), &tokens.Access)
	wantInvalidToken(t, err, token.WrongType)
	for _, change := range []func(*token.Claims){
		func(c *token.Claims) { c.SessionID = 0 },
		func(c *token.Claims) { c.Generation = 0 },
	} {
		claims := w.claims(t, *tokens.Refresh)
		change(&claims)
		_, err = w.Revoke(t.Context(), ptr(w.sign(t, claims)))
		wantInvalidToken(t, err, token.Invalid)
	}
	if s := w.session(t, *tokens.Refresh); s.RevokedAt != nil {
		t.Error("a refused call revoked the session")
	}
}

func TestSetPassword(t *testing.T) {
	w := build(t)
	ctx := t.Context()
	w.register(t, "ada")
	w.register(t, "grace")
	a, b, other := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "grace")

	_, err := w.SetPassword(ctx, "nobody", "another good one")
	wantRefused(t, err, fault.NotFound, "", "No such user.")
	_, err = w.SetPassword(ctx, "ada", "12345")
	wantMistakes(t, err, "password PASSWORD_TOO_SHORT", "password PASSWORD_TOO_COMMON", "password PASSWORD_ENTIRELY_NUMERIC")
	_, err = w.SetPassword(ctx, "ada", "Ada@Example.org")
	wantMistakes(t, err, "password PASSWORD_TOO_SIMILAR")
	if s := w.session(t, *a.Refresh); s.RevokedAt != nil {
		t.Error("a refused change revoked a session")
	}

	u, err := w.SetPassword(ctx, "ADA@example.org", "another good one")
	if err != nil || u.Username != "ada" {
		t.Fatalf("%v, %v", u, err)
	}
	w.wantRevoked(t, *a.Refresh, session.RevokedBecauseRevoked)
	w.wantRevoked(t, *b.Refresh, session.RevokedBecauseRevoked)
	if s := w.session(t, *other.Refresh); s.RevokedAt != nil {
		t.Error("another user's session was revoked")
	}
	_, err = w.Obtain(ctx, "ada", goodPassword)
	wantInvalidCredentials(t, err)
	if _, err := w.Obtain(ctx, "ada", "another good one"); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesSettingsThatMakeNoSense(t *testing.T) {
	w := build(t)
	good := account.Settings{
		AccessLifetime: time.Minute, RefreshLifetime: time.Minute, SessionLifetime: time.Minute, SessionsPerUser: 1,
		Guard: w.guard, Hashing: account.Hashing{MemoryKiB: 64, Passes: 1}, Trail: w.trail, Now: time.Now, Random: noRandom{},
	}
	if _, err := account.New(w.db, w.tokens, good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*account.Settings){
		"no audit trail":    func(s *account.Settings) { s.Trail = nil },
		"no clock":          func(s *account.Settings) { s.Now = nil },
		"no guard":          func(s *account.Settings) { s.Guard = nil },
		"no randomness":     func(s *account.Settings) { s.Random = nil },
		"access lifetime":   func(s *account.Settings) { s.AccessLifetime = 0 },
		"refresh lifetime":  func(s *account.Settings) { s.RefreshLifetime = time.Second },
		"session lifetime":  func(s *account.Settings) { s.SessionLifetime = time.Second },
		"grace":             func(s *account.Settings) { s.RefreshGrace = -1 },
		"sessions a user":   func(s *account.Settings) { s.SessionsPerUser = 0 },
		"hashing passes":    func(s *account.Settings) { s.Hashing.Passes = 0 },
		"hashing workers":   func(s *account.Settings) { s.Hashing.Workers = -1 },
		"queue for hashing": func(s *account.Settings) { s.Hashing.Queue = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			change(&s)
			if _, err := account.New(w.db, w.tokens, s); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// noRandom is a source of random numbers that fails.
type noRandom struct{}

func (noRandom) Read([]byte) (int, error) { return 0, errNoRandom }
