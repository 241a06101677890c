package graph

import (
	"context"
	"fmt"
	"maps"

	"github.com/gatehouse/gatehouse/graph/generated"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// maxNodes is how many nodes may be asked for by id at once.
const maxNodes = 100

// byIDs finds what the viewer may see of the things with the given ids, in their order, with nil for the
// rest: one look-up for each type that the ids name.
func (r *Resolver) byIDs(ctx context.Context, ids []int64) ([]generated.Node, error) {
	if len(ids) > maxNodes {
		return nil, fault.BadInput("at most %d ids may be asked for at once", maxNodes)
	}
	idsOf := make(map[nodeid.Kind][]int64)
	for _, id := range ids {
		if kind, ok := nodeid.Of(id); ok {
			idsOf[kind] = append(idsOf[kind], id)
		}
	}
	found := make(map[int64]generated.Node, len(ids))
	for kind, ids := range idsOf {
		nodes, err := r.ofKind(ctx, kind, ids)
		if err != nil {
			return nil, err
		}
		maps.Copy(found, nodes)
	}
	nodes := make([]generated.Node, len(ids))
	for i, id := range ids {
		nodes[i] = found[id]
	}
	return nodes, nil
}

func (r *Resolver) byID(ctx context.Context, id int64) (generated.Node, error) {
	nodes, err := r.byIDs(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}

func (r *Resolver) ofKind(ctx context.Context, kind nodeid.Kind, ids []int64) (map[int64]generated.Node, error) {
	switch kind {
	case nodeid.User:
		return asNodes(r.accounts.UsersByID(ctx, ids))
	case nodeid.Session:
		return asNodes(r.accounts.SessionsByID(ctx, ids))
	case nodeid.Category:
		return asNodes(r.catalog.CategoriesByID(ctx, ids, selectedOf(ctx, "Category")))
	case nodeid.Product:
		return asNodes(r.catalog.ProductsByID(ctx, ids, selectedOf(ctx, "Product")))
	case nodeid.AuditEvent:
		return asNodes(r.trail.EventsByID(ctx, ids, selectedOf(ctx, "AuditEvent")))
	}
	return nil, fmt.Errorf("no look-up for nodes of kind %d", kind)
}

func asNodes[N generated.Node](some map[int64]N, err error) (map[int64]generated.Node, error) {
	nodes := make(map[int64]generated.Node, len(some))
	for id, node := range some {
		nodes[id] = node
	}
	return nodes, err
}
