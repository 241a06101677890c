package main

import (
	"context"
	"strconv"
	"sync/atomic"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// mixed is the name of the mix.
const mixed = "mix: 90 % reads, 5 % me, 3 % tokenRefresh, 2 % productCreate"

// mix is of what a shop is asked in a day: of a hundred requests 90 read the catalogue, five ask who has signed in, three renew
// tokens and two make a product. They come in an order that is always the same, and well stirred.
func (h *hand) mix() stream {
	var asked atomic.Int64
	reads := []operation.Operation{
		{Query: operation.Products10},
		{Query: operation.Product, Variables: operation.Variables{"id": strconv.Itoa(firstProduct + products/3)}},
		{Query: operation.Nested},
		{Query: operation.TotalCount},
		{Query: operation.Search},
	}
	return stream{
		name:    mixed,
		callers: connections,
		then:    h.answered,
		next: func(ctx context.Context) (request, error) {
			n := asked.Add(1)
			switch turn := stir(n); {
			case turn < 90:
				return graphQL(reads[turn%int64(len(reads))], "")
			case turn < 95:
				return graphQL(operation.Operation{Query: operation.Me, Signed: true}, h.access)
			case turn < 98:
				return h.refresh(ctx)
			}
			return h.create(ctx)
		},
	}
}

// stir puts a hundred numbers in a row into another order: each of 0 to 99 is once among the answers.
func stir(n int64) int64 { return n * 37 % 100 }
