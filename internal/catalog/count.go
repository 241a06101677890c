package catalog

import (
	"context"

	"entgo.io/ent/dialect"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/database"
)

// counting returns a context in which whole lists need not be counted anew as long as nothing in the catalogue has changed.
// Whose list it is stands in the statement.
//
// On PostgreSQL others' changes are heard of a moment later than they are committed. Somebody who has just changed
// something through another instance must not notice: for those who are signed in, it is counted there each time.
func (c *Catalog) counting(ctx context.Context) context.Context {
	if c.db.Dialect() == dialect.Postgres && !auth.Anonymous(ctx) {
		return ctx
	}
	return database.WithKeptCounts(ctx)
}
