package backoff

import "time"

const (
	// longest is more time than any row looks ahead: a time.Duration ends at 292 years.
	longest = 290 * 365 * 24 * time.Hour
	// clockSkew is how much the clocks of two instances may disagree.
	clockSkew = time.Minute
)

// state is what is remembered under one key. The zero state is that of a key that was never heard of.
type state struct {
	clearsAt     time.Time // when all failures are forgiven
	blockedUntil time.Time // until when no further try is allowed
}

// cleared says whether nothing of it matters any more.
func (s state) cleared(now time.Time) bool {
	return !s.clearsAt.After(now) && !s.blockedUntil.After(now)
}

// curve is how failures add up to waiting, for one kind of key.
//
// Each failure moves the time at which all are forgiven further off by the same span. So a failure is forgiven
// every span, however many there were: an address that many people use recovers while it is in use, and somebody
// who guesses without a pause gets about one try a span.
type curve struct {
	free int // failures that cost nothing
	Settings
}

// failures is how many failures are not forgiven yet: at most most, whatever a clock that was set back, or other
// settings, have made of the row.
func (c curve) failures(s state, now time.Time) int {
	left := s.clearsAt.Sub(now)
	if left <= 0 {
		return 0
	}
	n := int64(left / c.ForgiveAfter)
	if left%c.ForgiveAfter > 0 {
		n++
	}
	return int(min(n, int64(c.most())))
}

// most is the number of failures from which on another one makes no difference.
func (c curve) most() int {
	n := c.free
	for delay := c.FirstDelay; delay < c.MaxDelay; delay = c.double(delay) {
		n++
	}
	return n
}

// delay is how long the next try waits after so many failures.
func (c curve) delay(failures int) time.Duration {
	if failures < c.free {
		return 0
	}
	delay := c.FirstDelay
	for range min(failures, c.most()) - c.free {
		delay = c.double(delay)
	}
	return delay
}

// double is twice the delay, at most MaxDelay.
func (c curve) double(delay time.Duration) time.Duration {
	if delay > c.MaxDelay/2 {
		return c.MaxDelay
	}
	return 2 * delay
}

// wait is how long a try has to wait now; 0: it may go on. A wait longer than any that there is comes of a clock
// that was set back, or of settings that were stricter: it is void.
func (c curve) wait(s state, now time.Time) time.Duration {
	wait := s.blockedUntil.Sub(now)
	if wait <= 0 || wait-clockSkew > c.MaxDelay {
		return 0
	}
	return wait
}

// fail is the state after one more failure.
func (c curve) fail(s state, now time.Time) state {
	from := s.clearsAt
	if from.Before(now) {
		from = now
	}
	next := state{clearsAt: from.Add(c.ForgiveAfter), blockedUntil: s.blockedUntil}
	if end := now.Add(time.Duration(c.most()) * c.ForgiveAfter); next.clearsAt.After(end) {
		next.clearsAt = end
	}
	// A free failure blocks nothing, not even until now: for a clock that is a little behind that were a wait.
	if delay := c.delay(c.failures(next, now)); delay > 0 || next.blockedUntil.After(now) {
		next.blockedUntil = now.Add(delay)
	}
	return next
}
