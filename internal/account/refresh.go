package account

import (
	"context"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Refresh exchanges a refresh token for the session's next pair. Within the grace after that, the spent token
// gets the same refresh token again beside a fresh access token; any later use of it revokes the session. A foreign
// refresh token, where they are accepted, begins a session, and is spent by that in the same way.
//
// The error is BAD_USER_INPUT without a token, and TOKEN_NOT_VALID with a reason for one that does not serve. In cookie
// mode the token is the cookie's, and so is the next; the error may be FORBIDDEN.
func (r *Registry) Refresh(ctx context.Context, refresh *string) (*Tokens, error) {
	tokens, err := r.refresh(ctx, refresh)
	r.settings.Observer.Refresh(err)
	return tokens, err
}

func (r *Registry) refresh(ctx context.Context, refresh *string) (*Tokens, error) {
	raw, jar, err := presentedToRefresh(ctx, refresh)
	if err != nil {
		return nil, err
	}
	claims, err := r.check(r.tokens.Verify, raw, token.Refresh)
	if err != nil {
		return nil, refuse(jar, err)
	}
	tokens, err := r.exchange(ctx, claims)
	return tokens.putIn(jar), refuse(jar, err)
}

func (r *Registry) exchange(ctx context.Context, claims token.Claims) (*Tokens, error) {
	now := r.now()
	claims, err := r.settle(ctx, claims)
	if err != nil {
		return nil, err
	}
	if isForeign(claims) {
		var begun standing
		if begun, claims, err = r.adopt(ctx, claims, now); err != nil {
			return nil, err
		}
		if begun.session != nil {
			return r.issue(begun.user, begun.session, now)
		}
	}
	found, err := r.standing(ctx, claims)
	if err != nil {
		return nil, err
	}
	at, err := r.assess(found, claims, now)
	if err == nil && at == current {
		found, at, err = r.rotate(ctx, found, claims, now)
	}
	if err != nil {
		return nil, err
	}
	if at == reused {
		return nil, r.revokeReused(ctx, claims)
	}
	if err := at.check(); err != nil {
		return nil, err
	}
	return r.issue(found.user, found.session, now)
}

// revokeReused revokes the session of a token that was used again, and is the refusal of that token. Only the
// call that revokes says TOKEN_REUSED; to those after it the session is one that was revoked.
func (r *Registry) revokeReused(ctx context.Context, claims token.Claims) error {
	// Whoever holds a stolen token must not escape by hanging up.
	ctx, cancel := database.Outlasting(ctx)
	defer cancel()
	revoked := 0
	err := r.db.WriteAt(ctx, database.ReadCommitted, func(tx *ent.Tx) (err error) {
		revoked, err = revoke(ctx, tx, session.RevokedBecauseReuse, r.now(),
			session.ID(claims.SessionID), session.UserID(claims.UserID))
		if err != nil || revoked == 0 {
			return err
		}
		return r.trail.Record(ctx, tx, audit.Event{Kind: audit.ReuseDetected, Subject: claims.UserID, Session: claims.SessionID})
	})
	switch {
	case err != nil:
		return err
	case revoked == 0:
		return token.NewError(token.Revoked)
	}
	return token.NewError(token.Reused)
}
