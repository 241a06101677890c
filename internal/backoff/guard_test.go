package backoff_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// noon is when every test begins: with a fraction of a second, as times mostly have.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 123_456_789, time.UTC)

const (
	here = "192.0.2.1"
	span = 15 * time.Minute
)

// world is a Guard with the default figures, on a clock that the test sets.
type world struct {
	*backoff.Guard
	t  *testing.T
	db *database.DB

	mu  sync.Mutex
	now time.Time
}

func build(t *testing.T, change ...func(*backoff.Settings)) *world {
	w := &world{t: t, db: databasetest.New(t), now: noon}
	w.restart(change...)
	return w
}

// restart has another Guard over the same database.
func (w *world) restart(change ...func(*backoff.Settings)) {
	w.t.Helper()
	s := backoff.Settings{
		FreePerAccount: 5, FreePerAddress: 50, FirstDelay: time.Second, MaxDelay: time.Hour,
		ForgiveAfter: span, MaxRows: 100_000, Now: w.clock,
	}
	for _, f := range change {
		f(&s)
	}
	var err error
	if w.Guard, err = backoff.New(w.db, s); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// How a try may end.
var (
	errWrong = errors.New("wrong")
	errBug   = errors.New("bug")
)

func wrong(try *backoff.Try) error {
	try.Keep()
	return errWrong
}

func right(try *backoff.Try) error {
	try.Forgive()
	return nil
}

func busy(*backoff.Try) error { return fault.New(fault.RateLimited, "Busy.") }

// wait is how long the refusal in err says to wait; 0 when it is none.
func wait(err error) time.Duration {
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Code == fault.RateLimited {
		return refused.RetryAfter
	}
	return 0
}

// fail is a wrong password, which must be tried.
func (w *world) fail(address, account string) {
	w.t.Helper()
	if err := w.TryAccount(w.t.Context(), address, account, wrong); !errors.Is(err, errWrong) {
		w.t.Fatalf("%s at %s: %v; want it to be tried", account, address, err)
	}
}

// wantWait expects that a try is refused for so long, and does not run.
func (w *world) wantWait(address, account string, want time.Duration) {
	w.t.Helper()
	err := w.TryAccount(w.t.Context(), address, account, func(*backoff.Try) error {
		w.t.Errorf("%s at %s was tried", account, address)
		return nil
	})
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.RateLimited || refused.RetryAfter != want ||
		refused.Message != "Too many failed attempts; try again later." || refused.Reason != "" {
		w.t.Errorf("%s at %s: %+v; want it refused for %v", account, address, err, want)
	}
}

// failures is how many failures of the address count.
func (w *world) failures(address string) (n int) {
	w.t.Helper()
	if err := w.TryAddress(w.t.Context(), address, func(try *backoff.Try) error {
		n = try.Failures() - 1
		return nil // it never was
	}); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) rows() int {
	w.t.Helper()
	n, err := w.db.Read.Backoff.Query().Count(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestTheCurve goes all the way up and all the way down again.
func TestTheCurve(t *testing.T) {
	w := build(t)
	for range 5 {
		w.fail(here, "ada")
	}
	// Each delay is waited for to the last moment. A failure is forgiven every 15 minutes meanwhile, which comes to
	// four while the longest delay lasts.
	seconds := []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}
	for _, s := range seconds {
		w.wantWait(here, "ada", time.Duration(s)*time.Second)
		w.pass(time.Duration(s)*time.Second - time.Millisecond)
		w.wantWait(here, "ada", time.Second) // rounded up
		w.pass(time.Millisecond)
		w.fail(here, "ada")
	}
	// 1,023 seconds have forgiven one of 15 failures. The 16th is the 15th again.
	w.wantWait(here, "ada", 512*time.Second)

	// Whoever goes on comes to rest at about one try in a quarter of an hour.
	tries := 0
	for end := w.clock().Add(24 * time.Hour); w.clock().Before(end); {
		err := w.TryAccount(t.Context(), here, "ada", wrong)
		if errors.Is(err, errWrong) {
			tries++
			continue
		}
		if wait(err) > time.Hour || wait(err) <= 0 {
			t.Fatalf("%v", err)
		}
		w.pass(wait(err))
	}
	if tries < 80 || tries > 110 {
		t.Errorf("%d guesses in a day", tries)
	}

	// Down again: an hour frees the next try, and what is left of the failures goes one by one.
	w.pass(time.Hour)
	before := w.failures(here)
	for range before {
		w.pass(span)
		before--
		if got := w.failures(here); got != before {
			t.Fatalf("%d failures, want %d", got, before)
		}
	}
	if n, err := w.Flush(t.Context()); err != nil || w.rows() != 0 {
		t.Errorf("flushed %d, %v; left %d", n, err, w.rows())
	}
	for range 5 {
		w.fail(here, "ada")
	}
	w.wantWait(here, "ada", time.Second)
}

// TestTheLongestDelay is reached where failures are not forgiven in the meantime, and stays what it is.
func TestTheLongestDelay(t *testing.T) {
	w := build(t, func(s *backoff.Settings) { s.ForgiveAfter = 24 * time.Hour })
	for range 5 {
		w.fail(here, "ada")
	}
	for want := time.Second; want < time.Hour; want *= 2 {
		w.wantWait(here, "ada", want)
		w.pass(want)
		w.fail(here, "ada")
	}
	for range 20 {
		w.wantWait(here, "ada", time.Hour)
		w.pass(time.Hour)
		w.fail(here, "ada")
	}
	// From there to none it takes 24 hours for each of 17 failures, however many more there were.
	w.pass(17*24*time.Hour - time.Millisecond)
	if got := w.failures(here); got == 0 {
		t.Error("all forgiven too early")
	}
	for range 4 {
		w.fail(here, "ada")
	}
	w.wantWait(here, "ada", time.Second) // one was left
}

func TestAFailureIsForgivenAtATime(t *testing.T) {
	w := build(t)
	for range 5 {
		w.fail(here, "ada")
	}
	for range 20 { // one free try every quarter of an hour
		w.pass(span)
		w.fail(here, "ada")
		w.wantWait(here, "ada", time.Second)
	}
}

func TestAddressesAndAccountsCountApart(t *testing.T) {
	w := build(t)
	for range 5 {
		w.fail(here, "ada")
	}
	w.wantWait(here, "ada", time.Second)
	w.fail(here, "bob")          // another account from here
	w.fail("192.0.2.2", "ada")   // the same from elsewhere
	w.fail("192.0.2.2", "ada ")  // names are compared as they are given
	w.fail("192.0.2.2", "")      // a name like any other
	w.fail("192.0.2.2", "\xff0") // be it what it may
	w.fail("192.0.2.2", strings.Repeat("x", 1<<20))

	// 50 of one address, to whatever accounts and none.
	w = build(t)
	for i := range 48 {
		w.fail(here, fmt.Sprint("user", i))
	}
	for range 2 {
		if err := w.TryAddress(t.Context(), here, func(try *backoff.Try) error { try.Keep(); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	w.wantWait(here, "somebody else", time.Second)
	w.wantWait(here, "user1", time.Second)
	if err := w.TryAddress(t.Context(), here, wrong); wait(err) != time.Second {
		t.Errorf("%v; want the address refused", err)
	}
	w.fail("192.0.2.2", "user1")
	w.pass(time.Second)
	w.fail(here, "user1")
	w.wantWait(here, "somebody else", 2*time.Second)
}

// What is refused is not counted: whoever keeps asking waits no longer for it.
func TestRefusalsDoNotCount(t *testing.T) {
	w := build(t)
	for range 5 {
		w.fail(here, "ada")
	}
	for range 100 {
		w.wantWait(here, "ada", time.Second)
	}
	w.pass(time.Second)
	if got := w.failures(here); got != 5 {
		t.Errorf("%d failures, want 5", got)
	}
	if err := w.TryAccount(t.Context(), here, "ada", right); err != nil {
		t.Error(err)
	}
}

func TestNetworks(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b string
		same bool
	}{
		{"IPv4 neighbours", "192.0.2.1", "192.0.2.2", false},
		{"IPv4 as IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"IPv4 as IPv6, neighbours", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"one /64", "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
		{"spelt otherwise", "2001:db8::1", "2001:0DB8:0:0::1", true},
		{"two /64", "2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"a zone", "fe80::1%eth0", "fe80::2%eth1", true},
		{"IPv4 and what is written like its bytes", "192.0.2.1", "c000:201::", false},
		{"no addresses", "", "@", true},
		{"no address and one", "unknown", "0.0.0.0", false},
		{"no address and the zero network", "", "::", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := build(t)
			for range 5 {
				w.fail(tt.a, "ada")
			}
			if err := w.TryAccount(t.Context(), tt.b, "ada", wrong); (wait(err) > 0) != tt.same {
				t.Errorf("%q after %q: %v", tt.b, tt.a, err)
			}
		})
	}
}

// No address and account are taken for another pair, or for an address alone.
func TestKeysAreUnambiguous(t *testing.T) {
	w := build(t)
	ids := map[string]bool{}
	pairs := [][2]string{
		{"192.0.2.1", ""},
		{"192.0.2.1", "1"},
		{"192.0.2.11", ""},
		{"192.0.2.1", "192.0.2.1"},
		{"", "192.0.2.1"},
		{"", ""},
		{"", "\x00"},
		{"192.0.2.1", "\x00"},
		{"2001:db8::", "/64"},
		{"2001:db8::", ""},
	}
	addresses := map[string]bool{}
	for _, p := range pairs {
		w.fail(p[0], p[1])
		addresses[p[0]] = true
	}
	for _, row := range w.db.Read.Backoff.Query().AllX(t.Context()) {
		ids[row.ID] = true
		if len(row.ID) != 64 || strings.Trim(row.ID, "0123456789abcdef") != "" {
			t.Errorf("key %q", row.ID)
		}
	}
	if want := len(pairs) + len(addresses); len(ids) != want {
		t.Errorf("%d keys, want %d", len(ids), want)
	}
}

// Of 50 guesses at once no more run than one after the other would.
func TestConcurrentGuesses(t *testing.T) {
	w := build(t)
	var ran, refused atomic.Int64
	var group sync.WaitGroup
	hold := make(chan struct{})
	for range 50 {
		group.Go(func() {
			err := w.TryAccount(t.Context(), here, "ada", func(try *backoff.Try) error {
				if ran.Add(1) == 5 {
					close(hold) // none ends before all that may have begun
				}
				<-hold
				try.Keep()
				return errWrong
			})
			if wait(err) > 0 {
				refused.Add(1)
			}
		})
	}
	group.Wait()
	if ran.Load() != 5 || refused.Load() != 45 {
		t.Errorf("%d ran and %d were refused; want 5 and 45", ran.Load(), refused.Load())
	}
	if got := w.failures(here); got != 5 {
		t.Errorf("%d failures, want 5", got)
	}
}

// However many tries are waiting to be counted, whoever writes anything else is next: on SQLite, where one writes at a time.
func TestAFloodIsInNobodysWay(t *testing.T) {
	const flood = 100
	var flooded atomic.Bool
	var looked, begun atomic.Int64
	waiting := make(chan struct{}) // closed when all have looked how they stand
	hold := make(chan struct{})    // closed when the first of them may write
	w := &world{t: t, now: noon}
	w.db = databasetest.SQLite(t, databasetest.Trace(func(_ context.Context, text string) {
		switch statement := text; {
		case !flooded.Load(): // the database is being made
		case strings.Contains(statement, "Tx(") && strings.Contains(statement, "started"):
			if begun.Add(1) == 1 {
				<-hold
			}
		case strings.HasPrefix(statement, "driver.Query") && looked.Add(1) == flood:
			close(waiting)
		}
	}))
	w.restart()
	flooded.Store(true)
	var group sync.WaitGroup
	for i := range flood {
		group.Go(func() {
			if err := w.TryAddress(t.Context(), fmt.Sprintf("192.0.2.%d", i), wrong); !errors.Is(err, errWrong) {
				t.Error(err)
			}
		})
	}
	<-waiting
	time.AfterFunc(50*time.Millisecond, func() { close(hold) }) // in which the write below queues up, if at all it must
	var before int64
	if err := w.db.Write(t.Context(), func(*ent.Tx) error {
		before = begun.Load() - 1
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if before > flood/20 {
		t.Errorf("%d of %d tries came first; want one", before, flood)
	}
	group.Wait()
}

// Success forgets what is its own: the account from this address, and its own try. The others' failures stay.
func TestSuccess(t *testing.T) {
	for name, success := range map[string]func(w *world) func(*backoff.Try) error{
		"at the end": func(*world) func(*backoff.Try) error { return right },
		"in its transaction": func(w *world) func(*backoff.Try) error {
			return func(try *backoff.Try) error {
				return w.db.Write(w.t.Context(), func(tx *ent.Tx) error { return try.ForgiveIn(w.t.Context(), tx) })
			}
		},
		"in a transaction that failed": func(w *world) func(*backoff.Try) error {
			return func(try *backoff.Try) error {
				_ = w.db.Write(w.t.Context(), func(tx *ent.Tx) error {
					return errors.Join(try.ForgiveIn(w.t.Context(), tx), errBug)
				})
				return errBug
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := build(t)
			for range 4 {
				w.fail(here, "ada")
				w.fail(here, "bob")
			}
			w.fail("192.0.2.2", "ada")
			if err := w.TryAccount(t.Context(), here, "ada", success(w)); err != nil && !errors.Is(err, errBug) {
				t.Fatal(err)
			}
			if got := w.failures(here); got != 8 {
				t.Errorf("%d failures of the address, want the 8 that there were", got)
			}
			for range 5 {
				w.fail(here, "ada")
			}
			w.wantWait(here, "ada", time.Second)
			w.fail(here, "bob")
			w.wantWait(here, "bob", time.Second)
			if got := w.failures("192.0.2.2"); got != 1 {
				t.Errorf("%d failures elsewhere, want 1", got)
			}
		})
	}
}

// A first success leaves nothing at all.
func TestSuccessLeavesNothing(t *testing.T) {
	w := build(t)
	if err := w.TryAccount(t.Context(), here, "ada", right); err != nil || w.rows() != 0 {
		t.Errorf("%v; %d rows", err, w.rows())
	}
}

// The try that had others wait takes that back with itself, and only then.
func TestTakingBackTheLastFreeTry(t *testing.T) {
	w := build(t, func(s *backoff.Settings) { s.FreePerAddress = 3 })
	w.fail(here, "ada")
	w.fail(here, "bob")
	if err := w.TryAccount(t.Context(), here, "eve", right); err != nil { // the third
		t.Fatal(err)
	}
	w.fail(here, "eve") // the third again
	w.wantWait(here, "joe", time.Second)

	w = build(t, func(s *backoff.Settings) { s.FreePerAddress = 3 })
	w.fail(here, "ada")
	if err := w.TryAccount(t.Context(), here, "eve", func(try *backoff.Try) error { // the second
		w.fail(here, "bob") // the third, meanwhile
		return right(try)
	}); err != nil {
		t.Fatal(err)
	}
	w.wantWait(here, "joe", time.Second) // due to the third, which stands
	w.pass(time.Second)
	w.fail(here, "joe")
	w.wantWait(here, "joe", time.Second) // the third anew
}

// A try that found nothing out never was, unless its address goes on and on.
func TestTriesWithoutAVerdict(t *testing.T) {
	hungUp := func(cancel context.CancelFunc) func(*backoff.Try) error {
		return func(*backoff.Try) error {
			cancel()
			return context.Canceled
		}
	}
	for _, tt := range []struct {
		name    string
		try     func(context.CancelFunc) func(*backoff.Try) error
		earlier int // failures of the address, at other accounts
		address int // failures of the address after it
	}{
		{"busy", func(context.CancelFunc) func(*backoff.Try) error { return busy }, 0, 0},
		{"busy again", func(context.CancelFunc) func(*backoff.Try) error { return busy }, 3, 4},
		{"hung up", hungUp, 0, 0},
		{"hung up again", hungUp, 3, 4},
		{"an error", func(context.CancelFunc) func(*backoff.Try) error {
			return func(*backoff.Try) error { return errBug }
		}, 3, 3},
		{"wrong, and hung up", func(cancel context.CancelFunc) func(*backoff.Try) error {
			return func(try *backoff.Try) error {
				cancel()
				return wrong(try)
			}
		}, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := build(t)
			for i := range tt.earlier {
				w.fail(here, fmt.Sprint("user", i))
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if err := w.TryAccount(ctx, here, "ada", tt.try(cancel)); err == nil {
				t.Error("no error")
			}
			if got := w.failures(here); got != tt.address {
				t.Errorf("%d failures of the address, want %d", got, tt.address)
			}
			kept := 0
			if tt.name == "wrong, and hung up" {
				kept = 1
			}
			for range 5 - kept {
				w.fail(here, "ada")
			}
			w.wantWait(here, "ada", time.Second)
		})
	}
	t.Run("a panic", func(t *testing.T) {
		w := build(t)
		func() {
			defer func() { _ = recover() }()
			_ = w.TryAccount(t.Context(), here, "ada", func(*backoff.Try) error { panic("bug") })
		}()
		if w.rows() != 0 {
			t.Errorf("%d rows", w.rows())
		}
	})
	t.Run("of an address alone", func(t *testing.T) {
		w := build(t)
		for _, tt := range []struct {
			try  func(*backoff.Try) error
			want int
		}{{busy, 0}, {func(*backoff.Try) error { return errBug }, 0}, {wrong, 1}, {busy, 2}, {func(*backoff.Try) error { return errBug }, 2}} {
			_ = w.TryAddress(t.Context(), here, tt.try)
			if got := w.failures(here); got != tt.want {
				t.Errorf("%d failures, want %d", got, tt.want)
			}
		}
	})
}

// A flood that is turned away for want of room is refused by its own back-off in the end, and not for ever served.
func TestAFloodOfBusyRefusalsEnds(t *testing.T) {
	w := build(t)
	w.fail(here, "ada")
	refused := 0
	for i := range 60 {
		err := w.TryAccount(t.Context(), here, fmt.Sprint("user", i), busy)
		if wait(err) > 0 {
			refused++
		}
	}
	if refused != 11 {
		t.Errorf("%d of 60 were refused, want the last 11", refused)
	}
}

func TestARestartForgivesNothing(t *testing.T) {
	w := build(t)
	for range 5 {
		w.fail(here, "ada")
	}
	w.restart()
	w.wantWait(here, "ada", time.Second)
}

func TestClocksThatAreSetBack(t *testing.T) {
	w := build(t)
	for range 5 {
		w.fail(here, "ada")
	}
	// A little: who has to wait waits a little longer.
	w.pass(-30 * time.Second)
	w.wantWait(here, "ada", 31*time.Second)
	// A lot: nobody is locked out for a year. The next failure takes the worst for granted.
	w.pass(-365 * 24 * time.Hour)
	w.fail(here, "ada")
	w.wantWait(here, "ada", time.Hour)
	// The longest wait, too, holds by a clock that is a little behind.
	w.pass(-30 * time.Second)
	w.wantWait(here, "ada", time.Hour+30*time.Second)
	w.pass(time.Hour + 30*time.Second)
	if err := w.TryAccount(t.Context(), here, "ada", right); err != nil {
		t.Error(err)
	}
	// Taking back finds no more to take than was added.
	w.pass(-365 * 24 * time.Hour)
	_ = w.TryAccount(t.Context(), here, "eve", func(*backoff.Try) error {
		w.pass(-365 * 24 * time.Hour)
		return errBug
	})
	w.fail(here, "eve")
}

func TestSettingsThatBecomeStricterOrMilder(t *testing.T) {
	w := build(t, func(s *backoff.Settings) { s.FirstDelay, s.MaxDelay = 24*time.Hour, 24*time.Hour })
	for range 5 {
		w.fail(here, "ada")
	}
	w.wantWait(here, "ada", 24*time.Hour)
	w.restart() // a delay that can no longer be is void
	w.fail(here, "ada")
	w.wantWait(here, "ada", 2*time.Second)
	w.restart(func(s *backoff.Settings) { s.ForgiveAfter = time.Second }) // the same time is many failures
	w.pass(2 * time.Second)
	w.fail(here, "ada")
	w.wantWait(here, "ada", time.Hour)
}

// Tries that are free never make anybody wait, by whichever instance's clock.
func TestFreeTriesByDisagreeingClocks(t *testing.T) {
	w := build(t)
	for i, step := range []time.Duration{0, -time.Second, -time.Minute, 90 * time.Second} {
		w.pass(step)
		if err := w.TryAccount(t.Context(), here, "ada", wrong); !errors.Is(err, errWrong) {
			t.Errorf("failure %d, after %v: %v", i+1, step, err)
		}
	}
}

// Figures at their limits neither overflow nor lock anybody out for longer than they say.
func TestExtremeSettings(t *testing.T) {
	for name, change := range map[string]func(*backoff.Settings){
		"long":  func(s *backoff.Settings) { s.MaxDelay, s.ForgiveAfter = 24*time.Hour, 24*time.Hour },
		"short": func(s *backoff.Settings) { s.FirstDelay, s.MaxDelay, s.ForgiveAfter = 1e6, 1e6, 1e6 },
		"odd": func(s *backoff.Settings) {
			s.FirstDelay, s.MaxDelay, s.ForgiveAfter = 1234567*time.Microsecond, 7777777*time.Microsecond, 333333*time.Microsecond
		},
		"endless delay": func(s *backoff.Settings) { s.FirstDelay, s.MaxDelay = 1e6, 1<<63-1 },
	} {
		t.Run(name, func(t *testing.T) {
			w := build(t, change, func(s *backoff.Settings) { s.FreePerAccount = 1 })
			longest := time.Duration(0)
			for range 200 {
				err := w.TryAccount(t.Context(), here, "ada", wrong)
				if d := wait(err); d > 0 {
					longest = max(longest, d)
					w.pass(d)
				} else if !errors.Is(err, errWrong) {
					t.Fatal(err)
				}
			}
			if longest <= 0 {
				t.Error("nothing was ever refused")
			}
		})
	}
	w := build(t, func(s *backoff.Settings) {
		s.FreePerAccount, s.FreePerAddress, s.ForgiveAfter = 100_000, 100_000, 24*time.Hour
	})
	for range 10 {
		w.fail(here, "ada")
	}
}

func TestNewRefusesSettingsThatMakeNoSense(t *testing.T) {
	db := databasetest.New(t)
	for name, change := range map[string]func(*backoff.Settings){
		"no clock":               func(s *backoff.Settings) { s.Now = nil },
		"none free":              func(s *backoff.Settings) { s.FreePerAccount = 0 },
		"none free of addresses": func(s *backoff.Settings) { s.FreePerAddress = -1 },
		"no delay":               func(s *backoff.Settings) { s.FirstDelay = 0 },
		"negative delay":         func(s *backoff.Settings) { s.FirstDelay, s.MaxDelay = -2, -1 },
		"delays that decrease":   func(s *backoff.Settings) { s.MaxDelay = time.Millisecond },
		"forgiven at once":       func(s *backoff.Settings) { s.ForgiveAfter = 0 },
		"never forgiven":         func(s *backoff.Settings) { s.ForgiveAfter = 1<<63 - 1 },
		"free for centuries":     func(s *backoff.Settings) { s.FreePerAddress, s.ForgiveAfter = 110_000, 24*time.Hour },
		"no room":                func(s *backoff.Settings) { s.MaxRows = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := backoff.Settings{
				FreePerAccount: 1, FreePerAddress: 1, FirstDelay: time.Second, MaxDelay: time.Second,
				ForgiveAfter: time.Second, MaxRows: 2, Now: time.Now,
			}
			if _, err := backoff.New(db, s); err != nil {
				t.Fatal(err)
			}
			change(&s)
			if _, err := backoff.New(db, s); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// Who has to wait is told of; who is refused by the try itself is not.
func TestRefusalsAreTold(t *testing.T) {
	told := 0
	w := build(t, func(s *backoff.Settings) { s.FreePerAccount, s.Refused = 1, func() { told++ } })
	_ = w.TryAccount(t.Context(), here, "ada", busy)
	w.fail(here, "ada")
	if told != 0 {
		t.Errorf("told %d times before anybody had to wait", told)
	}
	for range 2 {
		if err := w.TryAccount(t.Context(), here, "ada", right); wait(err) == 0 {
			t.Fatalf("error %v", err)
		}
	}
	if told != 2 {
		t.Errorf("told %d times of two", told)
	}
}
