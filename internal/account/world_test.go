package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/logtest"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// goodPassword is one that the policy has nothing against.
const goodPassword = "correct horse battery"

// tester is what reports what a test finds: a *testing.T, or a *rapid.T.
type tester interface {
	Helper()
	Context() context.Context
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// noon is when every test begins: with a fraction of a second, as times mostly have.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 123_456_789, time.UTC)

// clock is a clock that a test sets.
type clock struct {
	mu     sync.Mutex
	time   time.Time
	before func() // runs once, before the clock is next read
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	before := c.before
	c.before = nil
	c.mu.Unlock()
	if before != nil {
		before()
	}
	return c.peek()
}

// peek is the time, of which before hears nothing.
func (c *clock) peek() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// statements are what ran against a database.
type statements struct {
	mu    sync.Mutex
	list  []string
	begun func() // is called when a transaction has begun
}

func (s *statements) trace(_ context.Context, text string) {
	if s.begun != nil && strings.HasPrefix(text, "driver.Tx") {
		s.begun()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, text)
}

// take is what ran since the last take.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	return list
}

// world is a Registry and all it stands on.
type world struct {
	*account.Registry
	db     *database.DB
	tokens *token.Issuer
	guard  *backoff.Guard
	clock  *clock
	ran    *statements
	trail  *audit.Trail
	log    *logtest.Journal
}

// build makes a world; change adapts its settings.
func build(t testing.TB, change ...func(*account.Settings, *token.Settings)) *world {
	t.Helper()
	ran := new(statements)
	return over(t, databasetest.New(t, databasetest.Trace(ran.trace)), ran, &clock{time: noon}, change...)
}

// inLine makes a world on SQLite, where those who write wait for each other from their first statement on, so that it can be
// said what happens between one's reading and writing. PostgreSQL has them overlap, and what comes of it decides what was first.
func inLine(t testing.TB, change ...func(*account.Settings, *token.Settings)) *world {
	t.Helper()
	ran := new(statements)
	return over(t, databasetest.SQLite(t, databasetest.Trace(ran.trace)), ran, &clock{time: noon}, change...)
}

// over is a world over a database that there is already, as after a restart.
func over(t tester, db *database.DB, ran *statements, c *clock, change ...func(*account.Settings, *token.Settings)) *world {
	t.Helper()
	key, err := token.NewHMACKey([]byte("a secret that only the tests know"))
	if err != nil {
		t.Fatal(err)
	}
	guard, err := backoff.New(db, backoff.Settings{
		FreePerAccount: 10_000, FreePerAddress: 10_000, FirstDelay: time.Second, MaxDelay: time.Hour,
		ForgiveAfter: 15 * time.Minute, MaxRows: 1000, Now: c.peek,
	})
	if err != nil {
		t.Fatal(err)
	}
	ts := token.Settings{Keys: []token.Key{key}, Now: c.now}
	var log logtest.Journal
	trail, err := audit.New(db, audit.Settings{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	s := account.Settings{
		AccessLifetime:  5 * time.Minute,
		RefreshLifetime: 24 * time.Hour,
		SessionLifetime: 30 * 24 * time.Hour,
		RefreshGrace:    10 * time.Second,
		SessionsPerUser: 100,
		Guard:           guard,
		Hashing:         account.Hashing{MemoryKiB: 64, Passes: 1, Queue: 1000},
		Trail:           trail,
		Now:             c.now,
		Random:          rand.Reader,
	}
	for _, f := range change {
		f(&s, &ts)
	}
	issuer, err := token.New(ts)
	if err != nil {
		t.Fatal(err)
	}
	registry, err := account.New(db, issuer, s)
	if err != nil {
		t.Fatal(err)
	}
	return &world{Registry: registry, db: db, tokens: issuer, guard: guard, clock: c, ran: ran, trail: trail, log: &log}
}

func (w *world) register(t tester, username string) *ent.User {
	t.Helper()
	return w.add(t, username, w.Register)
}

func (w *world) registerStaff(t tester, username string) *ent.User {
	t.Helper()
	return w.add(t, username, w.CreateSuperuser)
}

func (w *world) add(t tester, username string, add func(context.Context, account.Registration) (*ent.User, error)) *ent.User {
	t.Helper()
	u, err := add(t.Context(), account.Registration{Username: username, Email: username + "@example.org", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (w *world) obtain(t testing.TB, username string) *account.Tokens {
	t.Helper()
	tokens, err := w.Obtain(t.Context(), username, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func (w *world) refresh(t testing.TB, refresh *string) *account.Tokens {
	t.Helper()
	tokens, err := w.Refresh(t.Context(), refresh)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// as is a context in which the bearer of an access token asks.
func (w *world) as(t testing.TB, access string) context.Context {
	t.Helper()
	return auth.WithAuthorization(t.Context(), "Bearer "+access, w.Authenticate)
}

// claims are what a token says, however old it is.
func (w *world) claims(t tester, raw string) token.Claims {
	t.Helper()
	claims, err := w.tokens.VerifyGenuine(raw, token.Any)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// session is the row of a token's session.
func (w *world) session(t testing.TB, raw string) *ent.Session {
	t.Helper()
	s, err := w.db.Read.Session.Get(t.Context(), w.claims(t, raw).SessionID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) write(t testing.TB, f func(tx *ent.Tx) error) {
	t.Helper()
	if err := w.db.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// meanwhile makes a change at the moment when call has read what it needs and is about to write, in a world that is inLine.
func (w *world) meanwhile(t testing.TB, call func(), change func(tx *ent.Tx) error) {
	t.Helper()
	var group sync.WaitGroup
	w.write(t, func(tx *ent.Tx) error { // nobody else writes before this is done
		w.ran.take()
		group.Go(call)
		for len(w.ran.take()) == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond) // it was told of its SELECT when that began
		return change(tx)
	})
	group.Wait()
}

// whileTrying is as meanwhile, for a call that counts as a try before it reads what it needs.
func (w *world) whileTrying(t testing.TB, call func(), change func(tx *ent.Tx) error) {
	t.Helper()
	var group sync.WaitGroup
	var once sync.Once
	w.ran.begun = func() {
		once.Do(func() { // the try is being counted
			group.Go(func() {
				w.write(t, func(tx *ent.Tx) error { // nobody else writes from now on
					for !slices.ContainsFunc(w.ran.take(), func(text string) bool { return strings.HasPrefix(text, "driver.Query") }) {
						time.Sleep(time.Millisecond)
					}
					time.Sleep(50 * time.Millisecond) // it was told of its SELECT when that began
					return change(tx)
				})
			})
			time.Sleep(50 * time.Millisecond) // that is next in line for the one connection that writes
			w.ran.take()
		})
	}
	call()
	group.Wait()
	w.ran.begun = nil
}

// sign makes a token of this server's with any claims at all.
func (w *world) sign(t testing.TB, claims token.Claims) string {
	t.Helper()
	raw, err := w.tokens.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// wantRefused expects a refusal of exactly this kind.
func wantRefused(t tester, err error, code fault.Code, reason token.Reason, message string) {
	t.Helper()
	var refused *fault.Error
	if !errors.As(err, &refused) {
		t.Errorf("error %v; want %s", err, code)
		return
	}
	if refused.Code != code || refused.Reason != string(reason) || refused.Message != message {
		t.Errorf("error %s, reason %q, message %q; want %s, %q, %q",
			refused.Code, refused.Reason, refused.Message, code, reason, message)
	}
}

// wantInvalidToken expects TOKEN_NOT_VALID for a reason, in SimpleJWT's words.
func wantInvalidToken(t tester, err error, reason token.Reason) {
	t.Helper()
	wantRefused(t, err, fault.TokenNotValid, reason, token.NewError(reason).Message)
}

// wantReason expects a *token.Error.
func wantReason(t tester, err error, reason token.Reason) {
	t.Helper()
	var refused *token.Error
	if !errors.As(err, &refused) || *refused != *token.NewError(reason) {
		t.Errorf("error %v; want %s", err, reason)
	}
}

// wantMistakes expects exactly these mistakes, each as "field CODE", in this order.
func wantMistakes(t tester, err error, want ...string) {
	t.Helper()
	var mistakes fault.Mistakes
	if !errors.As(err, &mistakes) {
		t.Errorf("error %v; want the mistakes %q", err, want)
		return
	}
	var got []string
	for _, m := range mistakes {
		got = append(got, strings.Join(m.Field, ".")+" "+string(m.Code))
		if m.Message == "" {
			t.Errorf("the mistake in %s has no message", m.Field)
		}
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("mistakes %q; want %q", got, want)
	}
}

func ptr[T any](v T) *T { return &v }
