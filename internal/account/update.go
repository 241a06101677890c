package account

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// UserChanges are what staff may change of an account.
type UserChanges struct {
	Email               patch.Field[string]
	FirstName, LastName patch.Field[string] // null clears
	IsActive, IsStaff   patch.Field[bool]
}

// Update changes a user. Whether the viewer may is the caller's to know. Deactivating revokes all the user's
// sessions; activating again revives none. The last active staff user stays that.
//
// The error is NOT_FOUND, or a fault.Mistakes with everything that is wrong with the changes, none of which were
// then made.
func (r *Registry) Update(ctx context.Context, id int64, changes UserChanges) (*ent.User, error) {
	var u *ent.User
	err := r.db.Write(ctx, func(tx *ent.Tx) error {
		was, err := tx.User.Get(ctx, id)
		if ent.IsNotFound(err) {
			return noSuchUser()
		}
		if err != nil {
			return fmt.Errorf("reading the user to change: %w", err)
		}
		e := edit{tx: tx, was: was, update: tx.User.UpdateOne(was)}
		u, err = e.apply(ctx, changes)
		if err != nil {
			return err
		}
		if u.IsActive {
			return nil
		}
		_, err = revoke(ctx, tx, session.RevokedBecauseDeactivated, r.now(), session.UserID(id))
		return err
	})
	if err != nil {
		return nil, err
	}
	return u.Unwrap(), nil
}

// edit is one update of one user in the making.
type edit struct {
	tx       *ent.Tx
	was      *ent.User
	update   *ent.UserUpdateOne
	mistakes fault.Mistakes
}

// apply looks at every change, in the order of the fields, and makes them all or none.
func (e *edit) apply(ctx context.Context, changes UserChanges) (*ent.User, error) {
	email, emailSet := changes.Email.ValueOK()
	if emailSet {
		if err := e.email(ctx, email); err != nil {
			return nil, err
		}
	}
	e.name("firstName", changes.FirstName, e.update.SetFirstName)
	e.name("lastName", changes.LastName, e.update.SetLastName)
	if err := e.roles(ctx, changes.IsActive, changes.IsStaff); err != nil {
		return nil, err
	}
	if err := e.mistakes.Err(); err != nil {
		return nil, err
	}
	if emailSet {
		if err := e.moveIdentifier(ctx, fold.Identifier(cleanText(*email))); err != nil {
			return nil, err
		}
	}
	u, err := e.update.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("changing a user: %w", err)
	}
	return u, nil
}

// email looks at a new e-mail address; nil is null.
func (e *edit) email(ctx context.Context, value *string) error {
	if value == nil {
		note(&e.mistakes, "email", required())
		return nil
	}
	address := cleanText(*value)
	if f := emailFlaw(address); f != (flaw{}) {
		note(&e.mistakes, "email", f)
		return nil
	}
	key := fold.Identifier(address)
	taken, err := owners(ctx, e.tx.Identifier, key)
	if err != nil {
		return err
	}
	if owner, found := taken[key]; found && owner != e.was.ID {
		note(&e.mistakes, "email", emailTaken())
	}
	e.update.SetEmail(address).SetEmailKey(key)
	return nil
}

// moveIdentifier has the user sign in by the new e-mail address' key instead of the old one's. The username's
// key stays, even where it is either of them.
func (e *edit) moveIdentifier(ctx context.Context, key string) error {
	if key == e.was.EmailKey {
		return nil
	}
	if e.was.EmailKey != e.was.UsernameKey {
		if err := e.tx.Identifier.DeleteOneID(e.was.EmailKey).Exec(ctx); err != nil {
			return fmt.Errorf("giving up a name: %w", err)
		}
	}
	if key == e.was.UsernameKey {
		return nil
	}
	return claim(ctx, e.tx, key, e.was.ID, "email", emailTaken())
}

// name looks at a person's new name, and sets it.
func (e *edit) name(field string, change patch.Field[string], set func(string) *ent.UserUpdateOne) {
	value, isSet := change.ValueOK()
	if !isSet {
		return
	}
	name := ""
	if value != nil {
		name = cleanText(*value)
	}
	note(&e.mistakes, field, nameFlaw(name))
	set(name)
}

// roles looks at whether the user is to be active and staff: whoever is the last that is both has to stay so.
func (e *edit) roles(ctx context.Context, active, staff patch.Field[bool]) error {
	others := 1
	if e.was.IsActive && e.was.IsStaff {
		var err error
		others, err = e.tx.User.Query().Where(user.IDNEQ(e.was.ID), user.IsActive(true), user.IsStaff(true)).Count(ctx)
		if err != nil {
			return fmt.Errorf("counting staff: %w", err)
		}
	}
	e.role("isActive", active, others, e.update.SetIsActive)
	e.role("isStaff", staff, others, e.update.SetIsStaff)
	return nil
}

func (e *edit) role(field string, change patch.Field[bool], others int, set func(bool) *ent.UserUpdateOne) {
	value, isSet := change.ValueOK()
	switch {
	case !isSet:
	case value == nil:
		note(&e.mistakes, field, required())
	case !*value && others == 0:
		note(&e.mistakes, field, flaw{fault.Invalid, "The last active staff user must stay active and staff."})
	default:
		set(*value)
	}
}
