package account_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// TestSessionsGoByTheModel takes random steps with a Registry and with the model of it: each answer has to be the
// model's, and after each step the sessions that are stored. A failure is cut down to the shortest series of steps
// that shows it. Longer series and more of them: go test -run Model ./internal/account -rapid.checks=1000 -rapid.steps=100
func TestSessionsGoByTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &pair{T: rt, c: &clock{}, model: &model{now: noon.Truncate(time.Millisecond)}}
		lives := rapid.SampledFrom([][]time.Duration{
			{5 * time.Minute, 24 * time.Hour, 30 * 24 * time.Hour},
			{10 * time.Second, 15 * time.Second, 40 * time.Second},
			{30 * time.Second, time.Minute, time.Minute},
		}).Draw(rt, "lifetimes")
		p.model.access, p.model.refresh, p.model.ending = lives[0], lives[1], lives[2]
		p.model.leeway = rapid.SampledFrom([]time.Duration{0, 3 * time.Second}).Draw(rt, "leeway")
		p.model.most = rapid.IntRange(1, 6).Draw(rt, "sessions a user")
		p.world = &world{db: databaseOf(rt, t.TempDir())}
		p.restart(rt)
		for _, name := range []string{"ada", "bob"} {
			u := p.register(rt, name)
			p.model.users = append(p.model.users, &modelUser{id: u.ID, name: name, password: goodPassword})
		}
		for range 3 {
			rt.Repeat(map[string]func(*rapid.T){
				"":              p.compare,
				"obtain":        p.obtain,
				"refresh":       p.refreshCurrent,
				"refresh again": p.refreshSpent,
				"refresh any":   p.refreshAny,
				"ask":           oneOf(p.verify, p.authenticate),
				"end":           oneOf(p.revoke, p.logout, p.end, p.changePassword),
				"administer":    oneOf(p.restart, p.setActive, p.setPassword, p.flush),
				"pass":          p.pass,
				"jump":          p.jump,
			})
		}
	})
}

// oneOf does one of these.
func oneOf(actions ...func(*rapid.T)) func(*rapid.T) {
	return func(t *rapid.T) { actions[rapid.IntRange(0, len(actions)-1).Draw(t, "which")](t) }
}

// databaseOf is a new database for one series of steps.
func databaseOf(t *rapid.T, dir string) *database.DB {
	db, err := database.Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(db.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// pair is a Registry and the model of it, taking the same steps.
type pair struct {
	*rapid.T
	*world
	c     *clock
	model *model
	calls int
}

// step tells what is done.
func (p *pair) step(format string, args ...any) {
	p.Logf("%s  %s", p.model.now.Format("02 15:04:05.000"), fmt.Sprintf(format, args...))
}

// differ reports what is not as it should be. The report is the same whatever differs: rapid cuts a failure down as long
// as the same is reported.
func (p *pair) differ(what string, got, want any) {
	p.Helper()
	p.Logf("%s: %+v, want %+v", what, got, want)
	p.Error(what + ": not as it should be")
}

// caller is a context of somebody from an address of their own.
func (p *pair) caller() context.Context {
	p.calls++
	return auth.WithClient(p.Context(), auth.Client{IPAddress: fmt.Sprintf("10.0.%d.%d", p.calls/256, p.calls%256)})
}

// bearer is a context of whoever bears the token.
func (p *pair) bearer(t *modelToken) context.Context {
	return auth.WithAuthorization(p.caller(), "Bearer "+t.raw, p.Authenticate)
}

func (p *pair) user(t *rapid.T) *modelUser { return rapid.SampledFrom(p.model.users).Draw(t, "user") }

// token is one of the tokens that were handed out, the latest first.
func (p *pair) token(t *rapid.T, which func(*modelToken) bool) *modelToken {
	var tokens []*modelToken
	for _, one := range slices.Backward(p.model.tokens) {
		if which(one) {
			tokens = append(tokens, one)
		}
	}
	if len(tokens) == 0 {
		t.Skip("there is no such token yet")
	}
	return rapid.SampledFrom(tokens).Draw(t, "token")
}

func anything(*modelToken) bool { return true }

// anyToken may be spent, revoked or expired, and is mostly one of the type that is wanted.
func (p *pair) anyToken(t *rapid.T, want token.Type) *modelToken {
	if rapid.IntRange(0, 9).Draw(t, "type") == 9 {
		return p.token(t, anything)
	}
	return p.token(t, func(one *modelToken) bool { return one.kind == want })
}

func (p *pair) obtain(t *rapid.T) {
	u := p.user(t)
	password := rapid.SampledFrom([]string{goodPassword, betterPassword}).Draw(t, "password")
	p.step("%s signs in with %q", u.name, password)
	tokens, err := p.Obtain(p.caller(), u.name, password)
	s := p.model.obtain(u, password)
	if s == nil {
		wantInvalidCredentials(p, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	s.id = p.claims(p, tokens.Access).SessionID
	p.take(s, tokens)
}

func (p *pair) refreshCurrent(t *rapid.T) { p.refreshWith(p.ofLiveSession(t, 0)) }

func (p *pair) refreshSpent(t *rapid.T) {
	p.refreshWith(p.ofLiveSession(t, rapid.SampledFrom([]int64{1, 1, 2}).Draw(t, "generations back")))
}

// ofLiveSession is a refresh token so many generations before the current one.
func (p *pair) ofLiveSession(t *rapid.T, before int64) *modelToken {
	return p.token(t, func(one *modelToken) bool {
		return one.kind == token.Refresh && p.model.live(one.session) && one.generation == one.session.generation-before
	})
}

func (p *pair) refreshAny(t *rapid.T) { p.refreshWith(p.anyToken(t, token.Refresh)) }

func (p *pair) refreshWith(t *modelToken) {
	p.step("refresh with %v", t)
	tokens, err := p.Refresh(p.caller(), &t.raw)
	if reason := p.model.exchange(t); reason != "" {
		wantInvalidToken(p, err, reason)
		return
	}
	if err != nil {
		p.Fatal(err)
	}
	p.take(t.session, tokens)
}

// take holds the tokens that a session was given against those it is to have. What is handed out serves.
func (p *pair) take(s *modelSession, tokens *account.Tokens) {
	access, refresh := p.model.pair(s)
	access.raw, refresh.raw = tokens.Access, *tokens.Refresh
	for _, one := range []*modelToken{access, refresh} {
		claims := p.claims(p, one.raw)
		want := token.Claims{
			Type: one.kind, ID: claims.ID, UserID: s.user.id, SessionID: s.id,
			Generation: one.generation, IssuedAt: one.issued, ExpiresAt: one.expires,
		}
		if claims != want {
			p.differ(string(one.kind)+" token", claims, want)
		}
		if reason := p.model.refused(one, one.kind); reason != "" {
			p.Errorf("the new %s token does not serve, and that is right: %s", one.kind, reason)
		}
	}
	if !tokens.AccessExpiresAt.Equal(access.expires) || !tokens.RefreshExpiresAt.Equal(refresh.expires) || tokens.User.ID != s.user.id {
		p.differ("answer", tokens, []*modelToken{access, refresh})
	}
	if _, err := p.Authenticate(p.caller(), access.raw); err != nil {
		p.Errorf("the new access token does not serve: %v", err)
	}
	before := slices.IndexFunc(p.model.tokens, func(t *modelToken) bool {
		return t.kind == token.Refresh && t.session == s && t.generation == refresh.generation
	})
	switch {
	case before < 0:
		p.model.tokens = append(p.model.tokens, refresh)
	case p.model.tokens[before].raw != refresh.raw:
		p.Error("two refresh tokens of one generation")
	}
	for _, one := range p.model.tokens {
		if one.raw == access.raw {
			p.Error("the access token is not a fresh one")
		}
	}
	p.model.tokens = append(p.model.tokens, access)
}

func (p *pair) verify(t *rapid.T) {
	one := p.token(t, anything)
	p.step("verify %v", one)
	verdict, err := p.Verify(p.caller(), one.raw)
	if err != nil {
		t.Fatal(err)
	}
	reason := p.model.refused(one, token.Any)
	switch {
	case verdict.IsValid != (reason == ""):
		p.differ("validity", verdict.IsValid, reason)
	case verdict.Reason != nil && *verdict.Reason != reason:
		p.differ("reason", *verdict.Reason, reason)
	case verdict.IsValid && (*verdict.TokenType != one.kind || !verdict.ExpiresAt.Equal(one.expires) || verdict.User.ID != one.session.user.id):
		p.differ("verdict", verdict, one)
	}
}

func (p *pair) authenticate(t *rapid.T) {
	one := p.anyToken(t, token.Access)
	p.step("authenticate with %v", one)
	viewer, err := p.Authenticate(p.caller(), one.raw)
	if reason := p.model.refused(one, token.Access); reason != "" {
		wantReason(p, err, reason)
		return
	}
	if err != nil || viewer.UserID != one.session.user.id || viewer.SessionID != one.session.id {
		p.differ("viewer", fmt.Sprint(viewer, err), one)
		return
	}
	list, err := p.Sessions(p.bearer(one))
	if err != nil {
		t.Fatal(err)
	}
	var got, want []int64
	for _, s := range list {
		got = append(got, s.ID)
	}
	for _, s := range p.model.liveOf(one.session.user) {
		want = append(want, s.id)
	}
	if !slices.Equal(got, want) {
		p.differ("sessions", got, want)
	}
}

func (p *pair) revoke(t *rapid.T) {
	one := p.anyToken(t, token.Refresh)
	p.step("revoke %v", one)
	revoked, err := p.Revoke(p.caller(), &one.raw)
	want, reason := p.model.surrender(one)
	if reason != "" {
		wantInvalidToken(p, err, reason)
	} else if err != nil || revoked != want {
		p.differ("revoked", fmt.Sprint(revoked, err), want)
	}
}

func (p *pair) logout(t *rapid.T) {
	one := p.anyToken(t, token.Access)
	scope := rapid.SampledFrom([]account.LogoutScope{account.LogoutLocal, account.LogoutOthers, account.LogoutGlobal}).Draw(t, "scope")
	p.step("logout %s with %v", scope, one)
	ended, err := p.Logout(p.bearer(one), scope)
	want, reason := p.model.logout(one, scope)
	if reason != "" {
		p.wantUnauthenticated(err, reason)
	} else if err != nil || ended != want {
		p.differ("ended", fmt.Sprint(ended, err), want)
	}
}

func (p *pair) end(t *rapid.T) {
	one := p.anyToken(t, token.Access)
	s := rapid.SampledFrom(p.model.sessions).Draw(t, "session")
	p.step("sessionRevoke of %v with %v", s, one)
	_, err := p.RevokeSession(p.bearer(one), s.id)
	found, reason := p.model.end(one, s)
	switch {
	case reason != "":
		p.wantUnauthenticated(err, reason)
	case !found:
		wantMistakes(p, err, "id NOT_FOUND")
	case err != nil:
		t.Error(err)
	}
}

func (p *pair) changePassword(t *rapid.T) {
	one := p.anyToken(t, token.Access)
	passwords := rapid.Permutation([]string{goodPassword, betterPassword}).Draw(t, "passwords")
	p.step("passwordChange from %q with %v", passwords[0], one)
	_, err := p.ChangePassword(p.bearer(one), passwords[0], passwords[1])
	right, reason := p.model.changePassword(one, passwords[0], passwords[1])
	switch {
	case reason != "":
		p.wantUnauthenticated(err, reason)
	case !right:
		wantMistakes(p, err, "oldPassword PASSWORD_INCORRECT")
	case err != nil:
		t.Error(err)
	}
}

func (p *pair) setPassword(t *rapid.T) {
	u := p.user(t)
	password := rapid.SampledFrom([]string{goodPassword, betterPassword}).Draw(t, "password")
	p.step("changepassword %s to %q", u.name, password)
	if _, err := p.SetPassword(p.Context(), u.name, password); err != nil {
		t.Fatal(err)
	}
	p.model.setPassword(u, password)
}

func (p *pair) setActive(t *rapid.T) {
	u, active := p.user(t), rapid.Bool().Draw(t, "active")
	p.step("%s is to be active: %v", u.name, active)
	if _, err := p.Update(p.caller(), u.id, account.UserChanges{IsActive: set(active)}); err != nil {
		t.Fatal(err)
	}
	p.model.setActive(u, active)
}

// pass has time pass, or go back.
func (p *pair) pass(t *rapid.T) {
	unit := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Second, time.Second, time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "unit")
	d := time.Duration(rapid.IntRange(-20, 40).Draw(t, "units")) * unit
	p.step("%v pass", d)
	p.setClock(p.model.now.Add(d))
}

// jump sets the clock to a moment at which something about a live session changes, or just beside it.
func (p *pair) jump(t *rapid.T) {
	one := p.token(t, func(one *modelToken) bool { return p.model.live(one.session) })
	s := one.session
	moment := rapid.SampledFrom([]time.Time{
		s.rotated.Add(p.model.grace), s.rotated.Add(-p.model.grace), one.expires, one.expires.Add(p.model.leeway),
		one.issued.Add(-tolerance), s.created.Add(-tolerance), s.expires, s.ends, s.expires.Add(24 * time.Hour),
	}).Draw(t, "moment").Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "beside")) * time.Millisecond)
	p.step("it is %s", moment.Format("02 15:04:05.000"))
	p.setClock(moment)
}

// setClock sets both clocks. The Registry's has more digits than are kept.
func (p *pair) setClock(to time.Time) {
	p.model.now = to
	p.c.set(to.Add(456_789))
}

// restart makes another Registry over the same database.
func (p *pair) restart(t *rapid.T) {
	p.model.keep = rapid.IntRange(0, 4).Draw(t, "rotation off") == 4
	p.model.grace = rapid.SampledFrom([]time.Duration{10 * time.Second, 0}).Draw(t, "grace")
	p.step("restart: rotation %v, grace %v", !p.model.keep, p.model.grace)
	p.setClock(p.model.now)
	p.world = over(p, p.db, nil, p.c, func(s *account.Settings, ts *token.Settings) {
		s.AccessLifetime, s.RefreshLifetime, s.SessionLifetime = p.model.access, p.model.refresh, p.model.ending
		s.RefreshGrace, s.KeepRefresh, s.SessionsPerUser = p.model.grace, p.model.keep, p.model.most
		ts.Leeway = p.model.leeway
	})
}

func (p *pair) flush(t *rapid.T) {
	p.step("flushexpired")
	if _, err := p.FlushExpired(p.Context()); err != nil {
		t.Fatal(err)
	}
	p.model.flush()
}

// compare holds the sessions that are stored against the model's.
func (p *pair) compare(*rapid.T) {
	rows := p.db.Read.Session.Query().Order(ent.Asc(session.FieldID)).AllX(p.Context())
	stored := p.model.choose(func(s *modelSession) bool { return !s.deleted })
	if len(rows) != len(stored) {
		p.differ("number of sessions that are stored", len(rows), len(stored))
		return
	}
	for i, row := range rows {
		got := modelSession{
			id: row.ID, user: stored[i].user, generation: row.Generation, created: row.CreatedAt.UTC(), rotated: row.RotatedAt.UTC(),
			used: row.LastUsedAt.UTC(), expires: row.ExpiresAt.UTC(), ends: row.EndsAt.UTC(),
		}
		if row.RevokedBecause != nil {
			got.revoked = *row.RevokedBecause
		}
		if got != *stored[i] || row.UserID != stored[i].user.id || (row.RevokedAt == nil) != (got.revoked == "") {
			p.differ("stored session", row, *stored[i])
		}
	}
}

// wantUnauthenticated expects the refusal of a bearer for that reason.
func (p *pair) wantUnauthenticated(err error, reason token.Reason) {
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.Unauthenticated || refused.Reason != string(reason) {
		p.Errorf("error %v; want %s", err, reason)
	}
}

func (t *modelToken) String() string {
	if t.kind == token.Access {
		return fmt.Sprintf("the access token of %s from session %d", t.issued.Format("02 15:04:05"), t.session.id)
	}
	return fmt.Sprintf("refresh token %d of session %d", t.generation, t.session.id)
}

// GoString is how rapid shows what it drew.
func (t *modelToken) GoString() string   { return t.String() }
func (u *modelUser) GoString() string    { return u.name }
func (s *modelSession) GoString() string { return fmt.Sprintf("session %d", s.id) }
