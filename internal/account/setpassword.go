package account

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// SetPassword gives the user of that username or e-mail address a new password and revokes all their sessions,
// with their foreign tokens.
// An inactive user stays inactive. The error is NOT_FOUND, a fault.Mistakes about "password", or RATE_LIMITED.
func (r *Registry) SetPassword(ctx context.Context, identifier, password string) (*ent.User, error) {
	u, err := r.userNamed(ctx, identifier)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, noSuchUser()
	}
	var mistakes fault.Mistakes
	note(&mistakes, "password", passwordFlaws(password, traits(u.Username, u.Email, u.FirstName, u.LastName)...)...)
	if err := mistakes.Err(); err != nil {
		return nil, err
	}
	hash, err := r.hasher.hash(ctx, 0, password)
	if err != nil {
		return nil, err
	}
	id := u.ID
	err = r.db.Write(ctx, func(tx *ent.Tx) error {
		now := r.now()
		if err := disownForeign(ctx, tx, id, now); err != nil {
			return err
		}
		u, err = tx.User.UpdateOneID(id).SetPasswordHash(hash).Save(ctx)
		if ent.IsNotFound(err) {
			return noSuchUser()
		}
		if err != nil {
			return fmt.Errorf("setting a password: %w", err)
		}
		if _, err = revoke(ctx, tx, session.RevokedBecauseRevoked, now, session.UserID(id)); err != nil {
			return err
		}
		return r.trail.Record(ctx, tx, audit.Event{Kind: audit.PasswordChanged, Subject: id})
	})
	if err != nil {
		return nil, err
	}
	return u.Unwrap(), nil
}

func noSuchUser() error { return fault.New(fault.NotFound, "No such user.") }
