package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// Names of operations that are held against something.
const (
	products10  = "products, 10"
	products100 = "products, 100"
	totalCount  = "products, 10, with totalCount"
	nested      = "10 categories × 3 products"
	viewer      = "me"
)

// operations are what is measured of a shop of 10,000 products, in this order. The server is asked where far pages begin.
func operations(ctx context.Context, s *server) ([]operation.Operation, error) {
	far, err := cursor(ctx, s, `first: 1, offset: 8999`)
	if err != nil {
		return nil, err
	}
	dear, err := cursor(ctx, s, `first: 1, offset: 6999, where: {price: {gte: "100.00"}, inStock: true}, orderBy: [{field: PRICE, direction: DESC}]`)
	if err != nil {
		return nil, err
	}
	return []operation.Operation{
		{Name: products10, Query: operation.Products10, Cached: true},
		{Name: products100, Query: operation.Products100, Cached: true},
		{Name: totalCount, Query: operation.TotalCount},
		{Name: "product by id", Query: operation.Product, Variables: operation.Variables{"id": strconv.Itoa(firstProduct + products/2)}, Cached: true},
		{Name: nested, Query: operation.Nested, Cached: true},
		{Name: viewer, Query: operation.Me, Signed: true},
		{Name: "products, 10, after 9,000", Query: operation.After, Variables: operation.Variables{"after": far}, OwnOnly: true},
		{Name: "filtered, by price, after 7,000", Query: operation.Filtered, Variables: operation.Variables{"after": dear}, OwnOnly: true},
		{Name: "search, 10", Query: operation.Search, OwnOnly: true},
	}, nil
}

// cursor is that of the one product that these arguments of products ask for.
func cursor(ctx context.Context, s *server, arguments string) (string, error) {
	answer, err := s.ask(ctx, operation.Operation{Query: `{ products(` + arguments + `) { edges { cursor } } }`}, "")
	if err != nil {
		return "", fmt.Errorf("looking for a far page: %w", err)
	}
	connection, _ := answer["products"].(map[string]any)
	edges, _ := connection["edges"].([]any)
	if len(edges) != 1 {
		return "", fmt.Errorf("looking for a far page: products(%s) has %d edges", arguments, len(edges))
	}
	edge, _ := edges[0].(map[string]any)
	if at, _ := edge["cursor"].(string); at != "" {
		return at, nil
	}
	return "", errors.New("looking for a far page: no cursor")
}
