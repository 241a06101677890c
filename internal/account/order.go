package account

import (
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/page"
)

// UserOrderField is by what users are sorted.
type UserOrderField string

// The fields that users are sorted by.
const (
	UserByUsername   UserOrderField = "USERNAME"
	UserByEmail      UserOrderField = "EMAIL"
	UserByDateJoined UserOrderField = "DATE_JOINED"
	UserByLastLogin  UserOrderField = "LAST_LOGIN"
)

// UserOrder is one level of an order of users.
type UserOrder struct {
	Field     UserOrderField
	Direction page.Direction
}

// userOrder is the order asked for, or by username.
func userOrder(levels []*UserOrder) page.Order[*ent.User] {
	order := page.Order[*ent.User]{List: "user", ID: func(u *ent.User) int64 { return u.ID }}
	for _, level := range levels {
		order.Keys = append(order.Keys, userKey(level.Field).Directed(level.Direction))
	}
	if len(order.Keys) == 0 {
		order.Keys = append(order.Keys, userKey(UserByUsername))
	}
	return order
}

func userKey(field UserOrderField) page.Key[*ent.User] {
	name := string(field)
	switch field {
	case UserByEmail:
		return page.Text(name, user.FieldEmailKey, func(u *ent.User) string { return u.EmailKey })
	case UserByDateJoined:
		return page.Moment(name, user.FieldDateJoined, func(u *ent.User) time.Time { return u.DateJoined })
	case UserByLastLogin:
		return page.MomentIfAny(name, user.FieldLastLogin, func(u *ent.User) *time.Time { return u.LastLogin })
	default:
		return page.Text(name, user.FieldUsernameKey, func(u *ent.User) string { return u.UsernameKey })
	}
}
