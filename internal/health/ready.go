package health

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/gatehouse/gatehouse/internal/panics"
)

// Check is something that must hold for requests to be answered.
type Check struct {
	// Name is what is told when it does not hold.
	Name string
	// Holds is nil when it does. The error is for the log alone.
	Holds func(ctx context.Context) error
}

// Settings are what readiness is found out by. All are required.
type Settings struct {
	// Checks are made one after the other, until one does not hold.
	Checks []Check
	// Timeout is how long all of them together may take; if they take longer, the one that was being made does not hold.
	Timeout time.Duration
	// MaxAge is for how long a finding is told without finding out anew.
	MaxAge time.Duration
	Log    *slog.Logger
	Now    func() time.Time
}

// Readiness answers whether the program should be sent requests: 200, or 503 with the name of what is in the way. However
// often and by however many it is asked, the checks are made once at a time and once in MaxAge. Make it with New.
type Readiness struct {
	Settings
	draining atomic.Bool
	flight   singleflight.Group // of look

	mu     sync.Mutex
	found  *finding // the last one
	making string   // the name of the check that is being made
}

// finding is what the checks found.
type finding struct {
	at     time.Time
	failed string // empty: they all hold
}

// Draining is the name that is told of a program that is about to stop.
const Draining = "draining"

// New makes a Readiness that has found out nothing yet.
func New(s Settings) *Readiness { return &Readiness{Settings: s} }

// Drain has everybody told from now on that the program is about to stop, and no more checks made.
func (r *Readiness) Drain() { r.draining.Store(true) }

// IsDraining says whether Drain was called.
func (r *Readiness) IsDraining() bool { return r.draining.Load() }

// ServeHTTP answers a request.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	failed := Draining
	if !r.IsDraining() {
		failed = r.find(request.Context())
	}
	if r.IsDraining() { // it may have begun meanwhile
		failed = Draining
	}
	if failed != "" {
		tell(w, request, http.StatusServiceUnavailable, status{"unavailable", failed})
		return
	}
	tell(w, request, http.StatusOK, status{Status: "ready"})
}

// find answers the name of the check that does not hold, or nothing, by the last finding or a new one. It waits for that no
// longer than ctx and Timeout let it: a check may hang at what no context ends.
func (r *Readiness) find(ctx context.Context) string {
	if found := r.recent(); found != nil {
		return found.failed
	}
	waiting, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	looked := r.flight.DoChan("", func() (any, error) { return r.look(context.WithoutCancel(ctx)), nil })
	select {
	case result := <-looked:
		return result.Val.(string)
	case <-waiting.Done():
	}
	r.mu.Lock()
	making := r.making
	r.mu.Unlock()
	if ctx.Err() == nil { // or nobody hears it
		r.keep(ctx, making, waiting.Err())
	}
	return making
}

// recent is the last finding, unless there is none or it is too old.
func (r *Readiness) recent() *finding {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found == nil {
		return nil
	}
	if age := r.Now().Sub(r.found.at); age < 0 || age >= r.MaxAge {
		return nil
	}
	return r.found
}

// look makes the checks, and keeps what it finds.
func (r *Readiness) look(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	for _, check := range r.Checks {
		r.mu.Lock()
		r.making = check.Name
		r.mu.Unlock()
		err := panics.Caught(func() error { return check.Holds(ctx) })
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			r.keep(ctx, check.Name, err)
			return check.Name
		}
	}
	r.keep(ctx, "", nil)
	return ""
}

// keep keeps what was found, and logs it when that is another thing than before.
func (r *Readiness) keep(ctx context.Context, failed string, why error) {
	r.mu.Lock()
	before := r.found
	r.found = &finding{r.Now(), failed}
	r.mu.Unlock()
	switch {
	case failed != "" && (before == nil || before.failed != failed):
		r.Log.WarnContext(ctx, "not ready", "failed", failed, "error", why)
	case failed == "" && before != nil && before.failed != "":
		r.Log.InfoContext(ctx, "ready again")
	}
}
