package batch_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse/gatehouse/internal/batch"
)

// However many ask at once, each question is answered once, for all rows.
func TestOnce(t *testing.T) {
	group := batch.New([]int{1, 2, 3})
	var asked atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			question, factor := "double", 2
			if i%2 == 0 {
				question, factor = "triple", 3
			}
			got, err := batch.Once(group, question, func(rows []int) ([]int, error) {
				asked.Add(1)
				found := slices.Clone(rows)
				for i := range found {
					found[i] *= factor
				}
				return found, nil
			})
			if err != nil || !slices.Equal(got, []int{factor, 2 * factor, 3 * factor}) {
				t.Errorf("%s: %v, %v", question, got, err)
			}
		})
	}
	all.Wait()
	if asked.Load() != 2 {
		t.Errorf("%d answers were looked for; want 2", asked.Load())
	}
}

func TestOnceKeepsErrors(t *testing.T) {
	group := batch.New([]int{1})
	broken := errors.New("broken")
	for range 2 {
		_, err := batch.Once(group, "x", func([]int) (int, error) {
			err := broken
			broken = errors.New("asked again")
			return 0, err
		})
		if err == nil || err.Error() != "broken" {
			t.Errorf("%v", err)
		}
	}
}

// What panics for whoever asks first panics for the others, too: nobody takes nothing for an answer.
func TestOncePanics(t *testing.T) {
	group := batch.New([]int{1})
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			_, _ = batch.Once(group, "x", func([]int) (int, error) { panic("broken") })
		}()
	}
}
