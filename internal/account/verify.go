package account

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Verdict is what a token is worth now. Of one that is not valid only the Reason is set, of a valid one all else.
type Verdict struct {
	IsValid   bool
	Reason    *token.Reason
	TokenType *token.Type
	ExpiresAt *time.Time // whole seconds
	User      *ent.User
}

// Verify tells what using an access or refresh token now would come to. Nothing comes of asking: not even the
// reuse of a spent token revokes its session.
func (r *Registry) Verify(ctx context.Context, raw string) (*Verdict, error) {
	claims, err := r.check(r.tokens.Verify, raw, token.Any)
	var u *ent.User
	if err == nil {
		u, err = r.holder(ctx, claims)
	}
	var refused *token.Error
	if errors.As(err, &refused) {
		return &Verdict{Reason: &refused.Reason}, nil
	}
	if err != nil {
		return nil, err
	}
	return &Verdict{IsValid: true, TokenType: &claims.Type, ExpiresAt: &claims.ExpiresAt, User: u}, nil
}

// holder is the user whose token would serve now. The error is a *token.Error when it would not.
func (r *Registry) holder(ctx context.Context, claims token.Claims) (*ent.User, error) {
	now := r.now()
	claims, err := r.settle(ctx, claims)
	if err != nil {
		return nil, err
	}
	found, err := r.standing(ctx, claims)
	if err != nil {
		return nil, err
	}
	if claims.Type == token.Access || isForeign(claims) {
		return found.user, found.check(claims, now)
	}
	at, err := r.assess(found, claims, now)
	if err != nil {
		return nil, err
	}
	return found.user, at.check()
}
