// Package catalog is what is for sale: categories in a tree, and products on them.
//
// Unpublished products exist for their owner and staff only, on every path that leads to a product.
package catalog

import (
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
)

// Catalog is the categories and products. Its methods ask the context for the viewer.
type Catalog struct {
	db   *database.DB
	feed Feed
	now  func() time.Time

	// What is read without ent: see Directly.
	productTable  table[ent.Product]
	categoryTable table[ent.Category]
	statements    statements
}

// New makes a catalogue over a database, which announces its changes in the feed, with a clock.
func New(db *database.DB, feed Feed, now func() time.Time) *Catalog {
	return &Catalog{
		db: db, feed: feed, now: func() time.Time { return now().UTC().Truncate(time.Millisecond) },
		productTable: productTable(), categoryTable: categoryTable(),
	}
}
