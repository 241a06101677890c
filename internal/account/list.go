package account

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/page"
)

// UserConnection is one page of a list of users.
type UserConnection = page.Connection[*ent.User]

// UserEdge is a user within a list.
type UserEdge = page.Edge[*ent.User]

// Users is a page of the users who have every word of search, where where holds. The error is that of a viewer who
// is not staff, or BAD_USER_INPUT.
func (r *Registry) Users(ctx context.Context, args page.Args, search *string, where *UserWhere, orderBy []*UserOrder, selected page.Fields) (*UserConnection, error) {
	if _, err := auth.RequireStaff(ctx); err != nil {
		return nil, err
	}
	plan, err := page.NewPlan(args, userOrder(orderBy))
	if err != nil {
		return nil, err
	}
	found, err := searched(search)
	if err != nil {
		return nil, err
	}
	holds, err := where.predicate()
	if err != nil {
		return nil, err
	}
	query := r.db.Read.User.Query().Where(found, holds)
	return plan.Run(ctx, selected,
		func(ctx context.Context, modify func(*sql.Selector)) ([]*ent.User, error) {
			rows, err := query.Clone().Modify(modify).All(ctx)
			if err != nil {
				return nil, fmt.Errorf("loading users: %w", err)
			}
			return rows, nil
		},
		func(ctx context.Context) (int, error) {
			return query.Clone().Aggregate(page.CountAll).Int(ctx)
		},
	)
}
