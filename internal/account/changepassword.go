package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// ChangePassword gives the viewer a new password, revokes all their other sessions, and ends their foreign tokens, the
// one asked with included. The error is
// UNAUTHENTICATED, RATE_LIMITED, or a fault.Mistakes about "oldPassword" and "newPassword".
//
// A wrong old password is a failure as a sign-in with the username and that password is one.
func (r *Registry) ChangePassword(ctx context.Context, oldPassword, newPassword string) (u *ent.User, err error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	account, err := record(viewer)
	if err != nil {
		return nil, err
	}
	address := auth.ClientFromContext(ctx).IPAddress
	err = r.settings.Guard.TryAccount(ctx, address, account.UsernameKey, func(try *backoff.Try) error {
		u, err = r.changePassword(ctx, try, viewer, oldPassword, newPassword)
		if errors.Is(err, errChanged) {
			// A sign-in may have renewed the hash of the very same password: a second look finds that, or that the
			// password is another by now.
			u, err = r.changePassword(ctx, try, viewer, oldPassword, newPassword)
		}
		if errors.Is(err, errChanged) {
			try.Keep()
			var mistakes fault.Mistakes
			note(&mistakes, "oldPassword", wrongPassword())
			return mistakes
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

func (r *Registry) changePassword(ctx context.Context, try *backoff.Try, viewer auth.Viewer, oldPassword, newPassword string) (*ent.User, error) {
	// Read anew: fields of the same request may have changed the account since the viewer was read.
	was, err := r.db.Read.User.Get(ctx, viewer.UserID)
	if err != nil {
		return nil, fmt.Errorf("reading the user whose password is to change: %w", err)
	}
	right, _, err := r.hasher.verify(ctx, try.Failures(), oldPassword, was.PasswordHash)
	if err != nil {
		return nil, err
	}
	var mistakes fault.Mistakes
	if right {
		try.Forgive()
	} else {
		try.Keep()
		note(&mistakes, "oldPassword", wrongPassword())
	}
	note(&mistakes, "newPassword", passwordFlaws(newPassword, traits(was.Username, was.Email, was.FirstName, was.LastName)...)...)
	if err := mistakes.Err(); err != nil {
		return nil, err
	}
	hash, err := r.hasher.hash(ctx, try.Failures(), newPassword)
	if err != nil {
		return nil, err
	}
	var u *ent.User
	err = r.db.Write(ctx, func(tx *ent.Tx) error {
		// Hashing takes its time, in which staff may have acted, or the viewer from another device.
		alive, err := lives(ctx, tx, viewer)
		if err != nil {
			return err
		}
		if !alive {
			return auth.Unauthenticated(token.NewError(token.Revoked))
		}
		now := r.now()
		if err := disownForeign(ctx, tx, viewer.UserID, now); err != nil {
			return err
		}
		u, err = tx.User.UpdateOne(was).
			Where(user.PasswordHash(was.PasswordHash), user.IsActive(true)).
			SetPasswordHash(hash).
			Save(ctx)
		if ent.IsNotFound(err) {
			return errChanged
		}
		if err != nil {
			return fmt.Errorf("changing a password: %w", err)
		}
		if err := try.ForgiveIn(ctx, tx); err != nil {
			return err
		}
		_, err = revoke(ctx, tx, session.RevokedBecausePasswordChanged, now,
			session.UserID(viewer.UserID), session.IDNEQ(viewer.SessionID))
		if err != nil {
			return err
		}
		return r.trail.Record(ctx, tx, by(viewer, audit.PasswordChanged, viewer.UserID))
	})
	if err != nil {
		return nil, err
	}
	return u.Unwrap(), nil
}

func wrongPassword() flaw {
	return flaw{fault.PasswordIncorrect, "Your old password was entered incorrectly. Please enter it again."}
}
