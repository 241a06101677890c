package account

import (
	"context"
	"fmt"
	"math"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
)

// live are the sessions whose current refresh token would still serve.
func live(now time.Time) predicate.Session {
	return session.And(session.RevokedAtIsNil(), session.ExpiresAtGT(now))
}

// Sessions are the viewer's live sessions, the one last used first. The error is UNAUTHENTICATED.
func (r *Registry) Sessions(ctx context.Context) ([]*ent.Session, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	sessions, err := r.db.Read.Session.Query().
		Where(session.UserID(viewer.UserID), live(r.now())).
		Order(session.ByLastUsedAt(sql.OrderDesc()), session.ByID(sql.OrderDesc())).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading a user's sessions: %w", err)
	}
	return sessions, nil
}

// SessionsByID are those of the sessions that are live and that the viewer may see: their own, and for staff
// everybody's.
func (r *Registry) SessionsByID(ctx context.Context, ids []int64) (map[int64]*ent.Session, error) {
	viewer, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*ent.Session, len(ids))
	if !viewer.SignedIn() || len(ids) == 0 {
		return found, nil
	}
	query := r.db.Read.Session.Query().Where(session.IDIn(ids...), live(r.now()))
	if !viewer.IsStaff {
		query.Where(session.UserID(viewer.UserID))
	}
	sessions, err := query.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading sessions: %w", err)
	}
	for _, s := range sessions {
		found[s.ID] = s
	}
	return found, nil
}

// begin starts a session of the user, as a sign-in, and ends the oldest beyond the number they may have.
func (r *Registry) begin(ctx context.Context, tx *ent.Tx, userID int64, now time.Time) (*ent.Session, error) {
	endsAt := wholeSeconds(now).Add(r.settings.SessionLifetime)
	create := tx.Session.Create().
		SetUserID(userID).
		SetCreatedAt(now).SetLastUsedAt(now).SetRotatedAt(now).
		SetExpiresAt(r.refreshExpiry(now, endsAt)).SetEndsAt(endsAt)
	client := auth.ClientFromContext(ctx)
	if client.IPAddress != "" {
		create.SetIPAddress(client.IPAddress)
	}
	if client.UserAgent != "" {
		create.SetUserAgent(client.UserAgent)
	}
	s, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("beginning a session: %w", err)
	}
	events := []audit.Event{{Kind: audit.SignIn, Actor: userID, Subject: userID, Session: s.ID}}
	trimmed, err := r.trim(ctx, tx, userID, now)
	if err != nil {
		return nil, err
	}
	for _, id := range trimmed {
		events = append(events, audit.Event{Kind: audit.SessionRevoked, Subject: userID, Session: id})
	}
	return s, r.trail.Record(ctx, tx, events...)
}

// trim revokes the user's oldest live sessions beyond the number they may have, and says which those were.
func (r *Registry) trim(ctx context.Context, tx *ent.Tx, userID int64, now time.Time) ([]int64, error) {
	// The oldest by key, as keys only grow and clocks may not.
	oldest, err := tx.Session.Query().
		Where(session.UserID(userID), live(now)).
		Order(session.ByID(sql.OrderDesc())).
		Offset(r.settings.SessionsPerUser).Limit(math.MaxInt32). // SQLite has no OFFSET without a LIMIT
		IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for sessions beyond the limit: %w", err)
	}
	if len(oldest) == 0 {
		return nil, nil
	}
	_, err = revoke(ctx, tx, session.RevokedBecauseTooMany, now, session.UserID(userID), live(now), session.IDLTE(oldest[0]))
	return oldest, err
}

// revoke ends those of the sessions that are not revoked yet, and says how many that were.
func revoke(ctx context.Context, tx *ent.Tx, because session.RevokedBecause, now time.Time, which ...predicate.Session) (int, error) {
	n, err := tx.Session.Update().
		Where(session.RevokedAtIsNil()).Where(which...).
		SetRevokedAt(now).SetRevokedBecause(because).
		Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("revoking sessions: %w", err)
	}
	return n, nil
}
