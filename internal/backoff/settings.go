package backoff

import (
	"errors"
	"fmt"
	"time"
)

// Settings are the figures by which a Guard goes. No figure turns a rule off; a large one makes it tolerant.
type Settings struct {
	// FreePerAccount is how many failures at one account, from one address, cost no waiting: at least 1.
	FreePerAccount int
	// FreePerAddress is the same of all that comes from one address, whatever the account: at least 1.
	FreePerAddress int
	// FirstDelay is how long the next try has to wait once no failure is free any more. Each further failure doubles
	// it, up to MaxDelay. At least a millisecond, and no more than MaxDelay.
	FirstDelay, MaxDelay time.Duration
	// ForgiveAfter is the time in which one failure is forgiven, one after the other: at least a millisecond.
	ForgiveAfter time.Duration
	// MaxRows is how many rows there may be, two of which are enough for one try: at least 2.
	MaxRows int
	// Refused is called for each try that has to wait; nil: nobody asks.
	Refused func()
	// Now is the clock. Required.
	Now func() time.Time
}

func (s Settings) check() error {
	switch {
	case s.Now == nil:
		return errors.New("no clock")
	case s.FreePerAccount < 1, s.FreePerAddress < 1:
		return fmt.Errorf("%d free failures of an account and %d of an address: each must be at least 1", s.FreePerAccount, s.FreePerAddress)
	case s.FirstDelay < time.Millisecond, s.MaxDelay < s.FirstDelay:
		return fmt.Errorf("delays from %v to %v: they must be at least a millisecond and must not decrease", s.FirstDelay, s.MaxDelay)
	case s.ForgiveAfter < time.Millisecond:
		return fmt.Errorf("a failure is forgiven within %v", s.ForgiveAfter)
	case s.MaxRows < 2:
		return fmt.Errorf("at most %d rows", s.MaxRows)
	}
	for _, c := range []curve{s.perAccount(), s.perAddress()} {
		if int64(c.most()) > int64(longest/s.ForgiveAfter) {
			return fmt.Errorf("%d free failures, each forgiven within %v, take more than %v", c.free, s.ForgiveAfter, longest)
		}
	}
	return nil
}

func (s Settings) perAccount() curve { return curve{s.FreePerAccount, s} }

func (s Settings) perAddress() curve { return curve{s.FreePerAddress, s} }

// now is the time as it is stored: UTC, whole milliseconds.
func (s Settings) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
