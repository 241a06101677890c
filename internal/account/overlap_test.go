package account_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/patch"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Whatever happens to accounts at the same time, in the end nobody who may not sign in has a session, nobody has more of them
// than they may, and every name is one user's.
func TestWhateverOverlapsLeavesSenseBehind(t *testing.T) {
	const users, workers, steps, most = 3, 6, 25, 4
	w := build(t, acceptForeign, func(s *account.Settings, _ *token.Settings) { s.SessionsPerUser = most })
	names := []string{"ada", "bob", "eve"}
	var ids []int64
	for _, name := range names {
		ids = append(ids, w.register(t, name).ID)
	}
	w.registerStaff(t, "root")
	staff := w.known(t, w.obtain(t, "root"))
	var group sync.WaitGroup
	ctx := t.Context()
	for worker := range workers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 1))
			var refresh *string
			for range steps {
				who := random.IntN(users)
				var err error
				switch random.IntN(6) {
				case 0, 1:
					var tokens *account.Tokens
					if tokens, err = w.Obtain(ctx, names[who], goodPassword); err == nil {
						refresh = tokens.Refresh
					}
				case 2:
					if refresh != nil {
						_, err = w.Refresh(ctx, refresh)
					}
				case 3:
					_, err = w.Update(staff, ids[who], account.UserChanges{IsActive: patch.Set(random.IntN(2) == 0)})
				case 4: // several want the same address
					_, err = w.Update(staff, ids[who], account.UserChanges{Email: patch.Set("wanted@example.org")})
				case 5:
					_, err = w.Update(staff, ids[who], account.UserChanges{Email: patch.Set(names[who] + "@example.org")})
				}
				var mistakes fault.Mistakes
				if err != nil && !errors.As(err, &mistakes) && fault.CodeOf(err) == fault.Internal {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	group.Wait()
	for i, id := range ids {
		u := w.db.Read.User.GetX(t.Context(), id)
		live := w.db.Read.Session.Query().Where(session.UserID(id), session.RevokedAtIsNil()).CountX(t.Context())
		if live > most || !u.IsActive && live > 0 {
			t.Errorf("%s has %d sessions (active: %t)", names[i], live, u.IsActive)
		}
		if keys := u.QueryIdentifiers().IDsX(t.Context()); len(keys) != 2 {
			t.Errorf("%s signs in by %q", names[i], keys)
		}
	}
}
