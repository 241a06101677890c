package account

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/identifier"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// Usernames and e-mail addresses are keys of one table. Here is what reads and writes it.

func usernameTaken() flaw { return flaw{fault.NotUnique, "A user with that username already exists."} }

func emailTaken() flaw {
	return flaw{fault.NotUnique, "A user with that email address already exists."}
}

// owners tells whose each of the keys is; a key that is nobody's is absent.
func owners(ctx context.Context, identifiers *ent.IdentifierClient, keys ...string) (map[string]int64, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := identifiers.Query().Where(identifier.IDIn(keys...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for users of the same name: %w", err)
	}
	taken := make(map[string]int64, len(rows))
	for _, row := range rows {
		taken[row.ID] = row.UserID
	}
	return taken, nil
}

// claim makes a key the user's. Should it be another's after all, the error is that mistake in the field: the
// primary key has the last word.
func claim(ctx context.Context, tx *ent.Tx, key string, userID int64, field string, taken flaw) error {
	err := tx.Identifier.Create().SetID(key).SetUserID(userID).Exec(ctx)
	if ent.IsConstraintError(err) {
		var mistakes fault.Mistakes
		note(&mistakes, field, taken)
		return mistakes
	}
	if err != nil {
		return fmt.Errorf("claiming a name: %w", err)
	}
	return nil
}

// nameKey is the key of a name as it is typed to sign in by.
func nameKey(name string) string { return fold.Identifier(typed(name)) }

// userNamed is the user who signs in by this username or e-mail address, however they spell it; nil for nobody.
func (r *Registry) userNamed(ctx context.Context, name string) (*ent.User, error) {
	if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return nil, nil // nobody's, and not every database takes the question
	}
	u, err := r.db.Read.User.Query().Where(named(nameKey(name))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a user by name: %w", err)
	}
	return u, nil
}

// named is whoever has that key. Ent's own predicate for it asks every user in turn whether they have.
func named(key string) predicate.User {
	return func(s *sql.Selector) {
		identifiers := sql.Table(identifier.Table)
		s.Where(sql.In(s.C(user.FieldID),
			sql.Select(identifiers.C(identifier.FieldUserID)).From(identifiers).Where(sql.EQ(identifiers.C(identifier.FieldID), key))))
	}
}
