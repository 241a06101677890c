package account

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
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

// ProfileChanges are what users may change of their own account.
type ProfileChanges struct {
	Username, Email     patch.Field[string]
	FirstName, LastName patch.Field[string] // null clears
}

// changes are what may be changed of an account at all.
type changes struct {
	ProfileChanges
	isActive, isStaff patch.Field[bool]
}

// Update changes a user. Whether the viewer may is the caller's to know. Deactivating revokes all the user's
// sessions; activating again revives none. The last active staff user stays that. What changes nothing is not
// recorded.
//
// The error is NOT_FOUND, or a fault.Mistakes with everything that is wrong with the changes, none of which were
// then made.
func (r *Registry) Update(ctx context.Context, id int64, in UserChanges) (*ent.User, error) {
	viewer, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	return r.change(ctx, id, by(viewer, audit.UserUpdated, id), changes{
		ProfileChanges: ProfileChanges{Email: in.Email, FirstName: in.FirstName, LastName: in.LastName},
		isActive:       in.IsActive,
		isStaff:        in.IsStaff,
	})
}

// UpdateProfile changes the viewer's own account. The error is UNAUTHENTICATED, or as for Update.
func (r *Registry) UpdateProfile(ctx context.Context, in ProfileChanges) (*ent.User, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	return r.change(ctx, viewer.UserID, by(viewer, audit.ProfileUpdated, viewer.UserID), changes{ProfileChanges: in})
}

func (r *Registry) change(ctx context.Context, id int64, event audit.Event, in changes) (*ent.User, error) {
	var u *ent.User
	err := r.db.Write(ctx, func(tx *ent.Tx) error {
		was, err := tx.User.Get(ctx, id)
		if ent.IsNotFound(err) {
			return noSuchUser()
		}
		if err != nil {
			return fmt.Errorf("reading the user to change: %w", err)
		}
		e := edit{tx: tx, was: was, update: tx.User.UpdateOne(was), usernameKey: was.UsernameKey, emailKey: was.EmailKey}
		u, err = e.apply(ctx, in)
		if err != nil {
			return err
		}
		now := r.now()
		if u.IsActive != was.IsActive { // both ways: nor may one come to life that was issued in between
			if err := disownForeign(ctx, tx, id, now); err != nil {
				return err
			}
		}
		ended := 0
		if !u.IsActive {
			ended, err = revoke(ctx, tx, session.RevokedBecauseDeactivated, now, session.UserID(id))
		}
		if err != nil || ended == 0 && sameAccount(u, was) {
			return err
		}
		return r.trail.Record(ctx, tx, event)
	})
	if err != nil {
		return nil, err
	}
	return u.Unwrap(), nil
}

// sameAccount says whether a user is as they were, in all that can be changed.
func sameAccount(u, was *ent.User) bool {
	return u.Username == was.Username && u.Email == was.Email && u.FirstName == was.FirstName && u.LastName == was.LastName &&
		u.IsActive == was.IsActive && u.IsStaff == was.IsStaff
}

// edit is one update of one user in the making.
type edit struct {
	tx                    *ent.Tx
	was                   *ent.User
	update                *ent.UserUpdateOne
	usernameKey, emailKey string // as they will be
	mistakes              fault.Mistakes
}

// apply looks at every change, in the order of the fields, and makes them all or none.
func (e *edit) apply(ctx context.Context, in changes) (*ent.User, error) {
	if err := e.username(ctx, in.Username); err != nil {
		return nil, err
	}
	if err := e.email(ctx, in.Email); err != nil {
		return nil, err
	}
	first := e.name("firstName", in.FirstName, e.was.FirstName)
	last := e.name("lastName", in.LastName, e.was.LastName)
	if first != e.was.FirstName || last != e.was.LastName {
		e.update.SetFirstName(first).SetLastName(last).SetNameKey(searchKey(first, last))
	}
	if err := e.roles(ctx, in.isActive, in.isStaff); err != nil {
		return nil, err
	}
	if err := e.mistakes.Err(); err != nil {
		return nil, err
	}
	if err := e.moveIdentifiers(ctx); err != nil {
		return nil, err
	}
	u, err := e.update.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("changing a user: %w", err)
	}
	return u, nil
}

// username looks at a new username, and sets it.
func (e *edit) username(ctx context.Context, change patch.Field[string]) error {
	return e.identifier(ctx, "username", change, cleanUsername, usernameFlaw, usernameTaken(), func(name, key string) {
		e.update.SetUsername(name).SetUsernameKey(key)
		e.usernameKey = key
	})
}

// email looks at a new e-mail address, and sets it.
func (e *edit) email(ctx context.Context, change patch.Field[string]) error {
	return e.identifier(ctx, "email", change, cleanText, emailFlaw, emailTaken(), func(address, key string) {
		e.update.SetEmail(address).SetEmailKey(key)
		e.emailKey = key
	})
}

// identifier looks at a new name to sign in by, and sets it.
func (e *edit) identifier(ctx context.Context, field string, change patch.Field[string],
	clean func(string) string, flawOf func(string) flaw, taken flaw, set func(name, key string),
) error {
	value, isSet := change.ValueOK()
	if !isSet {
		return nil
	}
	if value == nil {
		note(&e.mistakes, field, required())
		return nil
	}
	name := clean(*value)
	if f := flawOf(name); f != (flaw{}) {
		note(&e.mistakes, field, f)
		return nil
	}
	key := fold.Identifier(name)
	owner, err := owners(ctx, e.tx.Identifier, key)
	if err != nil {
		return err
	}
	if id, found := owner[key]; found && id != e.was.ID {
		note(&e.mistakes, field, taken)
	}
	set(name, key)
	return nil
}

// moveIdentifiers has the user sign in by the new names instead of the old ones. One that is neither's alone,
// as an address that serves as the username too, stays.
func (e *edit) moveIdentifiers(ctx context.Context) error {
	for _, key := range distinct(e.was.UsernameKey, e.was.EmailKey) {
		if key == e.usernameKey || key == e.emailKey {
			continue
		}
		if err := e.tx.Identifier.DeleteOneID(key).Exec(ctx); err != nil {
			return fmt.Errorf("giving up a name: %w", err)
		}
	}
	for _, key := range distinct(e.usernameKey, e.emailKey) {
		if key == e.was.UsernameKey || key == e.was.EmailKey {
			continue
		}
		field, taken := "email", emailTaken()
		if key == e.usernameKey {
			field, taken = "username", usernameTaken()
		}
		if err := claim(ctx, e.tx, key, e.was.ID, field, taken); err != nil {
			return err
		}
	}
	return nil
}

// distinct is both keys, or the one that both are.
func distinct(a, b string) []string {
	if a == b {
		return []string{a}
	}
	return []string{a, b}
}

// name looks at a person's new name, and answers the one that they will have.
func (e *edit) name(field string, change patch.Field[string], was string) string {
	value, isSet := change.ValueOK()
	if !isSet {
		return was
	}
	name := ""
	if value != nil {
		name = cleanText(*value)
	}
	note(&e.mistakes, field, nameFlaw(name))
	return name
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
