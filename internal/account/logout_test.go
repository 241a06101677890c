package account_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// wantAnonymous expects the refusal of a call that nobody signed in makes.
func wantAnonymous(t *testing.T, err error) {
	t.Helper()
	wantRefused(t, err, fault.Unauthenticated, token.NotAuthenticated, "Authentication credentials were not provided.")
}

// wantSignedOut expects the refusal of a call with an access token whose session was revoked.
func wantSignedOut(t *testing.T, err error) {
	t.Helper()
	wantRefused(t, err, fault.Unauthenticated, token.Revoked, "Given token not valid for any token type")
}

// wantAlive expects both tokens to serve. It spends the refresh token.
func (w *world) wantAlive(t *testing.T, name string, tokens *account.Tokens) {
	t.Helper()
	if s := w.session(t, tokens.Access); s.RevokedAt != nil || s.RevokedBecause != nil {
		t.Errorf("%s: revoked at %v because %v", name, s.RevokedAt, s.RevokedBecause)
	}
	if _, err := w.Me(w.as(t, tokens.Access)); err != nil {
		t.Errorf("%s: the access token no longer serves: %v", name, err)
	}
	if _, err := w.Refresh(t.Context(), tokens.Refresh); err != nil {
		t.Errorf("%s: the refresh token no longer serves: %v", name, err)
	}
}

// wantEnded expects neither token to serve, as their session was revoked for that.
func (w *world) wantEnded(t *testing.T, tokens *account.Tokens, because session.RevokedBecause) {
	t.Helper()
	w.wantRevoked(t, tokens.Access, because)
	_, err := w.Authenticate(t.Context(), tokens.Access)
	wantReason(t, err, token.Revoked)
	_, err = w.Me(w.as(t, tokens.Access))
	wantSignedOut(t, err)
	_, err = w.Refresh(t.Context(), tokens.Refresh)
	wantInvalidToken(t, err, token.Revoked)
}

// rows are all the users, their names and their sessions, as they are stored.
func (w *world) rows(t *testing.T) string {
	t.Helper()
	var rows strings.Builder
	for _, u := range w.db.Read.User.Query().Order(ent.Asc("id")).AllX(t.Context()) {
		fmt.Fprintln(&rows, u, u.PasswordHash, w.names(t, u.ID))
	}
	for _, s := range w.db.Read.Session.Query().Order(ent.Asc("id")).AllX(t.Context()) {
		fmt.Fprintln(&rows, s)
	}
	return rows.String()
}

// expire has the refresh token of a session expire before its access token.
func (w *world) expire(t *testing.T, tokens *account.Tokens) {
	t.Helper()
	w.write(t, func(tx *ent.Tx) error {
		return tx.Session.UpdateOneID(w.claims(t, tokens.Access).SessionID).SetExpiresAt(w.clock.now().Truncate(time.Second)).Exec(t.Context())
	})
}

func TestLogout(t *testing.T) {
	for _, tt := range []struct {
		scope                   account.LogoutScope
		ended                   int
		current, other, expired bool // whether it is revoked
	}{
		{account.LogoutLocal, 1, true, false, false},
		{account.LogoutOthers, 2, false, true, true},
		{account.LogoutGlobal, 3, true, true, true},
	} {
		t.Run(string(tt.scope), func(t *testing.T) {
			w := build(t)
			w.register(t, "ada")
			w.register(t, "bob")
			expired, bobsExpired := w.obtain(t, "ada"), w.obtain(t, "bob")
			w.clock.pass(25 * time.Hour)
			revoked := w.obtain(t, "ada")
			if _, err := w.Revoke(t.Context(), revoked.Refresh); err != nil {
				t.Fatal(err)
			}
			before, current, after, bobs := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "bob")
			revokedRow := w.session(t, revoked.Access).String()
			w.clock.pass(time.Minute)

			ended, err := w.Logout(w.as(t, current.Access), tt.scope)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "live sessions ended", ended, tt.ended)
			for name, s := range map[string]struct {
				tokens  *account.Tokens
				revoked bool
			}{
				"current": {current, tt.current}, "before": {before, tt.other}, "after": {after, tt.other}, "bob's": {bobs, false},
			} {
				if !s.revoked {
					w.wantAlive(t, name, s.tokens)
					continue
				}
				w.wantEnded(t, s.tokens, session.RevokedBecauseLogout)
				same(t, name+" revoked", *w.session(t, s.tokens.Access).RevokedAt, w.clock.now().Truncate(time.Millisecond))
			}
			if tt.expired {
				w.wantRevoked(t, *expired.Refresh, session.RevokedBecauseLogout)
			} else if s := w.session(t, *expired.Refresh); s.RevokedAt != nil {
				t.Error("an expired session was revoked out of the scope")
			}
			if s := w.session(t, *bobsExpired.Refresh); s.RevokedAt != nil {
				t.Error("another user's expired session was revoked")
			}
			same(t, "what was revoked already", w.session(t, revoked.Access).String(), revokedRow)
		})
	}
}

func TestLogoutTwice(t *testing.T) {
	for scope, then := range map[account.LogoutScope]error{
		account.LogoutLocal: fault.New(fault.Unauthenticated, ""), account.LogoutOthers: nil,
		account.LogoutGlobal: fault.New(fault.Unauthenticated, ""),
	} {
		t.Run(string(scope), func(t *testing.T) {
			w := build(t)
			w.register(t, "ada")
			other, current := w.obtain(t, "ada"), w.obtain(t, "ada")
			ctx := w.as(t, current.Access)
			first, err := w.Logout(ctx, scope)
			if err != nil || first == 0 {
				t.Fatalf("first: %d, %v", first, err)
			}
			timeless := regexp.MustCompile(`tokens_valid_from=[^)]*`) // what is signed out from again is put off again
			rows := timeless.ReplaceAllString(w.rows(t), "")
			w.clock.pass(time.Second)
			if n, err := w.Logout(ctx, scope); err != nil || n != 0 { // in the same request
				t.Errorf("again: %d, %v; want none", n, err)
			}
			n, err := w.Logout(w.as(t, current.Access), scope)
			if then != nil {
				wantSignedOut(t, err)
			} else if err != nil {
				t.Error(err)
			}
			same(t, "ended later", n, 0)
			same(t, "what is stored", timeless.ReplaceAllString(w.rows(t), ""), rows)
			if scope == account.LogoutLocal {
				w.wantAlive(t, "other", other)
			}
			w.obtain(t, "ada")
		})
	}
}

// An access token may outlive its session's refresh token. To sign out then ends what no longer counts.
func TestLogoutOfAnExpiredSession(t *testing.T) {
	for _, scope := range []account.LogoutScope{account.LogoutLocal, account.LogoutGlobal} {
		w := build(t)
		w.register(t, "ada")
		tokens := w.obtain(t, "ada")
		w.expire(t, tokens)
		n, err := w.Logout(w.as(t, tokens.Access), scope)
		if err != nil || n != 0 {
			t.Errorf("%s: %d, %v; want none counted", scope, n, err)
		}
		w.wantRevoked(t, tokens.Access, session.RevokedBecauseLogout)
		_, err = w.Me(w.as(t, tokens.Access))
		wantSignedOut(t, err)
	}
}

func TestLogoutRefusals(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	rows := w.rows(t)
	for _, scope := range []account.LogoutScope{account.LogoutLocal, account.LogoutOthers, account.LogoutGlobal, "ALL"} {
		_, err := w.Logout(t.Context(), scope)
		wantAnonymous(t, err)
	}
	for _, scope := range []account.LogoutScope{"", "ALL", "local"} {
		n, err := w.Logout(w.as(t, tokens.Access), scope)
		if n != 0 || fault.CodeOf(err) != fault.Internal {
			t.Errorf("scope %q: %d, %v; want an internal error", scope, n, err)
		}
	}
	same(t, "what is stored", w.rows(t), rows)
	w.wantAlive(t, "current", tokens)
}

func TestRevokeSession(t *testing.T) {
	for _, which := range []string{"other", "current"} {
		t.Run(which, func(t *testing.T) {
			w := build(t)
			w.register(t, "ada")
			w.register(t, "bob")
			current, other, third, bobs := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "bob")
			gone, stays := other, current
			if which == "current" {
				gone, stays = current, other
			}
			was := w.session(t, gone.Access)
			w.clock.pass(time.Minute)

			ctx := w.as(t, current.Access)
			s, err := w.RevokeSession(ctx, was.ID)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "the session as it was", s.String(), was.String())
			if u, err := s.QueryUser().Only(t.Context()); err != nil || u.Username != "ada" {
				t.Errorf("it cannot be asked of its user: %v, %v", u, err)
			}
			same(t, "revoked", *w.session(t, gone.Access).RevokedAt, w.clock.now().Truncate(time.Millisecond))
			w.wantEnded(t, gone, session.RevokedBecauseRevoked)
			w.wantAlive(t, "the other one", stays)
			w.wantAlive(t, "third", third)
			w.wantAlive(t, "bob's", bobs)

			rows := w.rows(t)
			w.clock.pass(time.Minute)
			_, err = w.RevokeSession(ctx, was.ID) // still the same request
			wantMistakes(t, err, "id NOT_FOUND")
			_, err = w.RevokeSession(w.as(t, current.Access), was.ID)
			if which == "current" {
				wantSignedOut(t, err)
			} else {
				wantMistakes(t, err, "id NOT_FOUND")
			}
			same(t, "what is stored", w.rows(t), rows)
		})
	}
}

func TestRevokeSessionRefusals(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	w.register(t, "bob")
	w.registerStaff(t, "root")
	expired := w.obtain(t, "ada")
	w.clock.pass(24*time.Hour - time.Second)
	almost := w.obtain(t, "ada")
	w.clock.pass(time.Second)
	revoked, signedOut, current := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "ada")
	bobs, roots := w.obtain(t, "bob"), w.obtain(t, "root")
	if _, err := w.Revoke(t.Context(), revoked.Refresh); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Logout(w.as(t, signedOut.Access), account.LogoutLocal); err != nil {
		t.Fatal(err)
	}
	id := func(tokens *account.Tokens) int64 { return w.claims(t, tokens.Access).SessionID }
	rows := w.rows(t)
	w.clock.pass(time.Second)
	for _, tt := range []struct {
		name string
		as   *account.Tokens
		id   int64
	}{
		{"another user's", current, id(bobs)},
		{"another user's, as staff", roots, id(bobs)},
		{"staff's", bobs, id(roots)},
		{"unknown", current, 999},
		{"none", current, 0},
		{"negative", current, -1},
		{"expired", current, id(expired)},
		{"revoked", current, id(revoked)},
		{"signed out from", current, id(signedOut)},
	} {
		s, err := w.RevokeSession(w.as(t, tt.as.Access), tt.id)
		wantMistakes(t, err, "id NOT_FOUND")
		if s != nil {
			t.Errorf("%s: a session with a refusal", tt.name)
		}
		same(t, tt.name+": what is stored", w.rows(t), rows)
	}
	_, err := w.RevokeSession(t.Context(), id(current))
	wantAnonymous(t, err)
	_, err = w.RevokeSession(w.as(t, revoked.Access), id(current))
	wantSignedOut(t, err)
	same(t, "what is stored", w.rows(t), rows)
	for name, tokens := range map[string]*account.Tokens{"current": current, "almost expired": almost, "bob's": bobs, "root's": roots} {
		w.wantAlive(t, name, tokens)
	}
}
