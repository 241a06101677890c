package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// ErrRejected says that nothing was written because there are rows that cannot be.
var ErrRejected = errors.New("there are rows that cannot be imported")

// ImportRow is a product as a line of a file describes it. It is the product with the sku or, if that is null,
// the one without a sku that has the slug.
type ImportRow struct {
	Line     int
	SKU      string         // as the line has it
	Changes  ProductChanges // but for the category
	Category string         // a slug; empty where Mistakes says why
	Mistakes fault.Mistakes // what could not be read
}

// Imported is what came of rows.
type Imported struct {
	Created, Updated, Unchanged int
	Rejected                    []Rejection
}

// Rejection is a row that cannot be imported, and why.
type Rejection struct {
	Line     int
	SKU      string
	Mistakes fault.Mistakes
}

// Import is a file on its way into the catalogue, in batches of rows: first all of it is checked, which changes
// nothing, then written. Whoever does that is not asked who they are: it is for commands.
type Import struct {
	catalog *Catalog
	claims  *claims
}

// NewImport begins an import.
func (c *Catalog) NewImport() *Import { return &Import{catalog: c, claims: newClaims("Line")} }

// Check says what would come of the rows, after those that were checked before.
func (i *Import) Check(ctx context.Context, rows []ImportRow) (Imported, error) {
	b := i.upserts(i.catalog.db.Read.Product, i.catalog.db.Read.Category)
	if err := b.planImport(ctx, rows); err != nil {
		return Imported{}, err
	}
	return b.imported(), nil
}

// Write writes the rows in a transaction of their own, after all rows of the file were checked. It is ErrRejected
// when some of them cannot be written, unless the import is partial: then the others are.
func (i *Import) Write(ctx context.Context, rows []ImportRow, partial bool) (did Imported, err error) {
	err = i.catalog.db.Write(ctx, func(tx *ent.Tx) (err error) {
		var changes []Change
		if did, changes, err = i.write(ctx, tx, rows, partial); err != nil {
			return err
		}
		return i.catalog.feed.Announce(ctx, tx, changes)
	})
	return did, err
}

// Writer writes rows as Write does, within a transaction.
type Writer func(ctx context.Context, rows []ImportRow, partial bool) (Imported, error)

// WriteTogether has f write any number of batches in one transaction, which is undone when f fails. Until it
// is over nobody else can write to the catalogue.
func (i *Import) WriteTogether(ctx context.Context, f func(Writer) error) error {
	return i.catalog.db.WriteAlone(ctx, []string{category.Table, product.Table}, func(tx *ent.Tx) error {
		var changes []Change
		err := f(func(ctx context.Context, rows []ImportRow, partial bool) (Imported, error) {
			did, changed, err := i.write(ctx, tx, rows, partial)
			changes = append(changes, changed...)
			return did, err
		})
		if err != nil {
			return err
		}
		return i.catalog.feed.Announce(ctx, tx, changes)
	})
}

// write writes the rows in a transaction, and says what that changes.
func (i *Import) write(ctx context.Context, tx *ent.Tx, rows []ImportRow, partial bool) (Imported, []Change, error) {
	b := i.upserts(tx.Product, tx.Category)
	if err := b.planImport(ctx, rows); err != nil {
		return Imported{}, nil, err
	}
	did := b.imported()
	if len(did.Rejected) > 0 && !partial {
		return did, nil, ErrRejected
	}
	changes, err := b.store(ctx, i.catalog.now(), nil)
	return did, changes, err
}

func (i *Import) upserts(products *ent.ProductClient, categories *ent.CategoryClient) *upserts {
	return &upserts{products: products, categories: categories, claims: i.claims}
}

// planImport plans the rows of a file.
func (b *upserts) planImport(ctx context.Context, rows []ImportRow) error {
	shelves, err := b.shelvesOf(ctx, rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		next := &upsert{place: row.Line, sku: row.SKU, changes: row.Changes, mistakes: slices.Clip(row.Mistakes)}
		if row.Category != "" {
			next.changes.Category = patch.Set(shelves[row.Category]) // 0, which is nobody's, for an unknown slug
		}
		b.rows = append(b.rows, next)
	}
	return b.plan(ctx)
}

// shelvesOf finds the categories that the rows name, by slug.
func (b *upserts) shelvesOf(ctx context.Context, rows []ImportRow) (map[string]int64, error) {
	named := map[string]int64{}
	var slugs []string
	for _, row := range rows {
		if _, seen := named[row.Category]; !seen && row.Category != "" {
			named[row.Category] = 0
			slugs = append(slugs, row.Category)
		}
	}
	found, err := b.categories.Query().Where(category.SlugIn(slugs...)).Select(category.FieldID, category.FieldSlug).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading categories by slug: %w", err)
	}
	b.shelves = make(map[int64]bool, len(found))
	for _, shelf := range found {
		named[shelf.Slug] = shelf.ID
		b.shelves[shelf.ID] = true
	}
	return named, nil
}

// imported is what came of the rows, or would come.
func (b *upserts) imported() Imported {
	fresh, changed := b.writes()
	did := Imported{Created: len(fresh), Updated: len(changed)}
	for _, row := range b.rows {
		if len(row.mistakes) > 0 {
			did.Rejected = append(did.Rejected, Rejection{Line: row.place, SKU: row.sku, Mistakes: row.mistakes})
		}
	}
	did.Unchanged = len(b.rows) - did.Created - did.Updated - len(did.Rejected)
	return did
}

// exportPage is how many products are read at a time.
const exportPage = 1000

// Export tells every product with its category, published or not, in the order of the ids. It reads page by page: one
// that is changed meanwhile is told as it was or as it is.
func (c *Catalog) Export(ctx context.Context, tell func(*ent.Product) error) error {
	for last := int64(0); ; {
		rows, err := c.db.Read.Product.Query().
			Where(product.IDGT(last)).
			Order(product.ByID()).
			Limit(exportPage).
			WithCategory().
			All(ctx)
		if err != nil {
			return fmt.Errorf("reading products: %w", err)
		}
		for _, row := range rows {
			if err := tell(row); err != nil {
				return err
			}
			last = row.ID
		}
		if len(rows) < exportPage {
			return nil
		}
	}
}
