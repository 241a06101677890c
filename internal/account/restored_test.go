package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/token"
)

// TestTokensOfALostDatabase is about a database that was set back to an older copy: users and sessions that
// are made from then on get the keys of those that were lost, and the lost ones' tokens must not become theirs.
func TestTokensOfALostDatabase(t *testing.T) {
	lost := build(t)
	lost.register(t, "ada")
	stolen := lost.obtain(t, "ada")

	ran := new(statements)
	w := over(t, databasetest.New(t), ran, lost.clock) // the same secret
	w.clock.pass(time.Minute)
	w.register(t, "bob")
	bobs := w.obtain(t, "bob")
	if a, b := w.claims(t, stolen.Access), w.claims(t, bobs.Access); a.UserID != b.UserID || a.SessionID != b.SessionID {
		t.Fatalf("the keys are not the same: %+v and %+v", a, b)
	}

	var refused *token.Error
	if viewer, err := w.Authenticate(t.Context(), stolen.Access); !errors.As(err, &refused) || refused.Reason != token.Revoked {
		t.Errorf("Ada's access token makes viewer %+v, %v; want TOKEN_REVOKED", viewer, err)
	}
	_, err := w.Refresh(t.Context(), stolen.Refresh)
	wantInvalidToken(t, err, token.Revoked)
	if verdict, err := w.Verify(t.Context(), *stolen.Refresh); err != nil || verdict.IsValid || *verdict.Reason != token.Revoked {
		t.Errorf("Verify = %+v, %v", verdict, err)
	}
	if revoked, err := w.Revoke(t.Context(), stolen.Refresh); err != nil || revoked {
		t.Errorf("Ada's token revokes Bob's session: %v, %v", revoked, err)
	}
	if _, err := w.Authenticate(t.Context(), bobs.Access); err != nil {
		t.Errorf("Bob's token no longer serves: %v", err)
	}
}

// TestClocksOfTwoInstancesDiffer is the other side of it: a session may be begun by a clock that is a little ahead.
func TestClocksOfTwoInstancesDiffer(t *testing.T) {
	for _, behind := range []time.Duration{9 * time.Second, 10 * time.Second} {
		w := build(t)
		w.register(t, "ada")
		tokens := w.obtain(t, "ada")
		w.clock.pass(-behind)
		next := w.refresh(t, tokens.Refresh)
		if _, err := w.Authenticate(t.Context(), next.Access); err != nil {
			t.Errorf("%v behind: %v", behind, err)
		}
		claims := w.claims(t, *next.Refresh)
		same(t, "lifetime of the refresh token", claims.ExpiresAt.Sub(claims.IssuedAt), 24*time.Hour)
	}
}
