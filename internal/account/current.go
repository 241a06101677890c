package account

import (
	"context"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
)

// IsCurrent says whether the viewer's own access token belongs to the session.
func (r *Registry) IsCurrent(ctx context.Context, s *ent.Session) (bool, error) {
	viewer, err := auth.FromContext(ctx)
	return err == nil && viewer.SessionID == s.ID, err
}
