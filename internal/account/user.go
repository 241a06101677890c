package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/auth"
)

// Me is the viewer's own account, as it was read to tell who the viewer is. The error is UNAUTHENTICATED.
func (r *Registry) Me(ctx context.Context) (*ent.User, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	return record(viewer)
}

// UsersByID are those of the users whom the viewer may see: the viewer, and for staff everybody.
func (r *Registry) UsersByID(ctx context.Context, ids []int64) (map[int64]*ent.User, error) {
	viewer, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*ent.User, len(ids))
	switch {
	case viewer.IsStaff && len(ids) > 0:
		users, err := r.db.Read.User.Query().Where(user.IDIn(ids...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading users: %w", err)
		}
		for _, u := range users {
			found[u.ID] = u
		}
	case viewer.SignedIn() && slices.Contains(ids, viewer.UserID):
		if found[viewer.UserID], err = record(viewer); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// record is the account that Authenticate put into the viewer.
func record(viewer auth.Viewer) (*ent.User, error) {
	u, ok := viewer.Record.(*ent.User)
	if !ok {
		return nil, fmt.Errorf("the viewer %d came without an account", viewer.UserID)
	}
	return u, nil
}
