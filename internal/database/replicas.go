package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// ReplicaPace is how often replicas are to be looked at.
	ReplicaPace = time.Second
	// lookTimeout is how long looking at a server may take, before it counts as one that cannot be reached.
	lookTimeout = 2 * time.Second
)

// Replicas are streaming replicas of a PostgreSQL database, from which the catalogue may be read.
type Replicas struct {
	Sources []string      // URLs, as of the database itself
	MaxLag  time.Duration // how far one may be behind, by the positions of the primary in that time
	Log     *slog.Logger  // is told when one comes into use, and when and why one goes out of it
}

// WithReplicas has DB.Catalog answer from replicas, too. None is used before WatchReplicas has seen it.
func WithReplicas(replicas Replicas) Option {
	return func(o *options) { o.replicas = replicas }
}

// replicas are the replicas of a database.
type replicas struct {
	all  []*replica
	turn atomic.Uint64 // whose turn it is, counted on
	log  *slog.Logger

	// What follows is known to who looks after them, one at a time.
	primary  *primary
	maxLag   time.Duration
	migrated int64 // the newest migration that this program knows
}

// openReplicas opens the replicas, without connecting to any: none has to be there. Each has as many connections as are
// wanted.
func (db *DB) openReplicas(o options, connections int) (*replicas, error) {
	migrations, err := providerOf(db.Dialect(), db.readPool)
	if err != nil {
		return nil, err
	}
	known := migrations.ListSources()
	r := &replicas{
		log:      o.replicas.Log,
		maxLag:   o.replicas.MaxLag,
		primary:  openPrimary(db.postgres),
		migrated: known[len(known)-1].Version,
	}
	for _, source := range o.replicas.Sources {
		config, err := configure(source, o)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("replica: %w", err), r.close())
		}
		r.all = append(r.all, openReplica(config, o, connections))
	}
	return r, nil
}

func (r *replicas) close() error {
	if r == nil {
		return nil
	}
	err := r.primary.watch.Close()
	for _, replica := range r.all {
		err = errors.Join(err, replica.pool.Close(), replica.watch.Close())
	}
	return err
}

// WatchReplicas looks at the replicas whenever it is told the time, best every ReplicaPace, and has those used that are
// fit to be, until ctx ends. It is to run once at the most; where there are no replicas it is done at once.
func (db *DB) WatchReplicas(ctx context.Context, ticks <-chan time.Time) {
	if db.replicas == nil {
		return
	}
	defer db.replicas.retire()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticks:
			db.replicas.look(ctx, now)
		}
	}
}

// look looks at the primary and then at all replicas at once, so that one that does not answer keeps none of the others.
func (r *replicas) look(ctx context.Context, now time.Time) {
	primary, err := r.primary.look(ctx, now, r.maxLag)
	if err != nil && ctx.Err() == nil {
		// Nobody can write to what cannot be reached, as far as this program knows: they are judged by what it was last.
		primary = r.primary.seen
	}
	var group sync.WaitGroup
	for _, replica := range r.all {
		group.Go(func() {
			replica.look(ctx, func(s sight) error { return r.judge(s, primary) })
		})
	}
	group.Wait()
}

// judge says why a replica is not to be used; nil if it is.
func (r *replicas) judge(s sight, primary *outlook) error {
	switch {
	case primary == nil:
		return errors.New("the primary has not been seen yet")
	case !s.recovering:
		return errors.New("it is not a replica, or not any more")
	case s.system != primary.system:
		return errors.New("it is a replica of another system")
	case s.database != primary.database:
		return errors.New("it is another database")
	case s.timeline != primary.timeline:
		return fmt.Errorf("it is on timeline %d, and the primary on %d", s.timeline, primary.timeline)
	case s.migrated < r.migrated:
		return errors.New("it has not been migrated as far")
	case s.replayed < primary.due:
		return fmt.Errorf("it is too far behind, by %d bytes of what the primary has written", primary.reached-s.replayed)
	}
	return nil
}

// retire has no replica be used any more.
func (r *replicas) retire() {
	for _, replica := range r.all {
		replica.retire()
	}
}

// fit is a replica that is as far as that at least, another one each time; nil when there is none.
func (r *replicas) fit(least position) *replica {
	first := r.turn.Add(1)
	for i := range uint64(len(r.all)) {
		if replica := r.all[(first+i)%uint64(len(r.all))]; replica.serves(least) {
			return replica
		}
	}
	return nil
}
