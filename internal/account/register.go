package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// Registration is what somebody says to get an account.
type Registration struct {
	Username, Email, Password string
	PasswordConfirm           *string // nil: not asked for
	FirstName, LastName       *string // nil: not told
}

// Register makes an active account. It does not sign in. The error is a fault.Mistakes with everything that is
// wrong with the registration, in the order of its fields, RATE_LIMITED, or FORBIDDEN where registration is closed.
//
// Whatever comes of it, it counts as a failure of its address: each one makes an account, or tells which names are
// taken.
func (r *Registry) Register(ctx context.Context, in Registration) (u *ent.User, err error) {
	if r.settings.RegistrationClosed {
		return nil, fault.New(fault.Forbidden, "Registration is closed.")
	}
	address := auth.ClientFromContext(ctx).IPAddress
	err = r.settings.Guard.TryAddress(ctx, address, func(try *backoff.Try) error {
		u, err = r.register(ctx, in, false, try.Failures())
		var mistakes fault.Mistakes
		if err == nil || errors.As(err, &mistakes) || ctx.Err() != nil { // else it was the server that failed
			try.Keep()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// CreateSuperuser is as Register, whether registration is closed or not, the account is staff, and it counts for
// nothing.
func (r *Registry) CreateSuperuser(ctx context.Context, in Registration) (*ent.User, error) {
	return r.register(ctx, in, true, 0)
}

func (r *Registry) register(ctx context.Context, in Registration, staff bool, failures int) (*ent.User, error) {
	a := newApplicant(in)
	// Asked beforehand, a name that is taken is told together with all other mistakes, and costs no hash.
	taken, err := owners(ctx, r.db.Read.Identifier, a.wellFormedKeys()...)
	if err != nil {
		return nil, err
	}
	if err := a.mistakes(taken).Err(); err != nil {
		return nil, err
	}
	hash, err := r.hasher.hash(ctx, failures, a.password)
	if err != nil {
		return nil, err
	}
	var u *ent.User
	err = r.db.Write(ctx, func(tx *ent.Tx) error {
		taken, err := owners(ctx, tx.Identifier, a.usernameKey, a.emailKey)
		if err != nil {
			return err
		}
		if err := a.clashes(taken).Err(); err != nil {
			return err
		}
		if u, err = a.create(ctx, tx, hash, staff, r.now()); err != nil {
			return err
		}
		return r.trail.Record(ctx, tx, audit.Event{Kind: audit.Register, Subject: u.ID})
	})
	if err != nil {
		return nil, err
	}
	return u.Unwrap(), nil
}

// applicant is a Registration in the form in which it would be stored.
type applicant struct {
	username, usernameKey string
	email, emailKey       string
	password              string
	passwordConfirm       *string
	firstName, lastName   string
}

func newApplicant(in Registration) applicant {
	a := applicant{
		username:        cleanUsername(in.Username),
		email:           cleanText(in.Email),
		password:        in.Password,
		passwordConfirm: in.PasswordConfirm,
	}
	a.usernameKey, a.emailKey = fold.Identifier(a.username), fold.Identifier(a.email)
	if in.FirstName != nil {
		a.firstName = cleanText(*in.FirstName)
	}
	if in.LastName != nil {
		a.lastName = cleanText(*in.LastName)
	}
	return a
}

// wellFormedKeys are the keys of those names that may be somebody's at all.
func (a applicant) wellFormedKeys() (keys []string) {
	if usernameFlaw(a.username) == (flaw{}) {
		keys = append(keys, a.usernameKey)
	}
	if emailFlaw(a.email) == (flaw{}) {
		keys = append(keys, a.emailKey)
	}
	return keys
}

// mistakes are all that is wrong with the registration, given who has which key.
func (a applicant) mistakes(taken map[string]int64) (m fault.Mistakes) {
	note(&m, "username", cmp.Or(usernameFlaw(a.username), a.usernameClash(taken)))
	note(&m, "email", cmp.Or(emailFlaw(a.email), a.emailClash(taken)))
	note(&m, "password", passwordFlaws(a.password, traits(a.username, a.email, a.firstName, a.lastName)...)...)
	if a.passwordConfirm != nil && fold.Canonical(*a.passwordConfirm) != fold.Canonical(a.password) {
		note(&m, "passwordConfirm", flaw{fault.PasswordMismatch, "The two password fields didn't match."})
	}
	note(&m, "firstName", nameFlaw(a.firstName))
	note(&m, "lastName", nameFlaw(a.lastName))
	return m
}

// clashes are the mistakes that others can make of a good registration at any time.
func (a applicant) clashes(taken map[string]int64) (m fault.Mistakes) {
	note(&m, "username", a.usernameClash(taken))
	note(&m, "email", a.emailClash(taken))
	return m
}

func (a applicant) usernameClash(taken map[string]int64) flaw {
	if _, clash := taken[a.usernameKey]; clash {
		return usernameTaken()
	}
	return flaw{}
}

func (a applicant) emailClash(taken map[string]int64) flaw {
	if _, clash := taken[a.emailKey]; clash {
		return emailTaken()
	}
	return flaw{}
}

func (a applicant) create(ctx context.Context, tx *ent.Tx, hash string, staff bool, now time.Time) (*ent.User, error) {
	u, err := tx.User.Create().
		SetUsername(a.username).SetUsernameKey(a.usernameKey).
		SetEmail(a.email).SetEmailKey(a.emailKey).
		SetFirstName(a.firstName).SetLastName(a.lastName).SetNameKey(searchKey(a.firstName, a.lastName)).
		SetPasswordHash(hash).
		SetIsStaff(staff).
		SetDateJoined(now).
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("adding a user: %w", err)
	}
	if err := claim(ctx, tx, a.usernameKey, u.ID, "username", usernameTaken()); err != nil {
		return nil, err
	}
	if a.emailKey == a.usernameKey { // the address is the username
		return u, nil
	}
	return u, claim(ctx, tx, a.emailKey, u.ID, "email", emailTaken())
}

// traits are what a password must not be like.
func traits(username, email, firstName, lastName string) []trait {
	return []trait{
		{"username", username},
		{"email address", email},
		{"first name", firstName},
		{"last name", lastName},
	}
}
