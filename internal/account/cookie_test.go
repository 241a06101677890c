package account_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
	"github.com/gatehouse/gatehouse/internal/token"
)

// visit is one request of a browser in cookie mode.
type visit struct {
	ctx    context.Context
	answer http.Header
}

// visit makes a request from the server's own page, with these cookies.
func (w *world) visit(t testing.TB, cookies ...string) visit {
	t.Helper()
	return w.visitFrom(t, "http://localhost:8080", cookies...)
}

func (w *world) visitFrom(t testing.TB, origin string, cookies ...string) visit {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:8080/graphql", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("X-Requested-With", "a page")
	for _, cookie := range cookies {
		r.Header.Add("Cookie", "gatehouse_refresh="+cookie)
	}
	recorder := httptest.NewRecorder()
	var arrived *http.Request
	refreshcookie.Middleware(refreshcookie.Settings{Now: w.clock.now})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived = r
	})).ServeHTTP(recorder, r)
	return visit{ctx: arrived.Context(), answer: recorder.Header()}
}

// as is the same request with an access token.
func (v visit) as(w *world, access string) context.Context {
	return auth.WithAuthorization(v.ctx, "Bearer "+access, w.Authenticate)
}

// kept is the refresh token that the answer has the browser keep.
func (v visit) kept(t testing.TB) string {
	t.Helper()
	value, ok := strings.CutPrefix(v.answer.Get("Set-Cookie"), "gatehouse_refresh=")
	value, _, _ = strings.Cut(value, ";")
	if !ok || value == "" {
		t.Errorf("Set-Cookie %q; want a token", v.answer["Set-Cookie"])
	}
	return value
}

func (v visit) wantCleared(t testing.TB) {
	t.Helper()
	if got := v.answer.Get("Set-Cookie"); got != "gatehouse_refresh=; Path=/graphql; Max-Age=0; HttpOnly; SameSite=Strict" {
		t.Errorf("Set-Cookie %q; want it cleared", got)
	}
}

func (v visit) wantUntouched(t testing.TB) {
	t.Helper()
	if got := v.answer["Set-Cookie"]; got != nil {
		t.Errorf("Set-Cookie %q; want none", got)
	}
}

// signIn obtains tokens in a browser.
func (w *world) signIn(t testing.TB, username string) (access, cookie string) {
	t.Helper()
	v := w.visit(t)
	tokens, err := w.Obtain(v.ctx, username, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	if tokens.Refresh != nil {
		t.Error("the refresh token is in the answer")
	}
	return tokens.Access, v.kept(t)
}

func TestTheCookieIsTheRefreshToken(t *testing.T) {
	for _, keep := range []bool{false, true} {
		w := build(t, func(s *account.Settings, _ *token.Settings) { s.KeepRefresh = keep })
		w.register(t, "ada")
		_, cookie := w.signIn(t, "ada")
		first := w.claims(t, cookie)
		for generation := int64(2); generation < 5; generation++ {
			w.clock.pass(time.Hour)
			v := w.visit(t, cookie)
			tokens, err := w.Refresh(v.ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Me(w.as(t, tokens.Access)); err != nil || tokens.Refresh != nil {
				t.Errorf("access token %v, refresh token %v", err, tokens.Refresh)
			}
			next := v.kept(t)
			claims := w.claims(t, next)
			same(t, "session", claims.SessionID, first.SessionID)
			same(t, "expiry", claims.ExpiresAt, tokens.RefreshExpiresAt)
			if keep {
				same(t, "cookie", next, cookie)
			} else {
				same(t, "generation", claims.Generation, generation)
			}
			cookie = next
		}
	}
}

// Two tabs with one cookie, a lost answer: within the grace all get the same successor, and the cookie with it. After
// it, the cookie was stolen.
func TestTheCookiesGrace(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	_, spent := w.signIn(t, "ada")
	kept := make([]string, 20)
	var group sync.WaitGroup
	for i := range kept {
		group.Go(func() {
			v := w.visit(t, spent)
			if _, err := w.Refresh(v.ctx, nil); err != nil {
				t.Error(err)
			}
			kept[i] = v.kept(t)
		})
	}
	group.Wait()
	for _, other := range kept {
		same(t, "successor", other, kept[0])
	}

	w.clock.pass(11 * time.Second)
	for _, reason := range []token.Reason{token.Reused, token.Revoked} {
		v := w.visit(t, spent)
		_, err := w.Refresh(v.ctx, nil)
		wantInvalidToken(t, err, reason)
		v.wantCleared(t)
	}
	v := w.visit(t, kept[0])
	_, err := w.Refresh(v.ctx, nil)
	wantInvalidToken(t, err, token.Revoked)
	v.wantCleared(t)
}

// A cookie whose session is over is cleared. One that is not understood stays, as it may be understood later.
func TestRefusedCookies(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	for name, tt := range map[string]struct {
		change  func(access, cookie string) string // makes the cookie one that is refused
		reason  token.Reason
		cleared bool
	}{
		"expired": {func(_, cookie string) string { w.clock.pass(25 * time.Hour); return cookie }, token.Expired, true},
		"revoked": {func(_, cookie string) string {
			if revoked, err := w.Revoke(t.Context(), &cookie); !revoked || err != nil {
				t.Errorf("revoked %v, %v", revoked, err)
			}
			return cookie
		}, token.Revoked, true},
		"at the session's end": {func(_, cookie string) string {
			claims := w.claims(t, cookie)
			claims.ExpiresAt = claims.ExpiresAt.AddDate(0, 0, 30)
			w.clock.pass(30 * 24 * time.Hour)
			return w.sign(t, claims)
		}, token.SessionExpired, true},
		"of nobody": {func(_, cookie string) string {
			claims := w.claims(t, cookie)
			claims.UserID = u.ID + 999
			return w.sign(t, claims)
		}, token.UserNotFound, true},
		"empty":   {func(string, string) string { return "" }, token.Invalid, false},
		"garbage": {func(string, string) string { return "eyJ.eyJ.x" }, token.Invalid, false},
		"huge":    {func(string, string) string { return strings.Repeat("x", 1<<15) }, token.Invalid, false},
		"damaged": {func(_, cookie string) string { return cookie[:len(cookie)-2] }, token.Invalid, false},
		"from a clock ahead": {func(_, cookie string) string {
			claims := w.claims(t, cookie)
			claims.IssuedAt = claims.IssuedAt.Add(time.Minute)
			return w.sign(t, claims)
		}, token.Invalid, false},
		"an access token": {func(access, _ string) string { return access }, token.WrongType, false},
	} {
		t.Run(name, func(t *testing.T) {
			w.clock.set(noon)
			cookie := tt.change(w.signIn(t, "ada"))
			v := w.visit(t, cookie)
			tokens, err := w.Refresh(v.ctx, nil)
			wantInvalidToken(t, err, tt.reason)
			if tokens != nil {
				t.Errorf("tokens %v", tokens)
			}
			if tt.cleared {
				v.wantCleared(t)
			} else {
				v.wantUntouched(t)
			}
		})
	}
	w.clock.set(noon)
	_, cookie := w.signIn(t, "ada")
	w.write(t, func(tx *ent.Tx) error { return tx.User.UpdateOneID(u.ID).SetIsActive(false).Exec(t.Context()) })
	v := w.visit(t, cookie)
	_, err := w.Refresh(v.ctx, nil)
	wantInvalidToken(t, err, token.UserInactive)
	v.wantCleared(t)
}

// What goes wrong here is no fault of the cookie's: the browser keeps it, to try again.
func TestInternalErrorsKeepTheCookie(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	access, cookie := w.signIn(t, "ada")
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	v := w.visit(t, cookie)
	_, err := w.Refresh(v.ctx, nil)
	same(t, "refresh", fault.CodeOf(err), fault.Internal)
	_, err = w.Revoke(v.ctx, nil)
	same(t, "revoke", fault.CodeOf(err), fault.Internal)
	_, err = w.Logout(v.as(w, access), account.LogoutLocal)
	same(t, "logout", fault.CodeOf(err), fault.Internal)
	_, err = w.Obtain(v.ctx, "ada", goodPassword)
	same(t, "obtain", fault.CodeOf(err), fault.Internal)
	v.wantUntouched(t)
}

func TestAFailedSignInKeepsTheCookie(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	_, cookie := w.signIn(t, "ada")
	v := w.visit(t, cookie)
	if _, err := w.Obtain(v.ctx, "ada", "wrong"); fault.CodeOf(err) != fault.InvalidCredentials {
		t.Errorf("error %v", err)
	}
	v.wantUntouched(t)
}

// Nothing is found out, changed or hashed for a request that a foreign page may have made, and no cookie is set.
func TestForeignPages(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	_, cookie := w.signIn(t, "ada")
	rows := w.rows(t)
	w.ran.take()
	for _, argument := range []*string{nil, &cookie} {
		v := w.visitFrom(t, "https://evil.example", cookie)
		_, obtained := w.Obtain(v.ctx, "ada", goodPassword)
		_, refreshed := w.Refresh(v.ctx, argument)
		_, revoked := w.Revoke(v.ctx, argument)
		for name, err := range map[string]error{"obtain": obtained, "refresh": refreshed, "revoke": revoked} {
			if fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s: %v; want FORBIDDEN", name, err)
			}
		}
		v.wantUntouched(t)
	}
	if ran := w.ran.take(); len(ran) != 0 {
		t.Errorf("ran %q", ran)
	}
	same(t, "what is stored", w.rows(t), rows)
}

// Two cookies of one name are from two hosts: which of them is ours nobody knows, so neither counts, nor is ours
// cleared, which would leave the other one alone.
func TestTwoCookies(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	w.register(t, "eve")
	_, cookie := w.signIn(t, "ada")
	_, tossed := w.signIn(t, "eve")
	rows := w.rows(t)
	for _, cookies := range [][]string{{cookie, tossed}, {tossed, cookie}, {cookie, cookie}, {cookie, ""}} {
		v := w.visit(t, cookies...)
		const message = "The request has more than one cookie gatehouse_refresh."
		_, err := w.Refresh(v.ctx, nil)
		wantRefused(t, err, fault.TokenNotValid, token.Invalid, message)
		v.wantUntouched(t)
	}
	same(t, "what is stored", w.rows(t), rows)
}

// Another host's cookies keep nobody from signing out: then neither theirs nor ours serves any more.
func TestSigningOutWithTwoCookies(t *testing.T) {
	for name, toss := range map[string]func(w *world, ours string) []string{
		"another user's": func(w *world, ours string) []string { _, theirs := w.signIn(t, "eve"); return []string{theirs, ours} },
		"the same":       func(_ *world, ours string) []string { return []string{ours, ours} },
		"garbage after":  func(_ *world, ours string) []string { return []string{ours, "garbage"} },
		"empty before":   func(_ *world, ours string) []string { return []string{"", ours} },
	} {
		t.Run(name, func(t *testing.T) {
			w := build(t)
			w.register(t, "ada")
			w.register(t, "eve")
			_, ours := w.signIn(t, "ada")
			cookies := toss(w, ours)
			for _, want := range []bool{true, false} {
				v := w.visit(t, cookies...)
				if revoked, err := w.Revoke(v.ctx, nil); revoked != want || err != nil {
					t.Errorf("revoked %v, %v; want %v", revoked, err, want)
				}
				v.wantCleared(t)
			}
			for _, cookie := range cookies {
				if tokens, err := w.Refresh(w.visit(t, cookie).ctx, nil); fault.CodeOf(err) != fault.TokenNotValid {
					t.Errorf("%v, %v; want none to serve", tokens, err)
				}
			}
		})
	}
	w := build(t)
	v := w.visit(t, "garbage", "")
	_, err := w.Revoke(v.ctx, nil)
	wantInvalidToken(t, err, token.Invalid)
	v.wantCleared(t)
}

func TestArgumentsInCookieMode(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	_, cookie := w.signIn(t, "ada")
	_, other := w.signIn(t, "ada")
	v := w.visit(t, cookie)
	for _, argument := range []string{other, cookie, "", "x"} {
		_, err := w.Refresh(v.ctx, &argument)
		wantRefused(t, err, fault.BadUserInput, "", `The refresh token is kept in a cookie here: leave out the argument "refresh".`)
	}
	// Another device's session is revoked by its token as ever; the cookie is that of this one.
	if revoked, err := w.Revoke(v.ctx, &other); !revoked || err != nil {
		t.Errorf("revoked %v, %v", revoked, err)
	}
	if _, err := w.Revoke(v.ctx, ptr("x")); fault.CodeOf(err) != fault.TokenNotValid {
		t.Errorf("garbage: %v", err)
	}
	v.wantUntouched(t)
	w.wantRevoked(t, other, session.RevokedBecauseRevoked)
	if _, err := w.Refresh(w.visit(t, cookie).ctx, nil); err != nil {
		t.Errorf("the cookie's session: %v", err)
	}

	v = w.visit(t)
	_, err := w.Refresh(v.ctx, nil)
	wantInvalidToken(t, err, token.NotAuthenticated)
	_, err = w.Revoke(v.ctx, nil)
	wantInvalidToken(t, err, token.NotAuthenticated)
	v.wantUntouched(t)
}

// Whoever signs out is rid of the cookie, whatever was in it.
func TestRevokeClearsTheCookie(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	access, cookie := w.signIn(t, "ada")
	for i, tt := range []struct {
		cookie  string
		revoked bool
		reason  token.Reason
	}{{cookie, true, ""}, {cookie, false, ""}, {access, false, token.WrongType}, {"garbage", false, token.Invalid}, {"", false, token.Invalid}} {
		w.clock.pass(25 * time.Hour) // an expired one serves
		v := w.visit(t, tt.cookie)
		revoked, err := w.Revoke(v.ctx, nil)
		if tt.reason != "" {
			wantInvalidToken(t, err, tt.reason)
		} else if err != nil {
			t.Errorf("%d: %v", i, err)
		}
		same(t, "revoked", revoked, tt.revoked)
		v.wantCleared(t)
	}
	w.wantRevoked(t, cookie, session.RevokedBecauseRevoked)
}

func TestLogoutClearsTheCookie(t *testing.T) {
	for _, scope := range []account.LogoutScope{account.LogoutLocal, account.LogoutOthers, account.LogoutGlobal} {
		w := build(t)
		w.register(t, "ada")
		access, cookie := w.signIn(t, "ada")
		v := w.visit(t, cookie)
		if _, err := w.Logout(v.as(w, access), scope); err != nil {
			t.Fatal(err)
		}
		if scope == account.LogoutOthers {
			v.wantUntouched(t)
		} else {
			v.wantCleared(t)
		}
	}
	w := build(t)
	w.register(t, "ada")
	access, cookie := w.signIn(t, "ada")
	v := w.visitFrom(t, "https://app.example", cookie) // the bearer token is more than any foreign page has
	_, err := w.Logout(v.ctx, account.LogoutLocal)
	wantAnonymous(t, err)
	if _, err := w.Logout(v.as(w, access), "ALL"); fault.CodeOf(err) != fault.Internal {
		t.Errorf("error %v", err)
	}
	v.wantUntouched(t)
	if _, err := w.Logout(v.as(w, access), account.LogoutLocal); err != nil {
		t.Error(err)
	}
	v.wantCleared(t)
}

// Nothing else that a user does to their account touches the cookie.
func TestThePasswordChangeKeepsTheCookie(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	access, cookie := w.signIn(t, "ada")
	v := w.visit(t, cookie)
	if _, err := w.ChangePassword(v.as(w, access), goodPassword, "another horse's battery"); err != nil {
		t.Fatal(err)
	}
	v.wantUntouched(t)
	if _, err := w.Refresh(w.visit(t, cookie).ctx, nil); err != nil {
		t.Error(err)
	}
}

// A browser that hangs up may have spent its token: it gets the successor in the cookie when it asks again.
func TestACancelledRefreshLosesNothing(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	_, cookie := w.signIn(t, "ada")
	v := w.visit(t, cookie)
	ctx, cancel := context.WithCancel(v.ctx)
	cancel()
	if _, err := w.Refresh(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	v.wantUntouched(t)
	v = w.visit(t, cookie)
	if _, err := w.Refresh(v.ctx, nil); err != nil {
		t.Error(err)
	}
	v.kept(t)
}
