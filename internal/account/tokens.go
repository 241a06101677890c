package account

import (
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Tokens are what a session is worth now: the pair of tokens, and whose they are.
type Tokens struct {
	Access                            string
	Refresh                           *string
	AccessExpiresAt, RefreshExpiresAt time.Time // whole seconds
	User                              *ent.User
}

// issue signs the session's current refresh token, which is the same each time, and a fresh access token.
func (r *Registry) issue(u *ent.User, s *ent.Session, now time.Time) (*Tokens, error) {
	id, err := token.NewID(r.settings.Random)
	if err != nil {
		return nil, fmt.Errorf("issuing tokens: %w", err)
	}
	accessExpiry := earlier(wholeSeconds(now).Add(r.settings.AccessLifetime), s.ExpiresAt) // which is no later than EndsAt
	access, err := r.tokens.Sign(token.Claims{
		Type:      token.Access,
		ID:        id,
		UserID:    u.ID,
		SessionID: s.ID,
		IssuedAt:  wholeSeconds(now),
		ExpiresAt: accessExpiry,
	})
	if err != nil {
		return nil, fmt.Errorf("issuing tokens: %w", err)
	}
	refresh, err := r.tokens.Sign(token.Claims{
		Type:       token.Refresh,
		ID:         token.RefreshID(s.ID, s.Generation),
		UserID:     u.ID,
		SessionID:  s.ID,
		Generation: s.Generation,
		IssuedAt:   wholeSeconds(s.RotatedAt),
		ExpiresAt:  s.ExpiresAt,
	})
	if err != nil {
		return nil, fmt.Errorf("issuing tokens: %w", err)
	}
	return &Tokens{
		Access:           access,
		Refresh:          &refresh,
		AccessExpiresAt:  accessExpiry,
		RefreshExpiresAt: s.ExpiresAt,
		User:             u,
	}, nil
}

// refreshExpiry is when a refresh token issued now expires, in a session that ends then.
func (r *Registry) refreshExpiry(now, endsAt time.Time) time.Time {
	return earlier(wholeSeconds(now).Add(r.settings.RefreshLifetime), endsAt)
}

// check reads a token's claims with verify, one of the issuer's methods. The error is a *token.Error. A token
// that does not say its session, or as a refresh token its generation, is none that a Registry issued; one that says
// neither is taken all the same when foreign tokens are.
func (r *Registry) check(verify func(string, token.Type) (token.Claims, error), raw string, want token.Type) (token.Claims, error) {
	claims, err := verify(raw, want)
	if err != nil {
		return token.Claims{}, err
	}
	if r.settings.AcceptForeign && isForeign(claims) {
		return claims, nil
	}
	if claims.SessionID == 0 || claims.Type == token.Refresh && claims.Generation == 0 {
		return token.Claims{}, token.NewError(token.Invalid)
	}
	return claims, nil
}

// refusal tells a client that the token in an argument does not serve, if that is what the error is.
func refusal(err error) error {
	var refused *token.Error
	if errors.As(err, &refused) {
		return &fault.Error{Code: fault.TokenNotValid, Message: refused.Message, Reason: string(refused.Reason)}
	}
	return err
}

// wholeSeconds cuts off a time's fraction of a second: tokens know none.
func wholeSeconds(t time.Time) time.Time { return t.Truncate(time.Second) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
