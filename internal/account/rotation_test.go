package account_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Fifty at once make one new generation, and all get it; so they do after a restart within the grace.
func TestConcurrentRefreshes(t *testing.T) {
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
	w := over(t, db, new(statements), &clock{time: noon})
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	w.clock.pass(time.Minute)

	successor := ""
	fifty := func() {
		t.Helper()
		const callers = 50
		answers := make([]*account.Tokens, callers)
		var group sync.WaitGroup
		for i := range callers {
			group.Go(func() {
				var err error
				if answers[i], err = w.Refresh(t.Context(), first.Refresh); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if t.Failed() {
			t.FailNow()
		}
		ids := map[string]bool{}
		for _, tokens := range answers {
			if successor == "" {
				successor = *tokens.Refresh
			}
			same(t, "successor", *tokens.Refresh, successor)
			same(t, "expiry", tokens.RefreshExpiresAt, answers[0].RefreshExpiresAt)
			ids[w.claims(t, tokens.Access).ID] = true
		}
		same(t, "different access tokens", len(ids), callers)
		same(t, "generation", w.session(t, successor).Generation, 2)
	}
	fifty()

	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open()
	defer db.Close()
	w = over(t, db, new(statements), w.clock)
	w.clock.pass(9 * time.Second)
	fifty()

	w.clock.pass(2 * time.Second)
	_, err := w.Refresh(t.Context(), first.Refresh)
	wantInvalidToken(t, err, token.Reused)
	_, err = w.Refresh(t.Context(), &successor)
	wantInvalidToken(t, err, token.Revoked)
}

func TestConcurrentReuseIsFoundOnce(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	w.refresh(t, first.Refresh)
	w.clock.pass(time.Minute)
	const callers = 20
	errs := make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { _, errs[i] = w.Refresh(t.Context(), first.Refresh) })
	}
	group.Wait()
	count := map[string]int{}
	for _, err := range errs {
		var refused *fault.Error
		if !errors.As(err, &refused) {
			t.Fatalf("error %v", err)
		}
		count[refused.Reason]++
	}
	if count[string(token.Reused)] != 1 || count[string(token.Revoked)] != callers-1 {
		t.Errorf("refusals %v; want TOKEN_REUSED once and TOKEN_REVOKED otherwise", count)
	}
}

// What happens to the session between a refresh's reading and its writing decides.
func TestRefreshOvertaken(t *testing.T) {
	ctx := t.Context()
	later := noon.Truncate(time.Second).Add(25 * time.Hour)
	rotate := func(generation int64) func(tx *ent.Tx, s *ent.Session) error {
		return func(tx *ent.Tx, s *ent.Session) error {
			return tx.Session.UpdateOne(s).SetGeneration(generation).SetExpiresAt(later).Exec(ctx)
		}
	}
	for _, tt := range []struct {
		name       string
		change     func(tx *ent.Tx, s *ent.Session) error
		want       token.Reason // empty: the successor
		generation int64
		revoked    session.RevokedBecause // empty: not
	}{
		{"rotated", rotate(2), "", 2, ""},
		{"rotated twice", rotate(3), token.Reused, 3, session.RevokedBecauseReuse},
		{"revoked", func(tx *ent.Tx, s *ent.Session) error {
			return tx.Session.UpdateOne(s).SetRevokedAt(noon).SetRevokedBecause(session.RevokedBecauseTooMany).Exec(ctx)
		}, token.Revoked, 1, session.RevokedBecauseTooMany},
		{"rotated and revoked", func(tx *ent.Tx, s *ent.Session) error {
			return tx.Session.UpdateOne(s).SetGeneration(2).SetRevokedAt(noon).SetRevokedBecause(session.RevokedBecauseRevoked).Exec(ctx)
		}, token.Revoked, 2, session.RevokedBecauseRevoked},
		{"user deactivated", func(tx *ent.Tx, s *ent.Session) error {
			return errors.Join(
				tx.User.UpdateOneID(s.UserID).SetIsActive(false).Exec(ctx),
				tx.Session.UpdateOne(s).SetRevokedAt(noon).SetRevokedBecause(session.RevokedBecauseDeactivated).Exec(ctx),
			)
		}, token.UserInactive, 1, session.RevokedBecauseDeactivated},
		{"user deleted", func(tx *ent.Tx, s *ent.Session) error {
			return tx.User.DeleteOneID(s.UserID).Exec(ctx)
		}, token.UserNotFound, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := inLine(t)
			w.register(t, "ada")
			first := w.obtain(t, "ada")
			before := w.session(t, *first.Refresh)
			w.meanwhile(t, func() {
				tokens, err := w.Refresh(t.Context(), first.Refresh)
				if tt.want != "" {
					wantInvalidToken(t, err, tt.want)
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				same(t, "successor's generation", w.claims(t, *tokens.Refresh).Generation, 2)
				same(t, "successor's expiry", tokens.RefreshExpiresAt, later)
			}, func(tx *ent.Tx) error { return tt.change(tx, before) })
			if tt.generation == 0 {
				return
			}
			s := w.session(t, *first.Refresh)
			same(t, "generation", s.Generation, tt.generation)
			if tt.revoked == "" {
				same(t, "revoked", s.RevokedAt, nil)
			} else {
				w.wantRevoked(t, *first.Refresh, tt.revoked)
			}
		})
	}
}

// Whoever uses a stolen token cannot save its session by hanging up.
func TestReuseIsPunishedEvenIfNobodyWaits(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	first := w.obtain(t, "ada")
	w.refresh(t, first.Refresh)
	w.clock.pass(time.Minute)
	ctx, hangUp := context.WithCancel(t.Context())
	w.ran.begun = hangUp
	_, err := w.Refresh(ctx, first.Refresh)
	wantInvalidToken(t, err, token.Reused)
	if ctx.Err() == nil {
		t.Fatal("nobody hung up")
	}
	w.wantRevoked(t, *first.Refresh, session.RevokedBecauseReuse)
}

// Rotation and revocation may come at the same time in any order; a revoked session never gets a live successor.
func TestRefreshAgainstRevoke(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	for range 10 {
		tokens := w.obtain(t, "ada")
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				next, err := w.Refresh(t.Context(), tokens.Refresh)
				if err != nil {
					wantInvalidToken(t, err, token.Revoked)
					return
				}
				if *next.Refresh == *tokens.Refresh {
					t.Error("a refresh without a successor")
				}
			})
		}
		group.Go(func() {
			if revoked, err := w.Revoke(t.Context(), tokens.Refresh); err != nil || !revoked {
				t.Errorf("Revoke = %v, %v", revoked, err)
			}
		})
		group.Wait()
		w.wantRevoked(t, *tokens.Refresh, session.RevokedBecauseRevoked)
		_, err := w.Refresh(t.Context(), tokens.Refresh)
		wantInvalidToken(t, err, token.Revoked)
	}
}
