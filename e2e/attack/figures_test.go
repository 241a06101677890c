//go:build attack

package attack

import (
	"context"
	"slices"
	"sync"
	"time"
)

// durations are how long something took, each time.
type durations []time.Duration

// percentile is the time that p of a hundred did not exceed.
func (d durations) percentile(p int) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// openLoop makes calls at a fixed rate, whether or not those before are answered, until the context ends, and answers how
// long each took from when it was due. The error is that of one of the calls that failed.
func openLoop(ctx context.Context, perSecond int, call func(context.Context) error) (took durations, err error) {
	var group sync.WaitGroup
	var mu sync.Mutex
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			group.Wait()
			return took, err
		case due := <-ticker.C:
			group.Go(func() {
				failed := call(context.WithoutCancel(ctx))
				d := time.Since(due)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, d)
				if failed != nil {
					err = failed
				}
			})
		}
	}
}
