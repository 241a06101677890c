package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// write is database.Write for what the viewer does: they then read what they wrote, wherever that is answered.
func (c *Catalog) write(ctx context.Context, f func(tx *ent.Tx) error) error {
	if err := c.db.Write(ctx, f); err != nil {
		return err
	}
	viewer, err := auth.FromContext(ctx)
	if err != nil || !viewer.SignedIn() {
		return err
	}
	c.db.Remember(ctx, viewer.UserID)
	return nil
}

// errStale undoes an update that was meant for another version.
var errStale = errors.New("the row has another version")

// staleVersion is what the client is told then.
func staleVersion() error {
	var m fault.Mistakes
	m.Add("expectedVersion", fault.StaleVersion, "Somebody else changed this in the meantime; look at it again.")
	return m
}

// finder is any ent query that can tell whether it finds something.
type finder interface {
	Exist(context.Context) (bool, error)
}

// unique notes a mistake when the query finds another row with the value.
func (v *validator) unique(ctx context.Context, field string, others finder) error {
	taken, err := others.Exist(ctx)
	if err != nil {
		return fmt.Errorf("checking that %s is unique: %w", field, err)
	}
	if taken {
		v.mistakes.Add(field, fault.NotUnique, "Something else already has this "+field+".")
	}
	return nil
}

// exists notes a mistake when the query does not find what the field refers to.
func (v *validator) exists(ctx context.Context, field string, target finder) error {
	found, err := target.Exist(ctx)
	if err != nil {
		return fmt.Errorf("checking that the %s exists: %w", field, err)
	}
	if !found {
		v.mistakes.Add(field, fault.Missing, "There is no such "+field+".")
	}
	return nil
}

// unused notes a mistake when the query finds something that stands in the way of a deletion.
func (v *validator) unused(ctx context.Context, what string, dependants finder) error {
	found, err := dependants.Exist(ctx)
	if err != nil {
		return fmt.Errorf("looking for %s in the way: %w", what, err)
	}
	if found {
		v.mistakes.Add("id", fault.InUse, "There are still "+what+" in it.")
	}
	return nil
}

// later is the later of two times: a row's times never go back, whatever the clock does.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
