// Package graph turns the promises of graph/schema into calls: a resolver translates and nothing else.
package graph

//go:generate sh -c "cd .. && go run -mod=mod github.com/99designs/gqlgen generate"

import (
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/catalog"
)

// Resolver answers the fields of the schema from the domain.
type Resolver struct {
	accounts *account.Registry
	catalog  *catalog.Catalog
	trail    *audit.Trail
}
