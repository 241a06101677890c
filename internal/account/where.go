package account

import (
	"strings"

	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// UserWhere holds for a user when all that is set does; nil is absent.
type UserWhere struct {
	IDs               []int64
	Username, Email   *filter.StringFilter
	IsActive, IsStaff *bool
	DateJoined        *filter.DateTimeRange
	And, Or           []*UserWhere
	Not               *UserWhere
}

// predicate is the filter. Its error is BAD_USER_INPUT.
func (w *UserWhere) predicate() (predicate.User, error) {
	return w.condition(filter.Outermost())
}

func (w *UserWhere) condition(at filter.Level) (filter.Condition, error) {
	if w == nil {
		return filter.Everything, nil
	}
	c := filter.At(at)
	c.IDs("ids", w.IDs)
	c.Text("username", filter.Column{Name: user.FieldUsername, Key: user.FieldUsernameKey, Fold: fold.Identifier}, w.Username)
	c.Text("email", filter.Column{Name: user.FieldEmail, Key: user.FieldEmailKey, Fold: fold.Identifier}, w.Email)
	if w.IsActive != nil {
		c.Add(user.IsActive(*w.IsActive))
	}
	if w.IsStaff != nil {
		c.Add(user.IsStaff(*w.IsStaff))
	}
	c.Moment(user.FieldDateJoined, w.DateJoined)
	filter.Combine(c, w.And, w.Or, w.Not, (*UserWhere).condition)
	return c.Result()
}

// searched holds for the users who have every word of the text somewhere in their names or address, case ignored;
// for all when there are no words. Its error is BAD_USER_INPUT.
func searched(text *string) (predicate.User, error) {
	words, err := filter.Words("search", text, asTyped)
	if err != nil {
		return nil, err
	}
	all := make([]predicate.User, len(words))
	for i, word := range words {
		all[i] = called(word)
	}
	if len(all) == 0 {
		return filter.Everything, nil
	}
	return user.And(all...), nil
}

// asTyped leaves a word as it is: names to sign in by are folded in another way than people's.
func asTyped(word string) string { return word }

func called(word string) predicate.User {
	if strings.Contains(word, "\x00") { // no stored text has one, and SQLite would take it for the pattern's end
		return filter.Nothing
	}
	identifier := fold.Identifier(word)
	return user.Or(
		user.UsernameKeyContains(identifier),
		user.EmailKeyContains(identifier),
		user.NameKeyContains(fold.Text(word)),
	)
}
