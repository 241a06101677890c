package graph

import (
	"context"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/graph/compiled"
	"github.com/gatehouse/gatehouse/graph/generated"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/persisted"
)

// Settings are what an API is made with. What executes operations needs Accounts, Catalog, Audit and Log.
type Settings struct {
	Accounts      *account.Registry
	Catalog       *catalog.Catalog
	Audit         *audit.Trail
	Log           *slog.Logger
	Introspection bool          // answer introspection, and suggest names for misspelled ones
	Timeout       time.Duration // how long a request may take, which whoever sends requests enforces
	Limits        Limits
	Documents     *persisted.Documents // those that requests may name; nil: none
	DocumentRead  func(known bool)     // called for each document of a request: whether it was read before; nil: nobody asks
	Interpreted   bool                 // have gqlgen write every answer, rather than plans: for who compares the two
	Answered      func(compiled bool)  // called for each field of Query and Mutation: whether a plan wrote its answer; nil: nobody asks
}

// New is the API, ready to execute requests that a transport reads. The request's context says who asks
// (package auth).
func New(s Settings) graphql.GraphExecutor {
	resolver := &Resolver{accounts: s.Accounts, catalog: s.Catalog, trail: s.Audit}
	schema := generated.NewExecutableSchema(generated.Config{
		Resolvers:  resolver,
		Directives: generated.DirectiveRoot{Auth: requireViewer, Admin: requireStaff},
	})
	s.Limits = s.Limits.orDefault()
	exec := executor.New(schema)
	exec.SetErrorPresenter(presenter{log: s.Log, timeout: s.Timeout, suggest: s.Introspection}.present)
	exec.SetRecoverFunc(recovered)
	exec.SetQueryCache(handedOver{})
	exec.Use(operationLimits{limits: s.Limits, schema: schema.Schema()})
	exec.Use(oneStream{})
	if s.Introspection {
		exec.Use(extension.Introspection{})
	} else {
		exec.Use(noIntrospection{})
	}
	var aroundField graphql.FieldMiddleware
	if !s.Interpreted {
		aroundField = (&compiledAnswers{
			compiler: &compiled.Compiler{Schema: schema.Schema(), Types: answers(resolver), TypeOf: nodeType},
			log:      s.Log,
			told:     s.Answered,
		}).aroundField
	}
	documents := newReader(schema.Schema(), s.Limits, s.Introspection)
	documents.told = s.DocumentRead
	return &api{
		Executor:    exec,
		catalog:     s.Catalog,
		limits:      s.Limits,
		documents:   s.Documents,
		reader:      documents,
		inputs:      inputs{schema: schema.Schema()},
		aroundField: aroundField,
	}
}

// noIntrospection refuses introspection with a code, which gqlgen's own refusal lacks.
type noIntrospection struct{}

// ExtensionName names the extension.
func (noIntrospection) ExtensionName() string { return "NoIntrospection" }

// Validate has nothing to check.
func (noIntrospection) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext changes nothing; it is where an operation can be refused before it runs.
func (noIntrospection) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if f.Name == "__schema" || f.Name == "__type" {
			return validationFailed("introspection is turned off")
		}
	}
	return nil
}
