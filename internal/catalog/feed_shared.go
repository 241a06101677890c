package catalog

import (
	"context"
	"log/slog"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/broadcast"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/notify"
)

// What is told under which topic.
const (
	changesTopic    = "catalog.changes"    // changes of products, which followers are told
	categoriesTopic = "catalog.categories" // that categories have changed, and nothing more
)

// SharedFeed is a Feed among all programs that share a PostgreSQL database: followers are told of what any of them changes, in
// the same way as of what their own does. While the bus has no Listener they are told nothing; programs that only announce
// need none.
type SharedFeed struct {
	bus      *notify.Bus
	editions *database.Editions
	hub      *broadcast.Hub[heard]
	log      *slog.Logger
}

// heard is a change, and the transaction that made it.
type heard struct {
	transaction uint64
	change      Change
}

// NewSharedFeed makes a feed on a bus that nobody listens to yet. Once somebody does, there are editions of the catalogue.
func NewSharedFeed(bus *notify.Bus, editions *database.Editions, log *slog.Logger) *SharedFeed {
	f := &SharedFeed{bus: bus, editions: editions, hub: broadcast.NewHub[heard](feedRoom), log: log}
	bus.Handle(changesTopic, notify.Handler{Told: f.told, Lost: f.lost, Hears: editions.Hears})
	bus.Handle(categoriesTopic, notify.Handler{Told: func(notify.Message) { editions.Next() }, Lost: editions.Next})
	return f
}

// Announce implements Feed.
func (f *SharedFeed) Announce(ctx context.Context, tx *ent.Tx, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	// No follower has room for more than feedRoom at once, so that one more has the same effect as any number.
	return f.bus.Send(ctx, tx, changesTopic, encodeChanges(changes[:min(len(changes), feedRoom+1)]))
}

// AnnounceCategories implements Feed.
func (f *SharedFeed) AnnounceCategories(ctx context.Context, tx *ent.Tx) error {
	return f.bus.Send(ctx, tx, categoriesTopic, []byte{})
}

// lost ends what relies on being told everything.
func (f *SharedFeed) lost() {
	f.editions.Next()
	f.hub.DropAll()
}

// told tells followers what was announced. What this version cannot read, because a newer one has written it, is lost to them.
func (f *SharedFeed) told(m notify.Message) {
	f.editions.Next() // before anybody who is told reads
	changes, err := decodeChanges(m.Payload)
	if err != nil {
		f.log.Warn("changes of products cannot be read; whoever follows them is told so", "error", err)
		f.hub.DropAll()
		return
	}
	all := make([]heard, len(changes))
	for i, change := range changes {
		all[i] = heard{m.Transaction, change}
	}
	f.hub.Tell(all...)
}

// Follow implements Feed.
func (f *SharedFeed) Follow(ctx context.Context) (Follower, error) {
	listener := f.hub.Listen()
	// A change may be told after this though it was committed before.
	began, err := f.bus.Now(ctx)
	if err != nil {
		listener.Close()
		return nil, err
	}
	return sharedFollower{listener, began}, nil
}

type sharedFollower struct {
	*broadcast.Listener[heard]
	began notify.Moment
}

func (f sharedFollower) Next(ctx context.Context) (Change, error) {
	for {
		h, err := f.Listener.Next(ctx)
		if err != nil {
			return Change{}, behind(err)
		}
		if !f.began.Had(h.transaction) {
			return h.change, nil
		}
	}
}
