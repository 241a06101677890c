package database

import (
	"context"

	"github.com/gatehouse/gatehouse/ent"
)

// batch is how many rows one transaction of DeleteInBatches deletes: others may write between two.
const batch = 500

// DeleteInBatches deletes rows by some, which deletes at most so many of them and says how many it did, until there
// are no more. It says how many they were in all. What was done stays done when it is interrupted.
func (db *DB) DeleteInBatches(ctx context.Context, some func(tx *ent.Tx, most int) (int, error)) (deleted int, err error) {
	for {
		n := 0
		err := db.WriteAt(ctx, ReadCommitted, func(tx *ent.Tx) (err error) {
			n, err = some(tx, batch)
			return err
		})
		if err != nil {
			return deleted, err
		}
		if deleted += n; n < batch {
			return deleted, nil
		}
	}
}
