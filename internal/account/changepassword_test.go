package account_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// betterPassword is another one that the policy has nothing against.
const betterPassword = "another good one"

// known is as as, of one who is known already: the account is the one from before all that follows.
func (w *world) known(t *testing.T, tokens *account.Tokens) context.Context {
	t.Helper()
	ctx := w.as(t, tokens.Access)
	if _, err := w.Me(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func TestChangePassword(t *testing.T) {
	w := build(t)
	ada, bob := w.register(t, "ada"), w.register(t, "bob")
	expired := w.obtain(t, "ada")
	w.clock.pass(25 * time.Hour)
	before, current, after, bobs := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "bob")
	signedOut := w.obtain(t, "ada")
	if _, err := w.Logout(w.as(t, signedOut.Access), account.LogoutLocal); err != nil {
		t.Fatal(err)
	}
	was := w.db.Read.User.GetX(t.Context(), ada.ID)
	w.clock.pass(time.Minute)

	u, err := w.ChangePassword(w.as(t, current.Access), goodPassword, betterPassword)
	if err != nil {
		t.Fatal(err)
	}
	stored := w.db.Read.User.GetX(t.Context(), ada.ID)
	was.TokensValidFrom = stored.TokensValidFrom // of which TestForeignTokensEnd tells
	same(t, "user", u.String(), was.String())    // all but the hash
	same(t, "stored", stored.String(), was.String())
	same(t, "hash answered", u.PasswordHash, stored.PasswordHash)
	if stored.PasswordHash == was.PasswordHash {
		t.Error("the hash is the old one")
	}
	if n, err := u.QuerySessions().Count(t.Context()); err != nil || n != 5 {
		t.Errorf("it cannot be asked for its sessions: %d, %v", n, err)
	}
	same(t, "another user's hash", w.db.Read.User.GetX(t.Context(), bob.ID).PasswordHash, bob.PasswordHash)

	w.wantEnded(t, before, session.RevokedBecausePasswordChanged)
	w.wantEnded(t, after, session.RevokedBecausePasswordChanged)
	w.wantRevoked(t, *expired.Refresh, session.RevokedBecausePasswordChanged)
	w.wantRevoked(t, *signedOut.Refresh, session.RevokedBecauseLogout)
	same(t, "revoked", *w.session(t, before.Access).RevokedAt, w.clock.now().Truncate(time.Millisecond))
	w.wantAlive(t, "current", current)
	w.wantAlive(t, "bob's", bobs)

	for _, name := range []string{"ada", "ada@example.org"} {
		_, err = w.Obtain(t.Context(), name, goodPassword)
		wantInvalidCredentials(t, err)
		if _, err := w.Obtain(t.Context(), name, betterPassword); err != nil {
			t.Errorf("%s: the new password does not sign in: %v", name, err)
		}
	}
	w.obtain(t, "bob")

	_, err = w.ChangePassword(w.as(t, current.Access), goodPassword, "yet another one")
	wantMistakes(t, err, "oldPassword PASSWORD_INCORRECT")
	if _, err := w.ChangePassword(w.as(t, current.Access), betterPassword, goodPassword); err != nil {
		t.Errorf("back again: %v", err)
	}
	w.obtain(t, "ada")
}

func TestChangePasswordComposes(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	for _, change := range [][2]string{
		{goodPassword, " cafe\u0301 au lait"},
		{" caf\u00e9 au lait", betterPassword},
	} {
		if _, err := w.ChangePassword(w.as(t, tokens.Access), change[0], change[1]); err != nil {
			t.Errorf("%q: %v", change, err)
		}
	}
}

func TestChangePasswordRefusals(t *testing.T) {
	w := build(t)
	u := w.register(t, "lovelace.ada")
	w.register(t, "bob")
	w.update(t, u.ID, account.UserChanges{
		Email: set("countess@analytical.example"), FirstName: set("Augusta"), LastName: set("Babbageson"),
	})
	w.obtain(t, "lovelace.ada")
	current := w.obtain(t, "lovelace.ada")
	rows := w.rows(t)

	const incorrect = "oldPassword PASSWORD_INCORRECT"
	for _, tt := range []struct{ name, new, want string }{
		{"none", "", "REQUIRED"},
		{"a NUL", "xk9!\x00qzwv", "INVALID"},
		{"not UTF-8", "xk9!\xffqzwv", "INVALID"},
		{"too long", strings.Repeat("xk9!", 256) + "x", "TOO_LONG"},
		{"too short", "xk9!qzw", "PASSWORD_TOO_SHORT"},
		{"common", "letmein1", "PASSWORD_TOO_COMMON"},
		{"digits", "8402619375", "PASSWORD_ENTIRELY_NUMERIC"},
		{"like the username", "LoveLace.Ada1", "PASSWORD_TOO_SIMILAR"},
		{"like the address", "analytical!", "PASSWORD_TOO_SIMILAR"},
		{"like the first name", "augusta1", "PASSWORD_TOO_SIMILAR"},
		{"like the last name", "babbageson", "PASSWORD_TOO_SIMILAR"},
		{"short, common digits", "12345", "PASSWORD_TOO_SHORT PASSWORD_TOO_COMMON PASSWORD_ENTIRELY_NUMERIC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			for _, code := range strings.Fields(tt.want) {
				want = append(want, "newPassword "+code)
			}
			u, err := w.ChangePassword(w.as(t, current.Access), goodPassword, tt.new)
			wantMistakes(t, err, want...)
			if u != nil {
				t.Error("a user with a refusal")
			}
			_, err = w.ChangePassword(w.as(t, current.Access), "wrong horse battery", tt.new)
			wantMistakes(t, err, append([]string{incorrect}, want...)...)
		})
	}
	for name, old := range map[string]string{
		"wrong":         "wrong horse battery",
		"in capitals":   strings.ToUpper(goodPassword),
		"with a blank":  goodPassword + " ",
		"none":          "",
		"the new one":   betterPassword,
		"endless":       strings.Repeat("x", 100_000),
		"not UTF-8":     goodPassword + "\xff",
		"with a NUL":    goodPassword + "\x00",
		"the hash":      u.PasswordHash,
		"half the word": goodPassword[:8],
	} {
		t.Run("old password "+name, func(t *testing.T) {
			u, err := w.ChangePassword(w.as(t, current.Access), old, betterPassword)
			wantMistakes(t, err, incorrect)
			if u != nil {
				t.Error("a user with a refusal")
			}
		})
	}
	_, err := w.ChangePassword(t.Context(), goodPassword, betterPassword)
	wantAnonymous(t, err)
	_, err = w.ChangePassword(w.as(t, *current.Refresh), goodPassword, betterPassword)
	wantRefused(t, err, fault.Unauthenticated, token.WrongType, "Given token not valid for any token type")

	same(t, "what is stored", w.rows(t), rows)
	w.wantAlive(t, "current", current)
	w.obtain(t, "lovelace.ada")
}

// Of two who change one password to their own, only one may believe it was done.
func TestConcurrentChangesOfOnePassword(t *testing.T) {
	for _, tt := range []struct {
		name     string
		sessions int
	}{{"in one session", 1}, {"in two sessions", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			for range 10 {
				w := build(t)
				w.register(t, "ada")
				tokens := []*account.Tokens{w.obtain(t, "ada"), w.obtain(t, "ada")}
				passwords := []string{"the first new one", "the second new one"}
				errs := make([]error, 2)
				viewers := []context.Context{w.known(t, tokens[0]), w.known(t, tokens[1%tt.sessions])}
				var group sync.WaitGroup
				for i := range errs {
					group.Go(func() { _, errs[i] = w.ChangePassword(viewers[i], goodPassword, passwords[i]) })
				}
				group.Wait()
				if (errs[0] == nil) == (errs[1] == nil) {
					t.Fatalf("errors %v and %v; want one", errs[0], errs[1])
				}
				won, lost := 0, 1
				if errs[0] != nil {
					won, lost = 1, 0
				}
				if ended := fault.CodeOf(errs[lost]) == fault.Unauthenticated; !ended || tt.sessions == 1 {
					wantMistakes(t, errs[lost], "oldPassword PASSWORD_INCORRECT")
				} // else the winner ended the session in which the loser asked
				if _, err := w.Obtain(t.Context(), "ada", passwords[won]); err != nil {
					t.Errorf("the winner's password does not sign in: %v", err)
				}
				for _, password := range []string{passwords[lost], goodPassword} {
					_, err := w.Obtain(t.Context(), "ada", password)
					wantInvalidCredentials(t, err)
				}
				w.wantAlive(t, "the winner's session", tokens[won%tt.sessions])
				if tt.sessions == 2 {
					w.wantEnded(t, tokens[lost], session.RevokedBecausePasswordChanged)
				}
			}
		})
	}
}

// What changes while the passwords are hashed is looked at again: a hash that was renewed is as good as the old one,
// another password makes the old one wrong, and a session that was ended or a user who was deactivated changes nothing.
func TestChangePasswordLooksAgainBeforeItWrites(t *testing.T) {
	for _, tt := range []struct {
		name      string
		meanwhile func(tx *ent.Tx, u, same, other *ent.User) error
		want      func(t *testing.T, err error)
	}{
		{"the hash is renewed", func(tx *ent.Tx, u, same, _ *ent.User) error {
			return tx.User.UpdateOneID(u.ID).SetPasswordHash(same.PasswordHash).Exec(t.Context())
		}, func(t *testing.T, err error) {
			if err != nil {
				t.Error(err)
			}
		}},
		{"the password is changed", func(tx *ent.Tx, u, _, other *ent.User) error {
			return tx.User.UpdateOneID(u.ID).SetPasswordHash(other.PasswordHash).Exec(t.Context())
		}, func(t *testing.T, err error) { wantMistakes(t, err, "oldPassword PASSWORD_INCORRECT") }},
		{"the session is ended, another is not", func(tx *ent.Tx, u, _, _ *ent.User) error {
			first, err := tx.Session.Query().Where(session.UserID(u.ID)).Order(session.ByID()).FirstID(t.Context())
			return errors.Join(err, tx.Session.UpdateOneID(first).SetRevokedAt(noon).Exec(t.Context()))
		}, func(t *testing.T, err error) {
			wantRefused(t, err, fault.Unauthenticated, token.Revoked, "Given token not valid for any token type")
		}},
		{"the user is deactivated, and the session forgotten", func(tx *ent.Tx, u, _, _ *ent.User) error {
			return tx.User.UpdateOneID(u.ID).SetIsActive(false).Exec(t.Context())
		}, func(t *testing.T, err error) { wantMistakes(t, err, "oldPassword PASSWORD_INCORRECT") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := inLine(t)
			u, same := w.register(t, "ada"), w.register(t, "bob")
			other, err := w.Register(t.Context(), account.Registration{Username: "eve", Email: "eve@example.org", Password: "quite another one"})
			if err != nil {
				t.Fatal(err)
			}
			ctx := w.known(t, w.obtain(t, "ada"))
			w.obtain(t, "ada")
			w.whileTrying(t, func() {
				_, err := w.ChangePassword(ctx, goodPassword, betterPassword)
				tt.want(t, err)
			}, func(tx *ent.Tx) error { return tt.meanwhile(tx, u, same, other) })
		})
	}
}

func TestChangingPasswordsIsBounded(t *testing.T) {
	w := build(t, slowHashing)
	w.register(t, "ada")
	ctx := w.known(t, w.obtain(t, "ada"))
	other := w.obtain(t, "ada")
	const callers = 8
	errs := make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { _, errs[i] = w.ChangePassword(ctx, "wrong horse battery", betterPassword) })
	}
	group.Wait()
	limited := 0
	for _, err := range errs {
		var refused *fault.Error
		if !errors.As(err, &refused) {
			wantMistakes(t, err, "oldPassword PASSWORD_INCORRECT")
			continue
		}
		limited++
		wantRefused(t, err, fault.RateLimited, "", "The server is busy; try again shortly.")
		same(t, "retry after", refused.RetryAfter, time.Second)
	}
	if limited == 0 || limited == callers {
		t.Errorf("%d of %d were refused; want those beyond worker and queue", limited, callers)
	}
	w.wantAlive(t, "other", other)
	if _, err := w.ChangePassword(ctx, goodPassword, betterPassword); err != nil {
		t.Error(err) // the queue is empty again
	}
}
