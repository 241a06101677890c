package catalog

import (
	"context"
	"strconv"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// MaxUpserts is how many products can be upserted at once.
const MaxUpserts = 100

// ProductUpsert is a product that is to be in the catalogue, known by its sku. What is absent stays as it is, and
// is as for NewProduct when the product is new.
type ProductUpsert struct {
	SKU, Name         string
	Slug, Description patch.Field[string]
	Price             money.Decimal
	Stock             patch.Field[int]
	Category          int64
	IsPublished       patch.Field[bool]
}

// Upserted is what came of upserting products.
type Upserted struct {
	Created, Updated int            // the others were so already
	Products         []*ent.Product // in the order of the input
}

// UpsertProducts makes or changes the products that the rows describe, all or nothing. The viewer owns the
// new ones; the others keep their owners. Its error may be fault.Mistakes, of which each field begins with the
// number of its row, from 0. It is for staff: whose the products are is not looked at.
func (c *Catalog) UpsertProducts(ctx context.Context, rows []*ProductUpsert, selected page.Fields) (Upserted, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return Upserted{}, err
	}
	if len(rows) < 1 || len(rows) > MaxUpserts {
		return Upserted{}, fault.BadInput("between 1 and %d products may be upserted at once", MaxUpserts)
	}
	var did Upserted
	var keys []string
	err = c.write(ctx, func(tx *ent.Tx) error {
		b := &upserts{products: tx.Product, categories: tx.Category, claims: newClaims("Row")}
		for i, row := range rows {
			b.rows = append(b.rows, &upsert{place: i, changes: row.changes()})
		}
		if err := b.plan(ctx); err != nil {
			return err
		}
		if err := b.mistakes().Err(); err != nil {
			return err
		}
		keys = b.keys()
		fresh, changed := b.writes()
		did.Created, did.Updated = len(fresh), len(changed)
		changes, err := b.store(ctx, c.now(), &viewer.UserID)
		if err != nil {
			return err
		}
		return c.feed.Announce(ctx, tx, changes)
	})
	if err != nil {
		return Upserted{}, err
	}
	found, err := c.loadProducts(ctx, c.db.Read.Product.Query().Where(product.SkuKeyIn(keys...), visible(viewer)), selected)
	if err != nil {
		return Upserted{}, err
	}
	did.Products = inOrder(found, keys)
	return did, nil
}

func (p *ProductUpsert) changes() ProductChanges {
	return ProductChanges{
		SKU: patch.Set(p.SKU), Name: patch.Set(p.Name), Slug: p.Slug, Description: p.Description,
		Price: patch.Set(p.Price), Stock: p.Stock, Category: patch.Set(p.Category), IsPublished: p.IsPublished,
	}
}

// mistakes are those of all rows, each field below the place of its row.
func (b *upserts) mistakes() (all fault.Mistakes) {
	for _, row := range b.rows {
		place := strconv.Itoa(row.place)
		for _, m := range row.mistakes {
			all = append(all, &fault.Mistake{Field: append([]string{place}, m.Field...), Message: m.Message, Code: m.Code})
		}
	}
	return all
}

// keys are what the rows' products are known by, in the order of the rows.
func (b *upserts) keys() []string {
	keys := make([]string, len(b.rows))
	for i, row := range b.rows {
		keys[i] = row.skuKey
	}
	return keys
}

// inOrder are the products in the order of their keys, but for those that have been deleted since.
func inOrder(found []*ent.Product, keys []string) []*ent.Product {
	byKey := make(map[string]*ent.Product, len(found))
	for _, p := range found {
		byKey[*p.SkuKey] = p
	}
	rows := make([]*ent.Product, 0, len(keys))
	for _, key := range keys {
		if p := byKey[key]; p != nil {
			rows = append(rows, p)
		}
	}
	return rows
}
