package account

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/token"
)

// standing is what the database knows of whom and what a token names.
type standing struct {
	user *ent.User // nil: there is none
	// session is that user's session, with only those fields that decide about a token; nil: there is none.
	session *ent.Session
	// written is how far a replica of the catalogue has to be to have what the user wrote; 0: anywhere.
	written int64
}

// standingSQL selects what readStanding does, and how far a replica has to be for the user.
const standingSQL = `SELECT
	u.id, u.username, u.username_key, u.email, u.email_key, u.first_name, u.last_name, u.name_key, u.password_hash,
	u.is_active, u.is_staff, u.date_joined, u.last_login, u.tokens_valid_from,
	s.id, s.created_at, s.generation, s.rotated_at, s.expires_at, s.ends_at, s.revoked_at, %s
FROM users AS u LEFT JOIN sessions AS s ON s.id = $1 AND s.user_id = u.id WHERE u.id = $2`

// standing reads user and session in one query, outside of a transaction. Nearly every request of somebody who has signed in
// begins with it, and ent takes several times as long to make the query and to find out what it answers as SQLite takes to
// answer it: so the statement is written by hand. readStanding says the same.
func (r *Registry) standing(ctx context.Context, claims token.Claims) (standing, error) {
	u, s := new(ent.User), new(ent.Session)
	var id, generation, written stdsql.Null[int64]
	var lastLogin, tokensValidFrom, createdAt, rotatedAt, expiresAt, endsAt, revokedAt stdsql.Null[time.Time]
	found, err := r.db.ReadRow(ctx, r.standingSQL, []any{claims.SessionID, claims.UserID},
		&u.ID, &u.Username, &u.UsernameKey, &u.Email, &u.EmailKey, &u.FirstName, &u.LastName, &u.NameKey, &u.PasswordHash,
		&u.IsActive, &u.IsStaff, &u.DateJoined, &lastLogin, &tokensValidFrom,
		&id, &createdAt, &generation, &rotatedAt, &expiresAt, &endsAt, &revokedAt, &written)
	switch {
	case err != nil:
		return standing{}, fmt.Errorf("reading a token's user and session: %w", err)
	case !found:
		return standing{}, nil
	}
	u.LastLogin, u.TokensValidFrom = pointer(lastLogin), pointer(tokensValidFrom)
	if !id.Valid {
		return standing{user: u, written: written.V}, nil
	}
	s.ID, s.UserID, s.Generation = id.V, u.ID, generation.V
	s.CreatedAt, s.RotatedAt, s.ExpiresAt, s.EndsAt = createdAt.V, rotatedAt.V, expiresAt.V, endsAt.V
	s.RevokedAt = pointer(revokedAt)
	return standing{user: u, session: s, written: written.V}, nil
}

// pointer is to what there is; nil: nothing.
func pointer[T any](of stdsql.Null[T]) *T {
	if !of.Valid {
		return nil
	}
	return &of.V
}

// readStanding reads user and session in one query of ent's, as it is done in transactions.
func readStanding(ctx context.Context, users *ent.UserClient, claims token.Claims) (standing, error) {
	query := users.Query().Where(user.ID(claims.UserID))
	query.Modify(func(s *sql.Selector) { joinSession(s, claims.SessionID) })
	u, err := query.Only(ctx)
	if ent.IsNotFound(err) {
		return standing{}, nil
	}
	if err != nil {
		return standing{}, fmt.Errorf("reading a token's user and session: %w", err)
	}
	s, err := joinedSession(u)
	if err != nil {
		return standing{}, fmt.Errorf("reading a token's session: %w", err)
	}
	return standing{user: u, session: s}, nil
}

// joined names a session's column among a user's.
func joined(column string) string { return "session_" + column }

// joinSession adds to a selection of users their session of that key, if it is theirs.
func joinSession(s *sql.Selector, id int64) {
	sessions := sql.Table(session.Table)
	s.LeftJoin(sessions).OnP(sql.And(
		sql.EQ(sessions.C(session.FieldID), id),
		sql.ColumnsEQ(sessions.C(session.FieldUserID), s.C(user.FieldID)),
	))
	for _, column := range []string{
		session.FieldID, session.FieldCreatedAt, session.FieldGeneration, session.FieldRotatedAt,
		session.FieldExpiresAt, session.FieldEndsAt, session.FieldRevokedAt,
	} {
		s.AppendSelectAs(sessions.C(column), joined(column))
	}
}

// joinedSession is the session that joinSession found; nil for none.
func joinedSession(u *ent.User) (*ent.Session, error) {
	var id, generation stdsql.Null[int64]
	var createdAt, rotatedAt, expiresAt, endsAt, revokedAt stdsql.Null[time.Time]
	for _, column := range []struct {
		name string
		into stdsql.Scanner
	}{
		{session.FieldID, &id},
		{session.FieldCreatedAt, &createdAt},
		{session.FieldGeneration, &generation},
		{session.FieldRotatedAt, &rotatedAt},
		{session.FieldExpiresAt, &expiresAt},
		{session.FieldEndsAt, &endsAt},
		{session.FieldRevokedAt, &revokedAt},
	} {
		value, err := u.Value(joined(column.name))
		if err != nil {
			return nil, err
		}
		if err := column.into.Scan(value); err != nil {
			return nil, fmt.Errorf("column %s: %w", column.name, err)
		}
	}
	if !id.Valid {
		return nil, nil
	}
	s := &ent.Session{
		ID:         id.V,
		UserID:     u.ID,
		CreatedAt:  createdAt.V,
		Generation: generation.V,
		RotatedAt:  rotatedAt.V,
		ExpiresAt:  expiresAt.V,
		EndsAt:     endsAt.V,
	}
	if revokedAt.Valid {
		s.RevokedAt = &revokedAt.V
	}
	return s, nil
}

// clockSkew is how much the clocks of two instances may disagree.
const clockSkew = 10 * time.Second

// check is why a token with these claims does not serve now, a *token.Error; nil when nothing speaks against it.
func (s standing) check(claims token.Claims, now time.Time) error {
	switch {
	case s.user == nil:
		return token.NewError(token.UserNotFound)
	case !s.user.IsActive:
		return token.NewError(token.UserInactive)
	case isForeign(claims):
		if !servesFrom(claims.IssuedAt, s.user.TokensValidFrom) {
			return token.NewError(token.Revoked)
		}
	case s.session == nil, s.session.RevokedAt != nil:
		return token.NewError(token.Revoked)
	case claims.IssuedAt.Before(wholeSeconds(s.session.CreatedAt).Add(-clockSkew)):
		// Issued for another session of this key, before the database was set back to an older copy. In whole seconds,
		// as tokens are, or one that is issued by a clock just that far behind would not serve.
		return token.NewError(token.Revoked)
	case !now.Before(s.session.EndsAt):
		return token.NewError(token.SessionExpired)
	}
	return nil
}
