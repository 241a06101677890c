package backoff_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/backoff"
)

// A flood of addresses that nobody has heard of does not make the table grow beyond its limit, nor does it have the
// one be forgotten who failed often.
func TestRowsAreBounded(t *testing.T) {
	for _, most := range []int{4, 50, 1000} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			limit := func(s *backoff.Settings) { s.MaxRows, s.FirstDelay = most, time.Hour }
			w := build(t, limit)
			for range 5 {
				w.fail(here, "ada")
			}
			for i := range most {
				w.fail(fmt.Sprintf("198.18.%d.%d", i/256, i%256), "eve")
				w.pass(time.Millisecond)
				if i == most/2 {
					w.restart(limit)
				}
				if n := w.rows(); n > most {
					t.Fatalf("%d rows after %d addresses", n, i+1)
				}
			}
			if n := w.rows(); n < most-most/100-1 {
				t.Errorf("%d rows are left: too many were deleted", n)
			}
			if err := w.TryAccount(t.Context(), here, "ada", right); wait(err) == 0 {
				t.Errorf("%v; want it refused", err)
			}

			// The latest of the flood are remembered, too, as far as there is room.
			if got := w.failures(fmt.Sprintf("198.18.%d.%d", (most-1)/256, (most-1)%256)); got != 1 {
				t.Errorf("%d failures of the last address, want 1", got)
			}
		})
	}
}

// Where every row matters more than a fresh one, whoever is new still counts, one after the other.
func TestARowIsNotDrivenOutByItself(t *testing.T) {
	w := build(t, func(s *backoff.Settings) { s.MaxRows = 4 })
	for _, address := range []string{here, "192.0.2.2"} {
		for range 5 {
			w.fail(address, "ada")
		}
	}
	for range 5 {
		w.fail("192.0.2.3", "ada")
	}
	w.wantWait("192.0.2.3", "ada", time.Second)
}

// Nor does an address lose its failures to the rows of the accounts that it tries.
func TestAnAddressIsNotDrivenOutByItsAccounts(t *testing.T) {
	w := build(t, func(s *backoff.Settings) { s.MaxRows, s.FreePerAddress = 4, 8 })
	for _, address := range []string{here, "192.0.2.2"} {
		for range 5 {
			w.fail(address, "ada")
		}
	}
	for i := range 8 {
		w.fail("192.0.2.3", fmt.Sprint("user ", i))
	}
	w.wantWait("192.0.2.3", "another", time.Second)
}

// A limit that was lowered is reached by and by, without a transaction that takes for ever.
func TestALimitThatWasLowered(t *testing.T) {
	w := build(t)
	w.fill(3000, func(i int) (time.Duration, time.Duration) { return time.Duration(i+1) * time.Second, 0 })
	w.restart(func(s *backoff.Settings) { s.MaxRows = 100 })
	w.fail("192.0.2.1", "ada")
	if n := w.rows(); n < 1900 || n > 2002 {
		t.Errorf("%d rows after the first try", n)
	}
	w.fail("192.0.2.2", "ada")
	w.fail("192.0.2.3", "ada")
	if n := w.rows(); n > 100 {
		t.Errorf("%d rows after the third", n)
	}
}

// fill adds rows that clear, and are blocked, for so long from now.
func (w *world) fill(n int, row func(i int) (clears, blocked time.Duration)) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), func(tx *ent.Tx) error {
		for i := range n {
			clears, blocked := row(i)
			if err := tx.Backoff.Create().SetID(fmt.Sprint("row", i)).
				SetClearsAt(noon.Add(clears)).SetBlockedUntil(noon.Add(blocked)).Exec(w.t.Context()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// TestFlush deletes more than one batch of what matters no more, goes on where it was interrupted, and leaves the rest.
func TestFlush(t *testing.T) {
	w := build(t)
	const past = 1201
	w.fill(past+2, func(i int) (time.Duration, time.Duration) {
		switch i {
		case past:
			return time.Hour, -time.Hour // failures that are not forgiven
		case past + 1:
			return -time.Hour, time.Hour // forgiven, but it has to wait
		}
		return -time.Duration(i) * time.Second, -time.Duration(i) * time.Second
	})
	w.pass(time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if deleted, err := w.Flush(ctx); !errors.Is(err, context.Canceled) || deleted != 0 {
		t.Errorf("interrupted: %d, %v", deleted, err)
	}
	if deleted, err := w.Flush(t.Context()); err != nil || deleted != past || w.rows() != 2 {
		t.Errorf("deleted %d, %v, left %d; want %d and 2", deleted, err, w.rows(), past)
	}
	w.pass(time.Hour)
	if deleted, err := w.Flush(t.Context()); err != nil || deleted != 2 {
		t.Errorf("an hour later: deleted %d, %v; want 2", deleted, err)
	}
}
