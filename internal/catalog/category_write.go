package catalog

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// NewCategory is a category to make; nil is absent.
type NewCategory struct {
	Name        string
	Slug        *string // absent: made from the name
	Description *string
	Parent      *int64 // absent: a root
}

// CategoryChanges are what to change in a category.
type CategoryChanges struct {
	Name, Slug, Description patch.Field[string]
	Parent                  patch.Field[int64]
}

// CreateCategory makes a category. Its error may be fault.Mistakes.
func (c *Catalog) CreateCategory(ctx context.Context, in NewCategory, selected page.Fields) (*ent.Category, error) {
	var id int64
	err := c.write(ctx, func(tx *ent.Tx) error {
		row, err := c.insertCategory(ctx, tx, in)
		if err != nil {
			return err
		}
		id = row.ID
		return c.feed.AnnounceCategories(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return c.reloadCategory(ctx, id, selected)
}

// UpdateCategory changes a category. Its error may be fault.Mistakes; it is NOT_FOUND for an unknown id.
func (c *Catalog) UpdateCategory(ctx context.Context, id int64, changes CategoryChanges, selected page.Fields) (*ent.Category, error) {
	err := c.write(ctx, func(tx *ent.Tx) error {
		row, err := tx.Category.Get(ctx, id)
		if err != nil {
			return noCategory(id, err)
		}
		update := tx.Category.UpdateOne(row).SetUpdatedAt(later(c.now(), row.UpdatedAt))
		if err := fillCategory(ctx, tx, update.Mutation(), changes, id); err != nil {
			return err
		}
		if err := update.Exec(ctx); err != nil {
			return fmt.Errorf("updating category %d: %w", id, err)
		}
		return c.feed.AnnounceCategories(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return c.reloadCategory(ctx, id, selected)
}

// DeleteCategory deletes a category that has neither products nor children, and answers its id. Its error
// may be an IN_USE mistake; it is NOT_FOUND for an unknown id.
func (c *Catalog) DeleteCategory(ctx context.Context, id int64) (int64, error) {
	return id, c.write(ctx, func(tx *ent.Tx) error {
		row, err := tx.Category.Get(ctx, id)
		if err != nil {
			return noCategory(id, err)
		}
		v := &validator{}
		if err := v.unused(ctx, "products", tx.Product.Query().Where(product.CategoryID(id))); err != nil {
			return err
		}
		if err := v.unused(ctx, "categories", tx.Category.Query().Where(category.ParentID(id))); err != nil {
			return err
		}
		if err := v.mistakes.Err(); err != nil {
			return err
		}
		if err := tx.Category.DeleteOne(row).Exec(ctx); err != nil {
			return fmt.Errorf("deleting category %d: %w", id, err)
		}
		return c.feed.AnnounceCategories(ctx, tx)
	})
}

// insertCategory makes a category within a transaction.
func (c *Catalog) insertCategory(ctx context.Context, tx *ent.Tx, in NewCategory) (*ent.Category, error) {
	now := c.now()
	create := tx.Category.Create().SetCreatedAt(now).SetUpdatedAt(now)
	slug := in.Slug
	if slug == nil {
		free, err := freeCategorySlug(ctx, tx, in.Name)
		if err != nil {
			return nil, err
		}
		slug = &free
	}
	err := fillCategory(ctx, tx, create.Mutation(), CategoryChanges{
		Name:        patch.Set(in.Name),
		Slug:        patch.Set(*slug),
		Description: given(in.Description),
		Parent:      given(in.Parent),
	}, 0)
	if err != nil {
		return nil, err
	}
	row, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("inserting a category: %w", err)
	}
	return row, nil
}

// fillCategory checks the changes and puts them into the mutation of the category with the given id (0
// for a new one). Its error may be fault.Mistakes, all there are.
func fillCategory(ctx context.Context, tx *ent.Tx, m *ent.CategoryMutation, changes CategoryChanges, id int64) error {
	v := &validator{}
	if name, ok := v.line("name", changes.Name, MaxName); ok {
		m.SetName(name)
		m.SetNameKey(fold.Text(name))
	}
	if slug, ok := v.slug(changes.Slug); ok {
		if err := v.unique(ctx, "slug", tx.Category.Query().Where(category.Slug(slug), category.IDNEQ(id))); err != nil {
			return err
		}
		m.SetSlug(slug)
	}
	if description, ok := v.text("description", changes.Description, MaxDescription); ok {
		m.SetDescription(description)
	}
	if changes.Parent.IsSet() {
		parent := changes.Parent.Value()
		if parent == nil {
			m.ClearParentID()
			return v.mistakes.Err()
		}
		if err := v.parent(ctx, tx, id, *parent); err != nil {
			return err
		}
		m.SetParentID(*parent)
	}
	return v.mistakes.Err()
}

func freeCategorySlug(ctx context.Context, tx *ent.Tx, name string) (string, error) {
	base := baseSlug(name, "category")
	taken, err := tx.Category.Query().
		Where(beginning(base)).
		Select(category.FieldSlug).Strings(ctx)
	if err != nil {
		return "", fmt.Errorf("looking for a free slug: %w", err)
	}
	return freeSlug(base, taken), nil
}

// reloadCategory reads a category after a change, with what the client selected of it.
func (c *Catalog) reloadCategory(ctx context.Context, id int64, selected page.Fields) (*ent.Category, error) {
	row, err := c.Category(ctx, CategoryBy{ID: &id}, selected)
	if err == nil && row == nil { // deleted in the moment since
		return nil, fault.New(fault.NotFound, "There is no such category.")
	}
	return row, err
}

func noCategory(id int64, err error) error {
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound, "There is no such category.")
	}
	return fmt.Errorf("reading category %d: %w", id, err)
}
