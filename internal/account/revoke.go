package account

import (
	"context"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Revoke ends the session of a refresh token, be it current, spent or expired. It is false when that session was
// over already: revoked, at its end, or gone. A foreign one that was not used yet will never serve; it is false when
// it would not have anyway.
//
// The error is BAD_USER_INPUT without a token, and TOKEN_NOT_VALID with a reason for one that is not a refresh
// token of this server. In cookie mode the token may be the cookie's, which is then cleared; the error may be
// FORBIDDEN. Of several cookies each is revoked that can be.
func (r *Registry) Revoke(ctx context.Context, refresh *string) (bool, error) {
	raws, jar, err := presentedToRevoke(ctx, refresh)
	if err != nil {
		return false, err
	}
	genuine := make(map[string]token.Claims, len(raws))
	for _, raw := range raws {
		claims, refused := r.check(r.tokens.VerifyGenuine, raw, token.Refresh)
		if refused != nil {
			err = refused
			continue
		}
		genuine[raw] = claims
	}
	if len(genuine) == 0 {
		jar.Clear() // who signs out must not keep it
		return false, refusal(err)
	}
	now := r.now()
	revoked := false
	err = r.db.Write(ctx, func(tx *ent.Tx) error {
		revoked = false
		for raw, claims := range genuine {
			ended, err := r.end(ctx, tx, raw, claims, now)
			if err != nil {
				return err
			}
			revoked = revoked || ended
		}
		return nil
	})
	if err == nil { // else it is needed to try again
		jar.Clear()
	}
	return revoked && err == nil, err
}

// end has a genuine refresh token never serve again, and says whether it would have.
func (r *Registry) end(ctx context.Context, tx *ent.Tx, raw string, claims token.Claims, now time.Time) (revoked bool, err error) {
	ended := claims.SessionID
	if isForeign(claims) {
		ended, revoked, err = endForeign(ctx, tx, claims, r.expired(raw), now)
	} else {
		revoked, err = endSession(ctx, tx, claims, now)
	}
	if err != nil || !revoked {
		return false, err
	}
	return true, r.trail.Record(ctx, tx, audit.Event{
		Kind: audit.TokenRevoked, Actor: claims.UserID, Subject: claims.UserID, Session: ended,
	})
}

// endSession revokes the session that a refresh token names, and says whether it was not over already.
func endSession(ctx context.Context, tx *ent.Tx, claims token.Claims, now time.Time) (bool, error) {
	n, err := revoke(ctx, tx, session.RevokedBecauseRevoked, now,
		session.ID(claims.SessionID), session.UserID(claims.UserID), session.EndsAtGT(now),
		session.CreatedAtLTE(claims.IssuedAt.Add(clockSkew)))
	return n > 0, err
}
