package notify_test

import (
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/notify"
)

// A moment tells the transactions that were committed before it from those that are committed later.
func TestMoments(t *testing.T) {
	w := build(t)
	bus := notify.New(w.db, notify.Settings{})
	now := func() notify.Moment {
		t.Helper()
		m, err := bus.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	begin := func(end func(id uint64)) {
		t.Helper()
		if err := w.db.Write(t.Context(), func(tx *ent.Tx) error {
			rows, err := tx.QueryContext(t.Context(), "SELECT pg_current_xact_id()::text::bigint")
			if err != nil {
				return err
			}
			var id int64
			for rows.Next() {
				if err := rows.Scan(&id); err != nil {
					return err
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
			end(uint64(id))
			return rows.Err()
		}); err != nil {
			t.Fatal(err)
		}
	}
	var first, second uint64
	begin(func(id uint64) {
		first = id
		begin(func(id uint64) { second = id })
		if m := now(); m.Had(first) || !m.Had(second) {
			t.Errorf("while the first runs: %+v", m)
		}
	})
	if m := now(); !m.Had(first) || !m.Had(second) || m.Had(second+1000) {
		t.Errorf("then: %+v", m)
	}
}
