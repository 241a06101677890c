package account_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Whatever has happened, tokenVerify says what using a token at that moment comes to. So a few users, sessions and
// foreign tokens live at random for a while, each seed by settings of its own.
func TestVerifyAgreesWithUse(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			l := &life{random: random, world: build(t, acceptForeign, func(s *account.Settings, ts *token.Settings) {
				s.RefreshGrace = []time.Duration{0, 10 * time.Second, time.Minute}[random.IntN(3)]
				s.KeepRefresh = random.IntN(3) == 0
				ts.Leeway = []time.Duration{0, time.Minute}[random.IntN(2)]
				s.SessionsPerUser = 3
				s.AccessLifetime, s.RefreshLifetime, s.SessionLifetime = time.Minute, 5*time.Minute, 12*time.Minute
			})}
			l.registerStaff(t, "root")
			l.register(t, "ada")
			l.register(t, "bob")
			for range 150 {
				l.happen(t)
				if raw, ok := l.any(l.access); ok {
					want := l.verdict(t, raw)
					if _, err := l.Authenticate(t.Context(), raw); reasonOf(err) != want {
						t.Fatalf("the access token %+v: %v, though the verdict is %q", l.claims(t, raw), err, want)
					}
				}
				if raw, ok := l.any(l.refreshes); ok {
					want := l.verdict(t, raw)
					tokens, err := l.Refresh(t.Context(), &raw)
					if reasonOf(err) != want {
						t.Fatalf("the refresh token %+v: %v, though the verdict is %q", l.claims(t, raw), err, want)
					}
					l.keep(tokens)
				}
			}
		})
	}
}

// life is a world in which things happen at random, and the tokens that there are.
type life struct {
	*world
	random            *rand.Rand
	access, refreshes []string
}

func (l *life) keep(tokens *account.Tokens) {
	if tokens != nil {
		l.access, l.refreshes = append(l.access, tokens.Access), append(l.refreshes, *tokens.Refresh)
	}
}

// any is one of the tokens, mostly of the newer ones.
func (l *life) any(tokens []string) (raw string, ok bool) {
	if len(tokens) == 0 {
		return "", false
	}
	return tokens[max(0, len(tokens)-1-l.random.IntN(l.random.IntN(20)+1))], true
}

// verdict is the reason that tokenVerify gives; none for a token that is valid.
func (l *life) verdict(t *testing.T, raw string) string {
	t.Helper()
	verdict, err := l.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if verdict.IsValid {
		return ""
	}
	return string(*verdict.Reason)
}

// happen has one thing happen, if it can.
func (l *life) happen(t *testing.T) {
	t.Helper()
	id, name := int64(2), "ada"
	if l.random.IntN(2) == 0 {
		id, name = 3, "bob"
	}
	ctx, now := t.Context(), l.clock.peek().Unix()
	foreign := map[string]any{
		"jti": fmt.Sprint(l.random.IntN(20)), "iat": now + 9 - int64(l.random.IntN(30)), "exp": now + int64(l.random.IntN(600)),
	}
	var err error
	switch l.random.IntN(24) {
	case 0, 1:
		var tokens *account.Tokens
		tokens, err = l.Obtain(ctx, name, goodPassword)
		l.keep(tokens)
	case 2, 3, 4:
		l.refreshes = append(l.refreshes, l.foreign(t, token.Refresh, id, foreign))
	case 5, 6:
		l.access = append(l.access, l.foreign(t, token.Access, id, foreign))
	case 7:
		_, err = l.Update(ctx, id, account.UserChanges{IsActive: set(l.random.IntN(3) > 0)})
	case 8:
		_, err = l.SetPassword(ctx, name, goodPassword)
	case 9:
		_, err = l.FlushExpired(ctx)
	case 10, 11:
		if raw, ok := l.any(l.refreshes); ok {
			_, err = l.Revoke(ctx, &raw)
		}
	case 12, 13:
		if raw, ok := l.any(l.access); ok {
			scopes := []account.LogoutScope{account.LogoutLocal, account.LogoutOthers, account.LogoutGlobal}
			_, err = l.Logout(l.as(t, raw), scopes[l.random.IntN(len(scopes))])
		}
	case 14:
		l.clock.pass(-time.Duration(l.random.IntN(15)) * time.Second)
	case 15:
		l.clock.pass(time.Duration(l.random.IntN(180)) * time.Second)
	default:
		l.clock.pass(time.Duration(l.random.IntN(8)) * time.Second)
	}
	if refused := new(fault.Error); err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
}

// reasonOf is why a token does not serve; none without an error.
func reasonOf(err error) string {
	var refusal *fault.Error
	var refused *token.Error
	switch {
	case errors.As(err, &refusal):
		return refusal.Reason
	case errors.As(err, &refused):
		return string(refused.Reason)
	case err != nil:
		return err.Error()
	}
	return ""
}
