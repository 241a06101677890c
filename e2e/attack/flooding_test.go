//go:build attack

package attack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// floodURL is the variable by which this program is told to be the attackers, and whom to attack.
const floodURL = "ATTACK_FLOOD_URL"

// TestMain lets this program be the attackers as well, in a process of their own.
func TestMain(m *testing.M) {
	url := os.Getenv(floodURL)
	if url == "" {
		os.Exit(m.Run())
	}
	var f flood
	_, err := fmt.Sscan(os.Getenv("ATTACK_FLOOD_ADDRESSES"), &f.addresses)
	if err == nil {
		ctx, stop := context.WithCancel(context.Background())
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
			stop()
		}()
		f.run(ctx, url)
		err = json.NewEncoder(os.Stdout).Encode(f.outcomes)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startFlood starts the attackers, with the lowest priority: they would have machines of their own. end ends the flood, and
// answers how often each outcome came.
func startFlood(t *testing.T, url string, addresses int) (end func() map[string]int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "nice", "-n", "19", os.Args[0])
	command.Env = append(os.Environ(), floodURL+"="+url, fmt.Sprint("ATTACK_FLOOD_ADDRESSES=", addresses))
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return func() (outcomes map[string]int) {
		t.Helper()
		err := errors.Join(input.Close(), json.NewDecoder(output).Decode(&outcomes))
		if err = errors.Join(err, command.Wait()); err != nil {
			t.Fatal(err)
		}
		return outcomes
	}
}

// flood is a flood of sign-ins from so many addresses.
type flood struct {
	addresses int

	mu       sync.Mutex
	outcomes map[string]int
}

// run guesses passwords until the context ends: of somebody, and of whoever may be there.
func (f *flood) run(ctx context.Context, url string) {
	f.outcomes = map[string]int{}
	var group sync.WaitGroup
	for range attackers {
		group.Go(func() {
			c := (&server{url: url}).connect("")
			for ctx.Err() == nil {
				n := rand.IntN(f.addresses)
				c.address = fmt.Sprintf("198.51.%d.%d", n/250, n%250)
				username := "alice"
				if rand.IntN(2) == 0 {
					username = fmt.Sprintf("user%d", rand.IntN(1_000_000))
				}
				_, err := c.signIn(ctx, username, wrongPassword)
				f.count(ctx, err)
			}
		})
	}
	group.Wait()
}

// count counts an answer, unless the flood is over.
func (f *flood) count(ctx context.Context, err error) {
	outcome := "signed in"
	var refused *refusal
	switch {
	case ctx.Err() != nil:
		return
	case errors.As(err, &refused):
		outcome = refused.Extensions.Code + ": " + refused.Message
	case err != nil:
		outcome = err.Error()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcomes[outcome]++
}
