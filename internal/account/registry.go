// Package account decides who may exist and who may sign in, and keeps their sessions.
//
// Its refusals are *fault.Error and fault.Mistakes, but for Authenticate's *token.Error. Any other error is
// internal and not for a client's eyes. None ever contains a password, a hash or a token.
package account

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Registry is the accounts and their sessions. It remembers nothing itself: everything is in the database,
// so that a restart changes no answer. Many goroutines may use it at once.
type Registry struct {
	db       *database.DB
	tokens   *token.Issuer
	trail    *audit.Trail
	settings Settings
	hasher   *hasher
	// standingSQL is the statement of standing.
	standingSQL string
}

// Settings are the figures by which a Registry goes.
type Settings struct {
	// AccessLifetime and RefreshLifetime are how long a token is valid, SessionLifetime how long after signing in
	// a session ends however often it is refreshed: whole seconds, at least one, each no longer than the next.
	AccessLifetime, RefreshLifetime, SessionLifetime time.Duration
	// KeepRefresh has a session keep one refresh token until it expires, rather than replace it at each use.
	KeepRefresh bool
	// RegistrationClosed has Register refuse everybody.
	RegistrationClosed bool
	// AcceptForeign takes tokens that another server issued under the same key and that name no session.
	AcceptForeign bool
	// RefreshGrace is how long after a refresh the spent token still gets the same successor; 0: not at all.
	RefreshGrace time.Duration
	// SessionsPerUser is how many live sessions a user may have, at least 1; one more ends the oldest.
	SessionsPerUser int
	// Guard has those wait who guess. Required.
	Guard *backoff.Guard
	// Hashing is what hashing a password costs.
	Hashing Hashing
	// Trail has the record of what happens to accounts. Required.
	Trail *audit.Trail
	// Observer is told of what is done; nil: nobody is.
	Observer Observer
	// Now is the clock. Required.
	Now func() time.Time
	// Random gives the access tokens their ids. Required; safe for concurrent use, as crypto/rand.Reader is.
	Random io.Reader
}

// New is a Registry over the database, whose schema must be current. It hashes once, so it takes as long as
// a sign-in does. Its error names the setting that makes no sense.
func New(db *database.DB, tokens *token.Issuer, s Settings) (*Registry, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if s.Observer == nil {
		s.Observer = unobserved{}
	}
	hasher, err := newHasher(s.Hashing, s.Observer)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	return &Registry{
		db: db, tokens: tokens, trail: s.Trail, settings: s, hasher: hasher,
		standingSQL: fmt.Sprintf(standingSQL, db.WrittenSQL("u.id")),
	}, nil
}

func (s Settings) check() error {
	switch {
	case s.Trail == nil:
		return errors.New("no audit trail")
	case s.Now == nil:
		return errors.New("no clock")
	case s.Random == nil:
		return errors.New("no source of random numbers")
	case s.Guard == nil:
		return errors.New("no guard against guessing")
	case s.AccessLifetime < time.Second:
		return fmt.Errorf("an access token's lifetime of %v is less than a second", s.AccessLifetime)
	case s.RefreshLifetime < s.AccessLifetime, s.SessionLifetime < s.RefreshLifetime:
		return fmt.Errorf("lifetimes of access token %v, refresh token %v and session %v: each must be at most the next",
			s.AccessLifetime, s.RefreshLifetime, s.SessionLifetime)
	case s.RefreshGrace < 0:
		return fmt.Errorf("negative grace %v", s.RefreshGrace)
	case s.SessionsPerUser < 1:
		return fmt.Errorf("%d sessions a user", s.SessionsPerUser)
	}
	return nil
}

// now is the time as it is stored: UTC, whole milliseconds.
func (r *Registry) now() time.Time {
	return r.settings.Now().UTC().Truncate(time.Millisecond)
}
