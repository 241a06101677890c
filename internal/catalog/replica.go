package catalog

import (
	"context"

	"github.com/gatehouse/gatehouse/internal/auth"
)

// FromReplica returns a context in which what is read of the catalogue may be as old as a replica of the database is, but
// never older than what the viewer wrote: for queries. In any other context it is as it is now, as it has to be for who has
// just changed something, or is told of a change.
func (c *Catalog) FromReplica(ctx context.Context) context.Context {
	return c.db.FromReplica(ctx, func(ctx context.Context) int64 {
		viewer, _ := auth.FromContext(ctx) // who cannot be found out is told so by what depends on it
		return viewer.Written
	})
}
