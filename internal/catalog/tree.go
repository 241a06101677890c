package catalog

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
)

// parent checks that the category with the given id (0 for a new one) may stand below another: the tree
// stays a tree, of at most MaxDepth levels.
func (v *validator) parent(ctx context.Context, tx *ent.Tx, id, parent int64) error {
	above := 0
	for next := &parent; next != nil; above++ {
		if *next == id && id != 0 { // 0 is also what an id that is nobody's reads as
			v.mistakes.Add("parent", fault.Invalid, "A category cannot lie below itself.")
			return nil
		}
		row, err := tx.Category.Get(ctx, *next)
		if ent.IsNotFound(err) {
			v.mistakes.Add("parent", fault.Missing, "There is no such category.")
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading category %d: %w", *next, err)
		}
		next = row.ParentID
	}
	below, err := height(ctx, tx, id)
	if err != nil {
		return err
	}
	if above+below > MaxDepth {
		v.mistakes.Add("parent", fault.Invalid, fmt.Sprintf("Categories may be nested at most %d deep.", MaxDepth))
	}
	return nil
}

// height is how many levels a category and all below it take: 1 for one without children, and for a new one.
func height(ctx context.Context, tx *ent.Tx, id int64) (int, error) {
	levels := 1
	for below := tx.Category.Query().Where(category.ParentID(id)); ; below = below.QueryChildren() {
		found, err := below.Clone().Exist(ctx)
		if err != nil {
			return 0, fmt.Errorf("reading what is below category %d: %w", id, err)
		}
		if !found {
			return levels, nil
		}
		levels++
	}
}

// atOrBelow holds for the products in the category and in all categories below it.
func atOrBelow(id int64) filter.Condition {
	return inTree(func(b *sql.Builder) { b.Ident(category.FieldID).WriteString(" = ").Arg(id) })
}

// atOrBelowShelf is atOrBelow for the category with the slug.
func atOrBelowShelf(slug string) filter.Condition {
	return inTree(func(b *sql.Builder) { b.Ident(category.FieldSlug).WriteString(" = ").Arg(slug) })
}

// inTree holds for the products in the categories for which top holds, and in all below them. UNION, and not UNION
// ALL, comes to an end whatever the tree looks like.
func inTree(top func(*sql.Builder)) filter.Condition {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString(s.C(product.FieldCategoryID) + " IN (WITH RECURSIVE down(id) AS (SELECT id FROM ").Ident(category.Table).
				WriteString(" WHERE ")
			top(b)
			b.WriteString(" UNION SELECT c.id FROM ").Ident(category.Table).
				WriteString(" AS c JOIN down ON c.parent_id = down.id) SELECT id FROM down)")
		}))
	}
}
