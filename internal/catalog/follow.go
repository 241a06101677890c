package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

// MaxFollowed is how many products can be followed by their ids.
const MaxFollowed = 100

// EventKind is what happened to a product, as far as its viewer is concerned.
type EventKind string

// The kinds of events. A product that is published appears to those who could not see it before, and one that is
// unpublished vanishes from their sight: to them these are creation and deletion.
const (
	Created EventKind = "CREATED"
	Updated EventKind = "UPDATED"
	Deleted EventKind = "DELETED"
)

// ProductEvent is something that happened to a product.
type ProductEvent struct {
	Kind      EventKind
	ProductID int64
	Product   *ent.Product // as it is by now; nil when deleted, and when nobody asked for it
}

// Followed says which products are followed: those for which all that is set holds.
type Followed struct {
	Category *int64      // in this very category, before the change or after it
	IDs      []int64     // one of these; nil: any
	Selected page.Fields // of the events
}

// Events are what happens to products from some moment on, for one viewer. One goroutine at a time may use them.
type Events struct {
	catalog  *Catalog
	followed Followed
	follower Follower
}

// Follow begins to follow products, from now on, until the events are closed. Its error is UNAUTHENTICATED for a token
// that was sent and does not serve, even though nobody needs one: whoever sends one expects to see what it is for.
func (c *Catalog) Follow(ctx context.Context, followed Followed) (*Events, error) {
	if len(followed.IDs) > MaxFollowed {
		return nil, fault.BadInput("at most %d products may be followed by their ids", MaxFollowed)
	}
	if _, err := auth.Renew(ctx); err != nil {
		return nil, err
	}
	follower, err := c.feed.Follow(ctx)
	if err != nil {
		return nil, err
	}
	return &Events{catalog: c, followed: followed, follower: follower}, nil
}

// Close ends the events.
func (e *Events) Close() { e.follower.Close() }

// Next waits for the next event that is for the viewer to know. Who that is, and what they may see, is looked at anew
// each time. Its error is the context's; UNAUTHENTICATED when the viewer's token does not serve any more;
// OPERATION_LIMIT_EXCEEDED when events were lost because they were not taken in time, or nobody knows them; or an internal one.
func (e *Events) Next(ctx context.Context) (*ProductEvent, error) {
	for {
		change, err := e.follower.Next(ctx)
		if errors.Is(err, ErrBehind) {
			return nil, fault.New(fault.LimitExceeded, "Some events are lost, as they were not taken as fast as they came or could not be told: subscribe again, and read anew what you show.")
		}
		if err != nil {
			return nil, err
		}
		if !e.followed.mayConcern(change) {
			continue
		}
		viewer, err := auth.Renew(ctx)
		if err != nil {
			return nil, err
		}
		kind, tell := e.followed.kindFor(viewer, change)
		if !tell {
			continue
		}
		event := &ProductEvent{Kind: kind, ProductID: change.ProductID}
		if kind == Deleted || !e.followed.Selected.Has("product") {
			return event, nil
		}
		event.Product, err = one(e.catalog.loadProducts(ctx,
			e.catalog.db.Read.Product.Query().Where(product.ID(change.ProductID), visible(viewer)), e.followed.Selected["product"]))
		if err != nil {
			return nil, err
		}
		if event.Product != nil { // or it has gone meanwhile, of which another change tells
			return event, nil
		}
	}
}

// mayConcern is whether any viewer at all is told of the change.
func (f Followed) mayConcern(change Change) bool {
	return (f.IDs == nil || slices.Contains(f.IDs, change.ProductID)) &&
		(f.isIn(change.Before) || f.isIn(change.After))
}

// isIn is whether a product that stands there is in the category that is followed.
func (f Followed) isIn(s *Standing) bool {
	return s != nil && (f.Category == nil || *f.Category == s.CategoryID)
}

// kindFor is what the change is to the viewer, and whether it is anything to them. What a viewer cannot see does not
// count: neither does the category that a hidden product came from.
func (f Followed) kindFor(viewer auth.Viewer, change Change) (kind EventKind, tell bool) {
	saw, sees := change.Before.seenBy(viewer), change.After.seenBy(viewer)
	switch {
	case saw && sees:
		kind = Updated
	case sees:
		kind = Created
	default:
		kind = Deleted
	}
	return kind, saw && f.isIn(change.Before) || sees && f.isIn(change.After)
}
