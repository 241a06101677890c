package account_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// revoked is how many sessions are.
func (w *world) revoked(t *testing.T) int {
	t.Helper()
	return w.db.Read.Session.Query().Where(session.RevokedAtNotNil()).CountX(t.Context())
}

func TestForeignRefreshBeginsASession(t *testing.T) {
	w := build(t, acceptForeign)
	u := w.register(t, "ada")
	raw := w.foreign(t, token.Refresh, u.ID, map[string]any{"jti": "its name"})
	w.clock.pass(time.Hour)
	w.wantVerdict(t, raw, "") // and nothing comes of asking
	same(t, "records", w.db.Read.ForeignToken.Query().CountX(t.Context()), 0)

	ctx := auth.WithClient(t.Context(), auth.Client{IPAddress: "192.0.2.7", UserAgent: "Phone/1.0"})
	tokens, err := w.Refresh(ctx, &raw)
	if err != nil {
		t.Fatal(err)
	}
	now := w.clock.now().Truncate(time.Millisecond)
	s := w.session(t, *tokens.Refresh)
	same(t, "user", s.UserID, u.ID)
	same(t, "generation", s.Generation, 1)
	same(t, "created", s.CreatedAt, now)
	same(t, "rotated", s.RotatedAt, now)
	same(t, "expires", s.ExpiresAt, now.Truncate(time.Second).Add(24*time.Hour))
	same(t, "ends", s.EndsAt, now.Truncate(time.Second).Add(30*24*time.Hour))
	same(t, "address", *s.IPAddress, "192.0.2.7")
	same(t, "agent", *s.UserAgent, "Phone/1.0")
	same(t, "answered user", tokens.User.ID, u.ID)
	if n, err := tokens.User.QuerySessions().Count(t.Context()); err != nil || n != 1 {
		t.Errorf("the user cannot be asked for their sessions: %d, %v", n, err)
	}
	if last := w.db.Read.User.GetX(t.Context(), u.ID).LastLogin; last != nil {
		t.Errorf("a refresh was taken for a sign-in, at %v", last)
	}

	record := w.db.Read.ForeignToken.Query().OnlyX(t.Context())
	same(t, "key", record.ID, fmt.Sprintf("%x", sha256.Sum256([]byte("its name"))))
	same(t, "session", *record.SessionID, s.ID)
	same(t, "used", record.UsedAt, now)
	same(t, "remembered until", record.ExpiresAt, noon.Truncate(time.Second).Add(48*time.Hour)) // its exp and a day

	w.wantAlive(t, "the session", tokens)
	same(t, "revoked sessions", w.revoked(t), 0)
	if revoked, err := w.Revoke(t.Context(), &raw); err != nil || !revoked {
		t.Errorf("revoked %v, %v", revoked, err)
	}
	w.wantVerdict(t, w.foreign(t, token.Access, u.ID, map[string]any{"jti": "its name"}), "") // which is of no session
}

// A foreign token that was exchanged is the parent of the session's first refresh token, and fares like any parent.
func TestForeignRefreshAgain(t *testing.T) {
	keep := func(s *account.Settings, _ *token.Settings) { s.KeepRefresh = true }
	graceless := func(s *account.Settings, _ *token.Settings) { s.RefreshGrace = 0 }
	none := func(*account.Settings, *token.Settings) {}
	for _, row := range []struct {
		name    string
		setting func(*account.Settings, *token.Settings)
		pass    time.Duration
		use     bool // the session's first refresh token, before
		want    token.Reason
	}{
		{"at once", none, 0, false, ""},
		{"at the end of the grace", none, 10 * time.Second, false, ""},
		{"after the grace", none, 10*time.Second + time.Millisecond, false, token.Reused},
		{"before its use, by a clock that was set back", none, -9 * time.Second, false, ""},
		{"long before its use, by a clock that was set back", none, -11 * time.Second, false, token.Reused},
		{"within the grace, but the successor was used", none, time.Second, true, token.Reused},
		{"without grace", graceless, 0, false, token.Reused},
		{"without rotation, within the grace", keep, 10 * time.Second, true, ""},
		{"without rotation, after the grace", keep, 11 * time.Second, false, token.Reused},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := build(t, acceptForeign, row.setting)
			u := w.register(t, "ada")
			other := w.obtain(t, "ada")
			raw := w.foreign(t, token.Refresh, u.ID, map[string]any{"iat": noon.Unix() - 1000})
			first := w.refresh(t, &raw)
			if row.use {
				w.refresh(t, first.Refresh)
			}
			w.clock.pass(row.pass)
			w.wantVerdict(t, raw, row.want)
			same(t, "revoked sessions", w.revoked(t), 0) // by asking
			if row.want == "" {
				again := w.refresh(t, &raw)
				same(t, "refresh token", *again.Refresh, *first.Refresh)
				same(t, "expiry", again.RefreshExpiresAt, first.RefreshExpiresAt)
				if again.Access == first.Access {
					t.Error("the access token is the same one")
				}
				w.wantAlive(t, "session", again)
			} else {
				w.wantWorthless(t, raw, row.want)
				w.clock.set(noon.Add(time.Minute))
				w.wantEnded(t, first, session.RevokedBecauseReuse)
				w.wantWorthless(t, raw, token.Revoked)
			}
			w.wantAlive(t, "another session", other)
			same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), 2)
			same(t, "records", w.db.Read.ForeignToken.Query().CountX(t.Context()), 1)
		})
	}
}

// Without rotation, the session's own refresh token serves again and again; the foreign one was for beginning it.
func TestForeignRefreshWithoutRotation(t *testing.T) {
	w := build(t, acceptForeign, func(s *account.Settings, _ *token.Settings) { s.KeepRefresh = true })
	u := w.register(t, "ada")
	raw := w.foreign(t, token.Refresh, u.ID)
	first := w.refresh(t, &raw)
	for range 3 {
		w.clock.pass(time.Hour)
		same(t, "refresh token", *w.refresh(t, first.Refresh).Refresh, *first.Refresh)
	}
}

// Fifty at once begin one session, and all get its first pair; so they do after a restart within the grace. Later one
// of them finds out, and then nobody has a session.
func TestConcurrentForeignRefreshes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	open := func() *database.DB {
		db, err := database.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	w := over(t, db, new(statements), &clock{time: noon}, acceptForeign)
	raw := w.foreign(t, token.Refresh, w.register(t, "ada").ID)
	const callers = 50
	concurrently := func(call func(i int)) {
		var group sync.WaitGroup
		for i := range callers {
			group.Go(func() { call(i) })
		}
		group.Wait()
		if t.Failed() {
			t.FailNow()
		}
	}
	var successor string
	exchange := func() {
		answers := make([]*account.Tokens, callers)
		concurrently(func(i int) {
			var err error
			if answers[i], err = w.Refresh(t.Context(), &raw); err != nil {
				t.Error(err)
			}
		})
		ids := map[string]bool{}
		for _, tokens := range answers {
			if successor == "" {
				successor = *tokens.Refresh
			}
			same(t, "refresh token", *tokens.Refresh, successor)
			ids[w.claims(t, tokens.Access).ID] = true
		}
		same(t, "access tokens", len(ids), callers)
		same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), 1)
	}
	exchange()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open()
	defer db.Close()
	w = over(t, db, new(statements), w.clock, acceptForeign)
	w.clock.pass(9 * time.Second)
	exchange()

	w.clock.pass(2 * time.Second)
	reasons := make([]string, callers)
	concurrently(func(i int) {
		_, err := w.Refresh(t.Context(), &raw)
		var refused *fault.Error
		if !errors.As(err, &refused) {
			t.Errorf("error %v", err)
			return
		}
		reasons[i] = refused.Reason
	})
	same(t, "refusals", strings.Count(strings.Join(reasons, " "), "TOKEN_REUSED"), 1)
	same(t, "refusals", strings.Count(strings.Join(reasons, " "), "TOKEN_REVOKED"), callers-1)
	w.wantRevoked(t, successor, session.RevokedBecauseReuse)
	same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), 1)
}

// What happens between a foreign refresh's reading and its writing decides.
func TestForeignRefreshOvertaken(t *testing.T) {
	for name, row := range map[string]struct {
		change func(ctx context.Context, tx *ent.Tx) error
		want   token.Reason
	}{
		"deactivated": {func(ctx context.Context, tx *ent.Tx) error {
			return tx.User.Update().SetIsActive(false).Exec(ctx)
		}, token.UserInactive},
		"signed out": {func(ctx context.Context, tx *ent.Tx) error {
			return tx.User.Update().SetTokensValidFrom(noon).Exec(ctx)
		}, token.Revoked},
		"revoked": {func(ctx context.Context, tx *ent.Tx) error {
			return tx.ForeignToken.Create().SetID(fmt.Sprintf("%x", sha256.Sum256([]byte("a")))).
				SetUsedAt(noon).SetExpiresAt(noon.Add(time.Hour)).Exec(ctx)
		}, token.Revoked},
	} {
		t.Run(name, func(t *testing.T) {
			w := inLine(t, acceptForeign)
			raw := w.foreign(t, token.Refresh, w.register(t, "ada").ID, map[string]any{"jti": "a"})
			var err error
			w.meanwhile(t, func() { _, err = w.Refresh(t.Context(), &raw) }, func(tx *ent.Tx) error {
				return row.change(t.Context(), tx)
			})
			wantInvalidToken(t, err, row.want)
			same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), 0)
		})
	}
}

// Nothing remains of an exchange that could not be recorded: the token serves at the next try.
func TestForeignRefreshIsOneTransaction(t *testing.T) {
	w := build(t, acceptForeign, func(s *account.Settings, _ *token.Settings) { s.SessionsPerUser = 1 })
	u := w.register(t, "ada")
	only := w.obtain(t, "ada")
	raw := w.foreign(t, token.Refresh, u.ID)
	ctx, cancel := context.WithCancel(t.Context())
	w.ran.begun = cancel // the client hangs up when the transaction has begun
	if _, err := w.Refresh(ctx, &raw); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	w.ran.begun = nil
	same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), 1)
	same(t, "records", w.db.Read.ForeignToken.Query().CountX(t.Context()), 0)
	same(t, "revoked sessions", w.revoked(t), 0)

	// It counts as a session: the only one a user may have is now this one.
	tokens := w.refresh(t, &raw)
	w.wantEnded(t, only, session.RevokedBecauseTooMany)
	w.wantAlive(t, "the new session", tokens)
}

// Two tokens of one name can only come of servers that give names out carelessly, or worse. The second is refused; it
// neither gets the other's session nor ends it.
func TestForeignTokensOfOneName(t *testing.T) {
	w := build(t, acceptForeign)
	ada, bob := w.register(t, "ada"), w.register(t, "bob")
	adas, bobs := w.foreign(t, token.Refresh, ada.ID), w.foreign(t, token.Refresh, bob.ID)
	first := w.refresh(t, &adas)
	for _, pass := range []time.Duration{0, time.Minute} {
		w.clock.pass(pass)
		w.wantWorthless(t, bobs, token.Revoked)
		if revoked, err := w.Revoke(t.Context(), &bobs); err != nil || revoked {
			t.Errorf("Bob's token revokes Ada's session: %v, %v", revoked, err)
		}
	}
	w.wantAlive(t, "Ada's session", first)
	same(t, "sessions", w.db.Read.Session.Query().Where(session.HasUserWith(user.ID(bob.ID))).CountX(t.Context()), 0)
}

// Names are compared as they are, however odd or long.
func TestNamesOfForeignTokens(t *testing.T) {
	w := build(t, acceptForeign)
	u := w.register(t, "ada")
	names := []string{
		"a", "A", "a ", "a\x00", "a\x00b", "\u00e9", "e\u0301", "\U0001F511", "'; DROP TABLE foreign_tokens; --", "%", "../../etc/passwd",
		strings.Repeat("j", 2800), strings.Repeat("j", 2801),
	}
	for i, name := range names {
		raw := w.foreign(t, token.Refresh, u.ID, map[string]any{"jti": name})
		w.refresh(t, &raw)
		same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), i+1)
	}
	for _, name := range []any{nil, "", strings.Repeat("j", 4096)} {
		w.wantVerdict(t, w.foreign(t, token.Refresh, u.ID, map[string]any{"jti": name}), token.Invalid)
	}
}

func TestRevokeForeign(t *testing.T) {
	type setting = func(*account.Settings, *token.Settings)
	leeway := func(_ *account.Settings, ts *token.Settings) { ts.Leeway = time.Minute }
	for _, row := range []struct {
		name    string
		setting setting
		used    bool
		pass    time.Duration
		revoked bool
		then    token.Reason
	}{
		{"unused", acceptForeign, false, 0, true, token.Revoked},
		{"unused, just before it expires", acceptForeign, false, 24*time.Hour - time.Second, true, token.Revoked},
		{"unused, expired", acceptForeign, false, 24 * time.Hour, false, token.Expired},
		{"unused, within the leeway", leeway, false, 24 * time.Hour, true, token.Revoked},
		{"used", acceptForeign, true, 0, true, token.Revoked},
		{"used, after the grace", acceptForeign, true, time.Minute, true, token.Revoked},
		{"used, expired", acceptForeign, true, 36 * time.Hour, true, token.Expired},
		{"used, session at its end", acceptForeign, true, 31 * 24 * time.Hour, false, token.Expired},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := build(t, acceptForeign, row.setting)
			raw := w.foreign(t, token.Refresh, w.register(t, "ada").ID)
			w.obtain(t, "ada")
			var tokens *account.Tokens
			if row.used {
				tokens = w.refresh(t, &raw)
			}
			w.clock.pass(row.pass)
			for _, want := range []bool{row.revoked, false} {
				if revoked, err := w.Revoke(t.Context(), &raw); err != nil || revoked != want {
					t.Errorf("revoked %v, %v; want %v", revoked, err, want)
				}
			}
			w.wantWorthless(t, raw, row.then)
			ended := 0
			if row.used && row.revoked {
				ended = 1
				w.wantRevoked(t, tokens.Access, session.RevokedBecauseRevoked)
			}
			same(t, "records", w.db.Read.ForeignToken.Query().CountX(t.Context()), 1)
			same(t, "revoked sessions", w.revoked(t), ended)
		})
	}
	t.Run("of users who are not there", func(t *testing.T) {
		w := build(t, acceptForeign)
		u := w.register(t, "ada")
		w.update(t, u.ID, account.UserChanges{IsActive: set(false)})
		for _, id := range []int64{u.ID, 99} {
			raw := w.foreign(t, token.Refresh, id)
			if revoked, err := w.Revoke(t.Context(), &raw); err != nil || revoked {
				t.Errorf("revoked %v, %v", revoked, err)
			}
		}
	})
	t.Run("of a user who is made later", func(t *testing.T) {
		w := build(t, acceptForeign)
		raw := w.foreign(t, token.Refresh, 1)
		if revoked, err := w.Revoke(t.Context(), &raw); err != nil || revoked {
			t.Errorf("revoked %v, %v", revoked, err)
		}
		w.register(t, "ada")
		w.wantWorthless(t, raw, token.Revoked)
	})
	t.Run("expired by a clock that is ahead", func(t *testing.T) {
		w := build(t, acceptForeign)
		raw := w.foreign(t, token.Refresh, w.register(t, "ada").ID)
		w.clock.pass(24 * time.Hour)
		if revoked, err := w.Revoke(t.Context(), &raw); err != nil || revoked {
			t.Errorf("revoked %v, %v", revoked, err)
		}
		w.clock.pass(-5 * time.Second)
		w.wantWorthless(t, raw, token.Revoked)
	})
	t.Run("an access token", func(t *testing.T) {
		w := build(t, acceptForeign)
		raw := w.foreign(t, token.Access, w.register(t, "ada").ID)
		_, err := w.Revoke(t.Context(), &raw)
		wantInvalidToken(t, err, token.WrongType)
		w.wantVerdict(t, raw, "")
	})
}

// Tokens that were revoked while it was on stay so, and sessions that were begun go on, when the setting is turned off.
func TestForeignTokensNoLonger(t *testing.T) {
	on := build(t, acceptForeign)
	u := on.register(t, "ada")
	raw := on.foreign(t, token.Refresh, u.ID)
	tokens := on.refresh(t, &raw)
	off := over(t, on.db, new(statements), on.clock)
	off.wantWorthless(t, raw, token.Invalid)
	_, err := off.Authenticate(t.Context(), off.foreign(t, token.Access, u.ID))
	wantReason(t, err, token.Invalid)
	off.wantAlive(t, "the session", tokens)
	on.clock.pass(time.Minute)
	on.wantWorthless(t, raw, token.Reused)
}

// What is known of a foreign token is kept as long as that could be presented, whatever the leeway, and then no longer.
func TestFlushForeign(t *testing.T) {
	w := build(t, acceptForeign)
	u := w.register(t, "ada")
	raw, forever := w.foreign(t, token.Refresh, u.ID), w.foreign(t, token.Refresh, u.ID, map[string]any{"jti": "x", "exp": 253402300799})
	tokens := w.refresh(t, &raw)
	w.refresh(t, &forever)
	var rows []*ent.ForeignTokenCreate
	w.write(t, func(tx *ent.Tx) error {
		for i := range 1201 {
			rows = append(rows, tx.ForeignToken.Create().SetID(fmt.Sprint(i)).SetUsedAt(noon).SetExpiresAt(noon.Add(48*time.Hour)))
		}
		return tx.ForeignToken.CreateBulk(rows...).Exec(t.Context())
	})
	for _, step := range []struct {
		pass          time.Duration
		deleted, left int
	}{{0, 0, 1203}, {48*time.Hour - time.Second, 0, 1203}, {2 * time.Second, 1202, 1}} {
		w.clock.pass(step.pass)
		if deleted, err := w.FlushForeign(t.Context()); err != nil || deleted != step.deleted {
			t.Fatalf("deleted %d, %v; want %d", deleted, err, step.deleted)
		}
		same(t, "records", w.db.Read.ForeignToken.Query().CountX(t.Context()), step.left)
	}
	if _, err := w.FlushExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantWorthless(t, raw, token.Expired)
	w.wantWorthless(t, forever, token.Revoked) // its session is long gone
	_, err := w.Refresh(t.Context(), tokens.Refresh)
	wantInvalidToken(t, err, token.Expired)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.FlushForeign(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
