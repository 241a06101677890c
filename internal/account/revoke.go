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
// token of this server. In cookie mode the token may be the cookie's, which is then cleared; the error may be
// FORBIDDEN.
func (r *Registry) Revoke(ctx context.Context, refresh *string) (bool, error) {
	raw, jar, err := presented(ctx, refresh)
	if err != nil {
		return false, err
	}
	claims, err := check(r.tokens.VerifyGenuine, raw, token.Refresh)
	if err != nil {
		jar.Clear() // who signs out must not keep it
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
	if err == nil { // else it is needed to try again
		jar.Clear()
	}
	return revoked > 0, err
}
