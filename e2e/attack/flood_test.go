//go:build attack

package attack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

const (
	attackers  = 100              // connections that send one wrong password after the other, without a pause
	readers    = 50               // products queries a second
	calm       = 10 * time.Second // how long these are measured without a flood
	mostMemory = 200.0            // MiB
	mostSlower = 10.0             // times the calm p99
)

// TestFlood has attackers guess passwords as fast as they are answered, for FLOOD_TIME (60s), with settings as by default,
// and measures what is left for others.
func TestFlood(t *testing.T) {
	long := duration(t, "FLOOD_TIME", time.Minute)
	for _, addresses := range []int{1, 1000} {
		t.Run(fmt.Sprintf("from %d", addresses), func(t *testing.T) {
			s := start(t, "GATEHOUSE_TRUSTED_PROXIES=127.0.0.1/32")
			s.connect("203.0.113.1").register(t, "alice")
			s.connect("203.0.113.1").register(t, "bob")
			fmt.Printf("a flood of tokenObtain by %d connections, with %d addresses between them, for %v:\n", attackers, addresses, long)

			quiet, cancel := context.WithTimeout(t.Context(), calm)
			defer cancel()
			idle := s.readOn(quiet, t)

			flooded, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			end := startFlood(t, s.url, addresses)
			var group sync.WaitGroup
			group.Go(func() { s.passBy(flooded, t) })
			busy := s.readOn(flooded, t)
			for outcome, n := range end() {
				fmt.Printf("    sign-ins         %7.1f a second: %s\n", float64(n)/long.Seconds(), outcome)
			}
			group.Wait()

			fmt.Printf("    products         calm p50 %.1f ms, p99 %.1f ms; flooded p50 %.1f ms, p99 %.1f ms\n",
				milliseconds(idle.percentile(50)), milliseconds(idle.percentile(99)),
				milliseconds(busy.percentile(50)), milliseconds(busy.percentile(99)))
			if slower := float64(busy.percentile(99)) / float64(idle.percentile(99)); slower > mostSlower {
				t.Errorf("p99 of products is %.1f times that without a flood; no more than %.0f times was promised", slower, mostSlower)
			}
			peak := s.peakMiB(t)
			fmt.Printf("    memory           at most %.0f MiB\n", peak)
			if peak >= mostMemory {
				t.Errorf("%.0f MiB of memory; less than %.0f were promised", peak, mostMemory)
			}
		})
	}
}

// duration is the value of a variable of the environment.
func duration(t *testing.T, name string, otherwise time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// readOn asks for products at a fixed rate until the context ends, and answers how long each answer took.
func (s *server) readOn(ctx context.Context, t *testing.T) durations {
	t.Helper()
	c := s.connect("203.0.113.2")
	took, err := openLoop(ctx, readers, func(ctx context.Context) error { return c.ask(ctx, products, nil, nil) })
	if err != nil {
		t.Errorf("products: %v", err)
	}
	return took
}

// passBy signs somebody else in, once a second while the flood lasts: with the right password, from an address of their own,
// and as patiently as they are told to be.
func (s *server) passBy(ctx context.Context, t *testing.T) {
	c := s.connect("203.0.113.3")
	var took durations
	most := 0
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ; ctx.Err() == nil; <-ticker.C {
		begun := time.Now()
		tries, err := c.insist(ctx, "bob")
		switch {
		case err == nil:
			took = append(took, time.Since(begun))
			most = max(most, tries)
		case ctx.Err() == nil:
			t.Errorf("somebody else could not sign in: %v", err)
			return
		}
	}
	if len(took) == 0 {
		t.Error("somebody else could not sign in before the flood was over")
		return
	}
	fmt.Printf("    somebody else    signed in %d times, after %.0f ms in the median, and %.0f ms and %d tries at the most\n",
		len(took), milliseconds(took.percentile(50)), milliseconds(took.percentile(100)), most)
}

// insist signs in, and tries again when it is told to, until the context ends.
func (c *client) insist(ctx context.Context, username string) (tries int, err error) {
	for {
		tries++
		_, err = c.signIn(context.WithoutCancel(ctx), username, password)
		var refused *refusal
		if !errors.As(err, &refused) || refused.Extensions.Code != "RATE_LIMITED" {
			return tries, err
		}
		select {
		case <-time.After(time.Duration(refused.Extensions.RetryAfter) * time.Second):
		case <-ctx.Done():
			return tries, err
		}
	}
}
