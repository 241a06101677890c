package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// NewProduct is a product to make; nil is absent.
type NewProduct struct {
	Name        string
	Slug        *string // absent: made from the name
	SKU         *string
	Description *string
	Price       money.Decimal
	Stock       *int // absent: 0
	Category    int64
	IsPublished *bool // absent: true
}

// ProductChanges are what to change in a product.
type ProductChanges struct {
	Name, Slug, SKU, Description patch.Field[string]
	Price                        patch.Field[money.Decimal]
	Stock                        patch.Field[int]
	Category                     patch.Field[int64]
	IsPublished                  patch.Field[bool]
	ExpectedVersion              *int // nil: whatever it is
}

// CreateProduct offers a product, which the viewer then owns. Its error may be fault.Mistakes.
func (c *Catalog) CreateProduct(ctx context.Context, in NewProduct, selected page.Fields) (*ent.Product, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	var id int64
	err = c.write(ctx, func(tx *ent.Tx) error {
		row, err := c.insertProduct(ctx, tx, in, &viewer.UserID)
		if err != nil {
			return err
		}
		id = row.ID
		return c.feed.Announce(ctx, tx, []Change{{ProductID: id, After: standingOf(row)}})
	})
	if err != nil {
		return nil, err
	}
	return c.reloadProduct(ctx, id, selected)
}

// UpdateProduct changes a product for its owner or staff. When it was meant for another version, the
// error is a STALE_VERSION mistake, beside the product as it is now. It is NOT_FOUND for a product that
// the viewer cannot see and FORBIDDEN for one of somebody else's.
func (c *Catalog) UpdateProduct(ctx context.Context, id int64, changes ProductChanges, selected page.Fields) (*ent.Product, error) {
	err := c.write(ctx, func(tx *ent.Tx) error {
		row, err := editable(ctx, tx, id)
		if err != nil {
			return err
		}
		if changes.ExpectedVersion != nil && *changes.ExpectedVersion != row.Version {
			return errStale
		}
		update := tx.Product.UpdateOne(row).
			Where(product.Version(row.Version)).
			AddVersion(1).
			SetUpdatedAt(later(c.now(), row.UpdatedAt))
		if err := fillProduct(ctx, asked{tx}, update.Mutation(), changes, id); err != nil {
			return err
		}
		if err := update.Exec(ctx); ent.IsNotFound(err) { // changed since it was read
			return errStale
		} else if err != nil {
			return fmt.Errorf("updating product %d: %w", id, err)
		}
		before := standingOf(row)
		return c.feed.Announce(ctx, tx, []Change{{ProductID: id, Before: before, After: before.after(update.Mutation())}})
	})
	stale := errors.Is(err, errStale)
	if err != nil && !stale {
		return nil, err
	}
	row, err := c.reloadProduct(ctx, id, selected)
	if err == nil && stale {
		err = staleVersion()
	}
	return row, err
}

// DeleteProduct deletes a product for its owner or staff, and answers its id. It is NOT_FOUND and
// FORBIDDEN as for UpdateProduct.
func (c *Catalog) DeleteProduct(ctx context.Context, id int64) (int64, error) {
	return id, c.write(ctx, func(tx *ent.Tx) error {
		row, err := editable(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Product.DeleteOne(row).Exec(ctx); err != nil {
			return fmt.Errorf("deleting product %d: %w", id, err)
		}
		return c.feed.Announce(ctx, tx, []Change{{ProductID: id, Before: standingOf(row)}})
	})
}

// editable is the product, for a viewer who may change it.
func editable(ctx context.Context, tx *ent.Tx, id int64) (*ent.Product, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	row, err := tx.Product.Query().Where(product.ID(id), visible(viewer)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, fault.New(fault.NotFound, "There is no such product.")
	case err != nil:
		return nil, fmt.Errorf("reading product %d: %w", id, err)
	case !viewer.MayEdit(row.OwnerID):
		return nil, fault.New(fault.Forbidden, "You do not have permission to perform this action.")
	}
	return row, nil
}

// insertProduct makes a product within a transaction; without an owner it is the shop's own.
func (c *Catalog) insertProduct(ctx context.Context, tx *ent.Tx, in NewProduct, owner *int64) (*ent.Product, error) {
	now := c.now()
	create := tx.Product.Create().SetCreatedAt(now).SetUpdatedAt(now).SetNillableOwnerID(owner)
	slug := in.Slug
	if slug == nil {
		free, err := freeProductSlug(ctx, tx, in.Name)
		if err != nil {
			return nil, err
		}
		slug = &free
	}
	err := fillProduct(ctx, asked{tx}, create.Mutation(), ProductChanges{
		Name:        patch.Set(in.Name),
		Slug:        patch.Set(*slug),
		SKU:         given(in.SKU),
		Description: given(in.Description),
		Price:       patch.Set(in.Price),
		Stock:       given(in.Stock),
		Category:    patch.Set(in.Category),
		IsPublished: given(in.IsPublished),
	}, 0)
	if err != nil {
		return nil, err
	}
	row, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("inserting a product: %w", err)
	}
	return row, nil
}

// fillProduct checks the changes and puts them into the mutation of the product with the given id (0 for
// a new one). Its error may be fault.Mistakes, all there are.
func fillProduct(ctx context.Context, others neighbours, m *ent.ProductMutation, changes ProductChanges, id int64) error {
	v := &validator{}
	if name, ok := v.line("name", changes.Name, MaxName); ok {
		m.SetName(name)
		m.SetNameKey(fold.Text(name))
	}
	if err := fillProductKeys(ctx, others, m, v, changes, id); err != nil {
		return err
	}
	if description, ok := v.text("description", changes.Description, MaxDescription); ok {
		m.SetDescription(description)
		m.SetDescriptionKey(fold.Text(description))
	}
	if price, ok := v.price("price", changes.Price); ok {
		m.SetPrice(price)
	}
	if stock, ok := required(v, "stock", changes.Stock); ok {
		if stock < 0 {
			v.mistakes.Add("stock", fault.Invalid, "The stock cannot be negative.")
		}
		m.SetStock(stock)
	}
	if shelf, ok := required(v, "category", changes.Category); ok {
		if err := v.exists(ctx, "category", others.category(shelf)); err != nil {
			return err
		}
		m.SetCategoryID(shelf)
	}
	if published, ok := required(v, "isPublished", changes.IsPublished); ok {
		m.SetIsPublished(published)
	}
	return v.mistakes.Err()
}

// fillProductKeys does so for what no two products may share.
func fillProductKeys(ctx context.Context, others neighbours, m *ent.ProductMutation, v *validator, changes ProductChanges, id int64) error {
	if slug, ok := v.slug(changes.Slug); ok {
		if err := v.unique(ctx, "slug", others.withSlug(slug, id)); err != nil {
			return err
		}
		m.SetSlug(slug)
	}
	if sku, ok := v.clearableLine("sku", changes.SKU, MaxSKU); ok && sku == nil {
		m.ClearSku()
		m.ClearSkuKey()
	} else if ok {
		key := fold.Text(*sku)
		if err := v.unique(ctx, "sku", others.withSKU(key, id)); err != nil {
			return err
		}
		m.SetSku(*sku)
		m.SetSkuKey(key)
	}
	return nil
}

func freeProductSlug(ctx context.Context, tx *ent.Tx, name string) (string, error) {
	base := baseSlug(name, "product")
	taken, err := tx.Product.Query().
		Where(beginning(base)).
		Select(product.FieldSlug).Strings(ctx)
	if err != nil {
		return "", fmt.Errorf("looking for a free slug: %w", err)
	}
	return freeSlug(base, taken), nil
}

// reloadProduct reads a product after a change, with what the client selected of it.
func (c *Catalog) reloadProduct(ctx context.Context, id int64, selected page.Fields) (*ent.Product, error) {
	row, err := c.Product(ctx, ProductBy{ID: &id}, selected)
	if err == nil && row == nil { // deleted or handed over in the moment since
		return nil, fault.New(fault.NotFound, "There is no such product.")
	}
	return row, err
}
