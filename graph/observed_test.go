package graph_test

import (
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/auth"
)

// What an operation costs is known to whoever has it executed, also when it costs too much.
func TestTheCostIsKnownToTransports(t *testing.T) {
	exec := graph.New(graph.Settings{Limits: graph.Limits{Tokens: 100, Depth: 10, RootFields: 10, Complexity: 50}})
	for query, want := range map[string]int{
		`{ __typename }`: 0,
		`{ products(first: 7) { nodes { name } } }`:          8,
		`{ products(first: 100) { nodes { name } } }`:        101,
		`subscription { productChanged { product { id } } }`: 2,
	} {
		ctx := graphql.StartOperationTrace(auth.WithAuthorization(t.Context(), "", nil))
		op, mistakes := exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query})
		if refused := len(mistakes) > 0; refused != (want > 50) {
			t.Fatalf("%s: %v", query, mistakes)
		}
		stats := extension.GetComplexityStats(graphql.WithOperationContext(ctx, op))
		if stats == nil || stats.Complexity != want || stats.ComplexityLimit != 50 {
			t.Errorf("%s costs %+v, want %d", query, stats, want)
		}
	}
}

// It is told of each document whether it was read before; of what is no document, that it was not.
func TestReadingDocumentsIsTold(t *testing.T) {
	var told []bool
	exec := graph.New(graph.Settings{DocumentRead: func(known bool) { told = append(told, known) }})
	for _, query := range []string{`{ __typename }`, `{ __typename }`, `{`, `{`, `{ __typename } `, `{ __typename }`} {
		_, _ = exec.CreateOperationContext(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: query})
	}
	if want := []bool{false, true, false, false, false, true}; !slices.Equal(told, want) {
		t.Errorf("told was %v, want %v", told, want)
	}
}
