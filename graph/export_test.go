package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/graph/generated"
)

// Plain is the schema with the same resolvers and directives, for gqlgen as it comes.
func Plain(s Settings) graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{
		Resolvers:  &Resolver{accounts: s.Accounts, catalog: s.Catalog, trail: s.Audit},
		Directives: generated.DirectiveRoot{Auth: requireViewer, Admin: requireStaff},
	})
}
