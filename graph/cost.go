package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// cost is what an operation asks for, or what it may ask for, in the terms of Limits.
type cost struct {
	Tokens              int `json:"tokens"`
	Depth               int `json:"depth"`
	Aliases             int `json:"aliases"`
	Directives          int `json:"directives"`
	RootFields          int `json:"rootFields"`
	CredentialMutations int `json:"credentialMutations"`
	Complexity          int `json:"complexity"`
}

func (l Limits) cost() cost {
	return cost{
		Tokens: l.Tokens, Depth: l.Depth, Aliases: l.Aliases, Directives: l.Directives, RootFields: l.RootFields,
		CredentialMutations: l.CredentialMutations, Complexity: l.Complexity,
	}
}

// costKey is where a request asks for costs among its extensions, and the answer tells them.
const costKey = "cost"

// asksForCost says whether a request asks what it costs: {"extensions": {"cost": true}}.
func asksForCost(extensions map[string]any) (asks bool, err error) {
	switch value := extensions[costKey].(type) {
	case nil:
		return false, nil
	case bool:
		return value, nil
	}
	return false, fault.BadInput("extensions.cost is true or false.")
}

// noteCost notes what the operation costs, if its request asked for that.
func noteCost(ctx context.Context, op *graphql.OperationContext, note func(*cost)) {
	asks, err := asksForCost(op.Extensions)
	read := documentFrom(ctx)
	if err != nil || !asks || read == nil {
		return
	}
	z := newStructure(read.doc).sizeOf(op.Operation)
	c := cost{Tokens: read.tokens, Depth: z.depth, Aliases: z.aliases, Directives: z.directives}
	note(&c)
	op.Stats.SetExtension(costKey, c)
}

// tellCost tells at extensions.cost what the operation costs and what it may, if its request asked for that: with each
// answer of a subscription, and also when it was refused for what it costs.
func (l Limits) tellCost(ctx context.Context, response *graphql.Response) {
	if !graphql.HasOperationContext(ctx) {
		return
	}
	if c, asked := graphql.GetOperationContext(ctx).Stats.GetExtension(costKey).(cost); asked {
		extend(response, costKey, map[string]any{"requested": c, "limits": l.cost()})
	}
}

func extend(response *graphql.Response, key string, value any) {
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions[key] = value
}
