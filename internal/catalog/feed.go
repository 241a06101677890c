package catalog

import (
	"context"
	"errors"
	"sync"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/broadcast"
)

// Change is what a transaction did to one product: as much of it as decides who may know, and who wants to. It holds
// nothing that a viewer is told, so that it can be told to all.
type Change struct {
	ProductID     int64
	Before, After *Standing // nil: the product was not there before, or is not there any more
}

// Standing is where a product stands, and for whom.
type Standing struct {
	CategoryID  int64
	OwnerID     *int64 // nil: the shop itself
	IsPublished bool
}

// Feed carries the changes of products from the transactions that make them to whoever follows them. LocalFeed does so
// within a program, SharedFeed among all that share a PostgreSQL database.
type Feed interface {
	// Announce has the changes told to all followers when tx is committed, and never if it is undone: in the order of
	// the commits, and without waiting for any of the followers. It is called once in a transaction at the most.
	Announce(ctx context.Context, tx *ent.Tx, changes []Change) error
	// AnnounceCategories has all programs on the database take note, when tx is committed, that categories have changed:
	// that is a new edition of the catalogue to them. Followers are told nothing.
	AnnounceCategories(ctx context.Context, tx *ent.Tx) error
	// Follow begins to follow: whatever is committed from now on is told to the follower.
	Follow(ctx context.Context) (Follower, error)
}

// Follower is told of changes.
type Follower interface {
	// Next waits for the next change. Its error is the context's, or ErrBehind.
	Next(ctx context.Context) (Change, error)
	// Close ends it. Nobody else does.
	Close()
}

// ErrBehind says that a follower was given up because it did not keep up, or because nobody can tell any more what it would
// have been told: changes are lost to it.
var ErrBehind = errors.New("the follower of changes did not keep up")

// feedRoom is how many changes a follower may lag behind: ten bulk mutations of a hundred products each.
const feedRoom = 1000

// LocalFeed is a Feed within this program: followers are told of what its own transactions change.
type LocalFeed struct {
	hub *broadcast.Hub[Change]
	// committing is held from before a commit until its changes are told, so that no later one overtakes it.
	committing sync.Mutex
}

// NewLocalFeed makes a feed that nobody follows yet.
func NewLocalFeed() *LocalFeed { return &LocalFeed{hub: broadcast.NewHub[Change](feedRoom)} }

// Announce implements Feed.
func (f *LocalFeed) Announce(_ context.Context, tx *ent.Tx, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	tx.OnCommit(func(next ent.Committer) ent.Committer {
		return ent.CommitFunc(func(ctx context.Context, tx *ent.Tx) error {
			f.committing.Lock()
			defer f.committing.Unlock()
			err := next.Commit(ctx, tx)
			if err == nil {
				f.hub.Tell(changes...)
			}
			return err
		})
	})
	return nil
}

// AnnounceCategories implements Feed. The database notices itself what its own program changes.
func (f *LocalFeed) AnnounceCategories(context.Context, *ent.Tx) error { return nil }

// Follow implements Feed.
func (f *LocalFeed) Follow(context.Context) (Follower, error) {
	return localFollower{f.hub.Listen()}, nil
}

type localFollower struct {
	*broadcast.Listener[Change]
}

func (f localFollower) Next(ctx context.Context) (Change, error) {
	change, err := f.Listener.Next(ctx)
	return change, behind(err)
}

// behind is ErrBehind for a follower that was dropped.
func behind(err error) error {
	if errors.Is(err, broadcast.ErrTooSlow) {
		return ErrBehind
	}
	return err
}

// standingOf is where a stored product stands.
func standingOf(p *ent.Product) *Standing {
	return &Standing{CategoryID: p.CategoryID, OwnerID: p.OwnerID, IsPublished: p.IsPublished}
}

// after is where a product stands once the mutation has been applied to it.
func (s Standing) after(m *ent.ProductMutation) *Standing {
	if id, set := m.CategoryID(); set {
		s.CategoryID = id
	}
	if published, set := m.IsPublished(); set {
		s.IsPublished = published
	}
	return &s
}

// seenBy says whether the product exists for the viewer, as visible does for queries.
func (s *Standing) seenBy(viewer auth.Viewer) bool {
	return s != nil && (s.IsPublished || viewer.MayEdit(s.OwnerID))
}
