package account

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/token"
)

// place is where a refresh token stands in the succession of its session's.
type place int

const (
	current place = iota // the one to exchange next
	retried              // the one before, again within the grace: its answer may have been lost
	reused               // spent: either this holder or the one before stole it
	unheard              // of a later generation than the session: the database was set back, and lost it
)

// place tells where the token of that generation stands.
func (r *Registry) place(s *ent.Session, generation int64, now time.Time) place {
	grace := r.settings.RefreshGrace
	switch {
	case generation == s.Generation:
		return current
	case generation > s.Generation:
		return unheard
	case generation == s.Generation-1 && grace > 0 && now.Sub(s.RotatedAt).Abs() <= grace:
		return retried
	}
	return reused
}

// check is why a token at this place does not serve, a *token.Error; nil when it does.
func (p place) check() error {
	switch p {
	case current, retried:
		return nil
	case reused:
		return token.NewError(token.Reused)
	default:
		return token.NewError(token.Revoked)
	}
}

// assess is the place of a refresh token that names this standing, or a *token.Error when nothing of the kind would
// serve.
func (r *Registry) assess(found standing, claims token.Claims, now time.Time) (place, error) {
	if err := found.check(claims, now); err != nil {
		return 0, err
	}
	return r.place(found.session, claims.Generation, now), nil
}

// rotate makes the token's successor the session's current one, or has the token stay that where sessions keep
// theirs, and answers how the session then stands: current. Of any number of calls with one token only one rotates;
// the others answer how it stands instead and which place that leaves their token, or a *token.Error.
func (r *Registry) rotate(ctx context.Context, was standing, claims token.Claims, now time.Time) (standing, place, error) {
	next := *was.session
	if !r.settings.KeepRefresh {
		next.Generation++
		next.RotatedAt = later(now, was.session.RotatedAt) // a clock that is set back must not reopen the grace
		next.ExpiresAt = r.refreshExpiry(next.RotatedAt, next.EndsAt)
	}

	var rotated int
	var instead standing
	err := r.db.WriteAt(ctx, database.ReadCommitted, func(tx *ent.Tx) (err error) {
		instead = standing{}
		rotated, err = tx.Session.Update().
			Where(
				session.ID(next.ID),
				session.UserID(next.UserID),
				session.Generation(claims.Generation),
				session.RevokedAtIsNil(),
				session.EndsAtGT(now),
			).
			SetGeneration(next.Generation).
			SetRotatedAt(next.RotatedAt).
			SetExpiresAt(next.ExpiresAt).
			SetLastUsedAt(now).
			Save(ctx)
		if err != nil {
			return fmt.Errorf("rotating a session's refresh token: %w", err)
		}
		if rotated == 0 {
			instead, err = readStanding(ctx, tx.User, claims)
			return err
		}
		return r.trail.Record(ctx, tx, audit.Event{Kind: audit.Refresh, Actor: next.UserID, Subject: next.UserID, Session: next.ID})
	})
	switch {
	case err != nil:
		return standing{}, 0, err
	case rotated == 1:
		return standing{user: was.user, session: &next}, current, nil
	case instead.user != nil:
		instead.user = instead.user.Unwrap() // the transaction is over
	}
	at, err := r.assess(instead, claims, now)
	return instead, at, err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
