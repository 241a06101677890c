package catalog

import (
	"context"
	"fmt"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/internal/fault"
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
