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
}

// readStanding reads user and session in one query, and what else is to be selected of the user.
func readStanding(ctx context.Context, users *ent.UserClient, claims token.Claims, more ...func(*sql.Selector)) (standing, error) {
	query := users.Query().Where(user.ID(claims.UserID))
	query.Modify(func(s *sql.Selector) { joinSession(s, claims.SessionID) })
	query.Modify(more...)
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
