package account

import (
	"context"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Revoke ends the session of a refresh token, be it current, spent or expired. It is false when that session was
// over already: revoked, at its end, or gone.
//
// The error is BAD_USER_INPUT without a token, and TOKEN_NOT_VALID with a reason for one that is not a refresh
// token of this server.
func (r *Registry) Revoke(ctx context.Context, refresh *string) (bool, error) {
	if refresh == nil {
		return false, noRefreshToken()
	}
	claims, err := check(r.tokens.VerifyGenuine, *refresh, token.Refresh)
	if err != nil {
		return false, refusal(err)
	}
	now := r.now()
	revoked := 0
	err = r.db.Write(ctx, func(tx *ent.Tx) (err error) {
		revoked, err = revoke(ctx, tx, session.RevokedBecauseRevoked, now,
			session.ID(claims.SessionID), session.UserID(claims.UserID), session.EndsAtGT(now),
			session.CreatedAtLTE(claims.IssuedAt.Add(clockSkew)))
		return err
	})
	return revoked > 0, err
}
