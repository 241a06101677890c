package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/auth"
)

// requireViewer is @auth: the field is resolved for a signed-in viewer only.
func requireViewer(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	if _, err := auth.Require(ctx); err != nil {
		return nil, err
	}
	return next(ctx)
}

// requireStaff is @admin: the field is resolved for staff only.
func requireStaff(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	if _, err := auth.RequireStaff(ctx); err != nil {
		return nil, err
	}
	return next(ctx)
}
