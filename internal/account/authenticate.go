package account

import (
	"context"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Authenticate is the viewer that an access token stands for, with the *ent.User as its Record. It asks the
// database once, so that a token is worth nothing any more as soon as its session or its user's activity ends.
// The error is a *token.Error when the token does not serve.
func (r *Registry) Authenticate(ctx context.Context, access string) (auth.Viewer, error) {
	claims, err := r.check(r.tokens.Verify, access, token.Access)
	if err != nil {
		return auth.Viewer{}, err
	}
	found, err := r.standing(ctx, claims)
	if err != nil {
		return auth.Viewer{}, err
	}
	if err := found.check(claims, r.now()); err != nil {
		return auth.Viewer{}, err
	}
	return auth.Viewer{
		UserID:    found.user.ID,
		SessionID: claims.SessionID,
		IsStaff:   found.user.IsStaff,
		Written:   found.written,
		Record:    found.user,
	}, nil
}
