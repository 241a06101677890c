package transport

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// answer executes a request by HTTP and answers it at once (https://graphql.github.io/graphql-over-http/draft/). What
// GraphQL itself refuses is 200, or 400 for a client that asks for application/graphql-response+json.
func (g *GraphQL) answer(ctx context.Context, w http.ResponseWriter, method, media string, params *graphql.RawParams) {
	ctx, op, not := g.start(ctx, params)
	if not != nil {
		g.write(w, media, statusOf(not.outcome, media), not.response)
		return
	}
	if why := unfit(method, op.Operation.Operation); why != nil {
		g.refuse(w, media, why)
		return
	}
	for answer := range g.run(ctx, op, func() {}) {
		g.write(w, media, statusOf(answer.outcome, media), answer.response)
		return
	}
	// The request's time was up before it ran, or the client is gone, and then nobody reads this.
	g.write(w, media, statusOf(outcomeRefused, media), g.present(ctx, context.Cause(ctx)))
}

// unfit is why an operation of that kind cannot be answered at once to a request of that method.
func unfit(method string, operation ast.Operation) *refusal {
	switch {
	case operation == ast.Subscription:
		return &refusal{status: http.StatusNotAcceptable, message: "A subscription is answered as events, to a request that accepts " + mediaEvents + ", or over WebSocket."}
	case operation == ast.Mutation && method == http.MethodGet:
		return mutationByGET
	}
	return nil
}

var mutationByGET = &refusal{status: http.StatusMethodNotAllowed, allow: http.MethodPost, message: "Send mutations by POST."}

func statusOf(o outcome, media string) int {
	switch {
	case o == outcomeBroken:
		return http.StatusInternalServerError
	case o == outcomeRefused && media == mediaResponse:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// refuse answers a request that is no GraphQL request at all.
func (g *GraphQL) refuse(w http.ResponseWriter, media string, why *refusal) {
	if media == mediaEvents { // there is nothing to wait for
		media = mediaJSON
	}
	if why.allow != "" {
		w.Header().Set("Allow", why.allow)
	}
	g.write(w, media, why.status, refusedBy(why.message))
}

func (g *GraphQL) write(w http.ResponseWriter, media string, status int, answer response) {
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // answers hold tokens, and depend on who asks
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		g.Log.Debug("writing an answer", "error", err) // the client is gone
	}
}
