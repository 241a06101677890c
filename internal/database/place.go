package database

import (
	"context"
	"sync"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

type placeKey struct{}

// place is where the queries of one request are answered.
type place struct {
	least func(context.Context) int64

	mu      sync.Mutex
	chosen  bool
	replica *replica // nil: the primary
}

// FromReplica returns a context in which DB.Catalog may answer from a replica: all queries from the same one, and from the
// primary once that has failed. It has to be as far as least says, which is asked if there is anything to choose from: see
// DB.Written. Without replicas it is the context itself.
func (db *DB) FromReplica(ctx context.Context, least func(context.Context) int64) context.Context {
	if db.replicas == nil {
		return ctx
	}
	return context.WithValue(ctx, placeKey{}, &place{least: least})
}

// choose is the replica that answers, or nil for the primary.
func (p *place) choose(ctx context.Context, among *replicas) *replica {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.chosen {
		p.chosen, p.replica = true, among.fit(p.least(ctx))
	}
	return p.replica
}

// leave has the primary answer from now on.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replica = nil
}

// catalogDriver answers queries from the place that their context has, and else by the primary's driver.
type catalogDriver struct {
	dialect.Driver

	replicas *replicas
}

// Query implements dialect.Driver. Whatever fails on a replica is asked of the primary: it only reads.
func (d catalogDriver) Query(ctx context.Context, query string, args, v any) error {
	p, _ := ctx.Value(placeKey{}).(*place)
	if p == nil {
		return d.Driver.Query(ctx, query, args, v)
	}
	if replica := p.choose(ctx, d.replicas); replica != nil {
		err := replica.driver.Query(ctx, query, args, v)
		if err == nil || ctx.Err() != nil {
			return err
		}
		replica.failed(ctx, err)
		p.leave()
	}
	return d.Driver.Query(ctx, query, args, v)
}

// QueryCatalog runs a SELECT of that many columns where DB.Catalog would, for the few that are not ent's. The caller closes the
// rows. They are scanned into int64, int, string, bool and time.Time, and where there may be NULL into pointers to int64, string and
// time.Time, or sql.Null of int64 and time.Time: Scan's error says so of anything else. On SQLite,
// but for Windows, all rows are read before it returns.
func (db *DB) QueryCatalog(ctx context.Context, query string, columns int, args []any, rows *entsql.Rows) error {
	return db.catalogDriver.Query(atOnce(ctx, columns), query, args, rows)
}
