package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
)

// errChanged says that the account was changed while its password was being checked.
var errChanged = errors.New("the account changed meanwhile")

// Obtain signs in by username or e-mail address: it begins a session and answers its first tokens. The error is
// INVALID_CREDENTIALS, the same after the same work for an unknown user, an inactive one and a wrong password,
// or RATE_LIMITED. In cookie mode the refresh token is put into the cookie, and the error may be FORBIDDEN.
//
// Failures are counted by the name as it was typed and not by the user, or the count would tell which names are
// somebody's, and which are the same user's.
func (r *Registry) Obtain(ctx context.Context, username, password string) (*Tokens, error) {
	tokens, err := r.signIn(ctx, username, password)
	r.settings.Observer.SignIn(err)
	return tokens, err
}

func (r *Registry) signIn(ctx context.Context, username, password string) (tokens *Tokens, err error) {
	jar := refreshcookie.FromContext(ctx)
	if err := jar.CheckPreflight(); err != nil {
		return nil, err
	}
	address := auth.ClientFromContext(ctx).IPAddress
	err = r.settings.Guard.TryAccount(ctx, address, nameKey(username), func(try *backoff.Try) error {
		tokens, err = r.obtain(ctx, try, username, password)
		if errors.Is(err, errChanged) {
			// Another sign-in may have renewed the hash of the very same password. It does so once, and a second look
			// finds either that or a change that was meant.
			tokens, err = r.obtain(ctx, try, username, password)
		}
		if errors.Is(err, errChanged) {
			var u *ent.User
			if u, err = r.userNamed(ctx, username); err == nil {
				err = r.refuseSignIn(ctx, try, u)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return tokens.putIn(jar), nil
}

func (r *Registry) obtain(ctx context.Context, try *backoff.Try, username, password string) (*Tokens, error) {
	u, err := r.userNamed(ctx, username)
	if err != nil {
		return nil, err
	}
	hash := ""
	if u != nil && u.IsActive {
		hash = u.PasswordHash
	}
	ok, renewed, err := r.hasher.verify(ctx, try.Failures(), password, hash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, r.refuseSignIn(ctx, try, u)
	}

	var s *ent.Session
	now := r.now()
	err = r.db.Write(ctx, func(tx *ent.Tx) error {
		update := tx.User.Update().
			Where(user.ID(u.ID), user.IsActive(true), user.PasswordHash(hash)).
			SetLastLogin(now)
		if renewed != "" {
			update.SetPasswordHash(renewed)
		}
		n, err := update.Save(ctx)
		if err != nil {
			return fmt.Errorf("recording a sign-in: %w", err)
		}
		if n == 0 {
			return errChanged
		}
		if err := try.ForgiveIn(ctx, tx); err != nil {
			return err
		}
		s, err = r.begin(ctx, tx, u.ID, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	u.LastLogin = &now
	return r.issue(u, s, now)
}

// refuseSignIn counts and records a sign-in that failed, as this user or as nobody there is, and is its refusal. It does the
// same work for everybody, and what was typed in is not recorded: people type passwords there.
func (r *Registry) refuseSignIn(ctx context.Context, try *backoff.Try, u *ent.User) error {
	try.Keep()
	failed := audit.Event{Kind: audit.SignInFailed}
	if u != nil {
		failed.Subject = u.ID
	}
	// Whoever guesses must not escape the record by hanging up.
	ctx, cancel := database.Outlasting(ctx)
	defer cancel()
	err := r.db.WriteAt(ctx, database.ReadCommitted, func(tx *ent.Tx) error { return r.trail.Record(ctx, tx, failed) })
	if err != nil {
		return err
	}
	return invalidCredentials()
}

func invalidCredentials() error {
	return fault.New(fault.InvalidCredentials, "No active account found with the given credentials")
}
