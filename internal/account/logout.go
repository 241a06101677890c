package account

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
)

// LogoutScope says which of a user's sessions end.
type LogoutScope string

// The scopes, as seen from the session that is signed out from.
const (
	LogoutLocal  LogoutScope = "LOCAL"  // that session
	LogoutOthers LogoutScope = "OTHERS" // all but that one
	LogoutGlobal LogoutScope = "GLOBAL" // all of them
)

// Logout ends sessions of the viewer, and says how many live ones that were. All foreign tokens of the viewer are
// among what GLOBAL ends, and OTHERS for a viewer with a session; one without has none that LOCAL could end, and
// OTHERS ends every session, but no foreign token, as they cannot be told apart. The error is UNAUTHENTICATED.
// With its session the viewer's browser loses the cookie, too.
func (r *Registry) Logout(ctx context.Context, scope LogoutScope) (int, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return 0, err
	}
	which := []predicate.Session{session.UserID(viewer.UserID)}
	switch scope {
	case LogoutLocal:
		which = append(which, session.ID(viewer.SessionID))
	case LogoutOthers:
		which = append(which, session.IDNEQ(viewer.SessionID))
	case LogoutGlobal:
	default:
		return 0, fmt.Errorf("there is no scope %q", scope)
	}
	var ended int
	err = r.db.Write(ctx, func(tx *ent.Tx) (err error) {
		ended, err = r.logout(ctx, tx, viewer, scope, which)
		return err
	})
	if err == nil && scope != LogoutOthers {
		refreshcookie.FromContext(ctx).Clear()
	}
	return ended, err
}

// logout ends those sessions of the viewer and, as far as the scope goes, their foreign tokens. It is recorded when it
// ended anything: what is foreign counts only if the viewer came by it, since nobody knows whether there is any other.
func (r *Registry) logout(ctx context.Context, tx *ent.Tx, viewer auth.Viewer, scope LogoutScope, which []predicate.Session) (int, error) {
	now := r.now()
	ended, err := revoke(ctx, tx, session.RevokedBecauseLogout, now, append(which, live(now))...)
	if err != nil {
		return 0, err
	}
	// Nor may one that has merely expired come to life by a leeway or a clock that is set back.
	expired, err := revoke(ctx, tx, session.RevokedBecauseLogout, now, which...)
	if err != nil {
		return 0, err
	}
	foreign := viewer.SessionID == 0
	if scope == LogoutGlobal || scope == LogoutOthers && !foreign {
		if err := disownForeign(ctx, tx, viewer.UserID, now); err != nil {
			return 0, err
		}
	}
	if ended+expired == 0 && (scope != LogoutGlobal || !foreign) {
		return 0, nil
	}
	return ended, r.trail.Record(ctx, tx, by(viewer, audit.Logout, viewer.UserID))
}

// RevokeSession ends one of the viewer's live sessions, and answers it as it was. The error is UNAUTHENTICATED,
// or a NOT_FOUND mistake for any other id.
func (r *Registry) RevokeSession(ctx context.Context, id int64) (*ent.Session, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	var s *ent.Session
	err = r.db.Write(ctx, func(tx *ent.Tx) (err error) {
		now := r.now()
		s, err = tx.Session.Query().Where(session.ID(id), session.UserID(viewer.UserID), live(now)).Only(ctx)
		if ent.IsNotFound(err) {
			var mistakes fault.Mistakes
			mistakes.Add("id", fault.Missing, "There is no such session.")
			return mistakes
		}
		if err != nil {
			return fmt.Errorf("reading the session to revoke: %w", err)
		}
		if _, err = revoke(ctx, tx, session.RevokedBecauseRevoked, now, session.ID(id)); err != nil {
			return err
		}
		return r.trail.Record(ctx, tx, audit.Event{Kind: audit.SessionRevoked, Actor: viewer.UserID, Subject: viewer.UserID, Session: id})
	})
	if err != nil {
		return nil, err
	}
	return s.Unwrap(), nil
}
