//go:build attack

package attack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestTiming measures how long tokenObtain takes to refuse an unknown user, an inactive one and a wrong password, in random
// order, and fails when the medians differ by more than 5 %: then the time would tell which of these it was.
func TestTiming(t *testing.T) {
	const tries, tolerance = 200, 1.05
	s := start(t, append(unlimited(), "GATEHOUSE_SUPERUSER_PASSWORD="+password)...)
	c := s.connect("")
	c.register(t, "alice")
	s.deactivate(t, c.register(t, "ivan"))

	type try struct{ what, username, password string }
	blanks := strings.Repeat(" ", 100_000) // which are cut off: a name may be this long and still be somebody's
	ways := []struct{ name, suffix, password string }{
		{"by username", "", wrongPassword},
		{"by e-mail address", "@shop.example", wrongPassword},
		{"a password of 1,025 characters", "", strings.Repeat("x", 1025)},
		{"a password of 200,000 characters", "", strings.Repeat("x", 200_000)},
		{"a username and 100,000 blanks", blanks, wrongPassword},
	}
	took := map[try]durations{}
	for _, way := range ways {
		cases := []try{{"unknown user", "nobody", ""}, {"inactive user", "ivan", ""}, {"wrong password", "alice", ""}}
		var order []try
		for range tries {
			order = append(order, cases...)
		}
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		clear(took)
		for _, one := range order {
			begun := time.Now()
			_, err := c.signIn(t.Context(), one.username+way.suffix, way.password)
			took[one] = append(took[one], time.Since(begun))
			var refused *refusal
			if !errors.As(err, &refused) || refused.Extensions.Code != "INVALID_CREDENTIALS" {
				t.Fatalf("%s, %s: %v", way.name, one.what, err)
			}
		}
		fmt.Printf("%s, median of %d tries each:\n", way.name, tries)
		shortest, longest := time.Hour, time.Duration(0)
		for _, one := range cases {
			median := took[one].percentile(50)
			shortest, longest = min(shortest, median), max(longest, median)
			fmt.Printf("    %-16s %8.3f ms\n", one.what, milliseconds(median))
		}
		ratio := float64(longest) / float64(shortest)
		fmt.Printf("    the longest is the shortest times %.4f\n", ratio)
		if ratio > tolerance {
			t.Errorf("%s: the medians differ by a factor of %.4f, and may by %.2f", way.name, ratio, tolerance)
		}
	}
}

// unlimited are settings by which nobody has to wait for their failures.
func unlimited() []string {
	return []string{"GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT=100000", "GATEHOUSE_BACKOFF_FREE_PER_ADDRESS=100000"}
}

// deactivate has staff deactivate a user.
func (s *server) deactivate(t *testing.T, id string) {
	t.Helper()
	s.run(t, "createsuperuser", "--username", "root", "--email", "root@shop.example")
	c := s.connect("")
	signedIn, err := c.signIn(t.Context(), "root", password)
	if err != nil {
		t.Fatal(err)
	}
	c.access = signedIn.Access
	if err := c.ask(t.Context(), `mutation ($id: ID!) { userUpdate(id: $id, input: {isActive: false}) { user { id } } }`, variables{"id": id}, nil); err != nil {
		t.Fatal(err)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
