package account

import "context"

// Observer is told of what a Registry does, for those who run the server: what comes of it, and how long it takes. It
// learns of nobody. It is called by many goroutines at once, and must not wait for anything.
type Observer interface {
	// SignIn is told what came of a sign-in: nil, or the error that Obtain answers.
	SignIn(err error)
	// Refresh is told what came of a refresh: nil, or the error that Refresh answers.
	Refresh(err error)
	// Step is told that something begins that takes its time. What it answers is called when that is over. The name is
	// one of a few.
	Step(ctx context.Context, name string) (end func())
}

// unobserved is an Observer that heeds nothing.
type unobserved struct{}

func (unobserved) SignIn(error)                              {}
func (unobserved) Refresh(error)                             {}
func (unobserved) Step(context.Context, string) (end func()) { return func() {} }

// HashingFigures say how much is going on in the hashing of passwords, at one moment.
type HashingFigures struct {
	Working int // passwords that are being hashed
	Waiting int // that wait for their turn
	Done    int // that were hashed, ever
	Refused int // that were refused, ever, because too many waited
}

// HashingFigures may be asked for at any time.
func (r *Registry) HashingFigures() HashingFigures { return r.hasher.turns.figures() }

func (t *turns) figures() HashingFigures {
	t.mu.Lock()
	defer t.mu.Unlock()
	return HashingFigures{Working: t.workers - t.idle, Waiting: len(t.waiting), Done: t.done, Refused: t.refused}
}
