package account_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// strict is a world in which failures have those wait who fail, by the default figures.
func strict(t testing.TB, change ...func(*account.Settings, *token.Settings)) *world {
	t.Helper()
	return strictly(t, build(t), change...)
}

// strictly is strict over a world that there is.
func strictly(t testing.TB, w *world, change ...func(*account.Settings, *token.Settings)) *world {
	t.Helper()
	guard, err := backoff.New(w.db, backoff.Settings{
		FreePerAccount: 5, FreePerAddress: 50, FirstDelay: time.Second, MaxDelay: time.Hour,
		ForgiveAfter: 15 * time.Minute, MaxRows: 100_000, Now: w.clock.peek,
	})
	if err != nil {
		t.Fatal(err)
	}
	change = append([]func(*account.Settings, *token.Settings){
		func(s *account.Settings, _ *token.Settings) { s.Guard = guard },
	}, change...)
	strict := over(t, w.db, w.ran, w.clock, change...)
	strict.guard = guard
	return strict
}

// at is a context in which somebody asks from an address.
func at(ctx context.Context, address string) context.Context {
	return auth.WithClient(ctx, auth.Client{IPAddress: address})
}

const home, away = "192.0.2.1", "198.51.100.1"

func wantWait(t testing.TB, err error, want time.Duration) {
	t.Helper()
	wantRefused(t, err, fault.RateLimited, "", "Too many failed attempts; try again later.")
	var refused *fault.Error
	if errors.As(err, &refused) && refused.RetryAfter != want {
		t.Errorf("retry after %v, want %v", refused.RetryAfter, want)
	}
}

// wantFailures expects that so many failures of the address count.
func (w *world) wantFailures(t testing.TB, address string, want int) {
	t.Helper()
	if err := w.guard.TryAddress(t.Context(), address, func(try *backoff.Try) error {
		if got := try.Failures() - 1; got != want {
			t.Errorf("%d failures of %s, want %d", got, address, want)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestObtainBacksOff(t *testing.T) {
	w := strict(t)
	w.registerStaff(t, "ada")
	ctx := at(t.Context(), home)
	for _, name := range []string{"ada", "ADA", " ada\n", "ａｄａ", "aDa"} { // one name
		_, err := w.Obtain(ctx, name, "wrong horse battery")
		wantInvalidCredentials(t, err)
	}
	_, err := w.Obtain(ctx, "ada", "wrong horse battery")
	wantWait(t, err, time.Second)
	tokens, err := w.Obtain(ctx, "ada", goodPassword)
	wantWait(t, err, time.Second)
	if tokens != nil {
		t.Error("tokens with a refusal")
	}
	if _, err := w.Obtain(at(t.Context(), away), "ada", goodPassword); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	_, err = w.Obtain(ctx, "nobody", goodPassword)
	wantInvalidCredentials(t, err)

	w.clock.pass(time.Second)
	if _, err := w.Obtain(ctx, "ada", goodPassword); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
	w.wantFailures(t, home, 6) // five, and the one of nobody
	for range 5 {
		_, err := w.Obtain(ctx, "ada", "wrong horse battery")
		wantInvalidCredentials(t, err)
	}
	_, err = w.Obtain(ctx, "ada", goodPassword)
	wantWait(t, err, time.Second)
}

// Of 50 guesses at once five are looked at.
func TestConcurrentGuesses(t *testing.T) {
	w := strict(t)
	w.registerStaff(t, "ada")
	ctx := at(t.Context(), home)
	var group sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		group.Go(func() { _, errs[i] = w.Obtain(ctx, "ada", fmt.Sprint("guess number ", i)) })
	}
	group.Wait()
	wrong := 0
	for _, err := range errs {
		if fault.CodeOf(err) == fault.InvalidCredentials {
			wrong++
			continue
		}
		wantWait(t, err, time.Second)
	}
	if wrong != 5 {
		t.Errorf("%d guesses were looked at, want 5", wrong)
	}
}

// shape is what of a statement does not depend on whom it is about: an INSERT names the columns that are known.
func shape(statement string) string {
	statement, _, _ = strings.Cut(statement, " args=")
	return regexp.MustCompile(`\([0-9a-f-]{36}\)| \(.*\) VALUES \(.*`).ReplaceAllString(statement, "")
}

// An unknown user, an inactive one and a wrong password take the very same work in the database, from the first
// failure to the refusal to look. Else the time would tell what the answer does not.
func TestFailuresAreTheSameWork(t *testing.T) {
	w := strict(t)
	w.registerStaff(t, "ada")
	w.registerStaff(t, "root")
	inactive := w.registerStaff(t, "inactive")
	if _, err := w.Update(t.Context(), inactive.ID, account.UserChanges{IsActive: set(false)}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Obtain(at(t.Context(), away), "somebody", "wrong horse battery") // the first try has the rows counted
	var work [][]string
	var answers []string
	for i, name := range []string{"ada", "inactive", "nobody", "ada@example.org", "inactive@example.org"} {
		ctx := at(t.Context(), fmt.Sprintf("192.0.2.%d", i))
		w.ran.take()
		answer := ""
		for range 7 {
			_, err := w.Obtain(ctx, name, "wrong horse battery")
			answer += fmt.Sprintf("%v ", err)
			w.clock.pass(time.Millisecond)
		}
		var ran []string
		for _, statement := range w.ran.take() {
			ran = append(ran, shape(statement))
		}
		work, answers = append(work, ran), append(answers, answer)
	}
	for i := range work {
		if !slices.Equal(work[i], work[0]) {
			t.Errorf("%d: other work:\n%s\nthan\n%s", i, strings.Join(work[i], "\n"), strings.Join(work[0], "\n"))
		}
		if answers[i] != answers[0] {
			t.Errorf("%d: other answers: %s than %s", i, answers[i], answers[0])
		}
	}
	for _, want := range []string{"INSERT INTO `backoffs`", "UPDATE `backoffs`", "FROM `users`"} {
		if !strings.Contains(strings.Join(work[0], "\n"), want) {
			t.Errorf("nothing of %s in\n%s", want, strings.Join(work[0], "\n"))
		}
	}
}

// What is refused beforehand costs one SELECT and nothing else.
func TestWaitingIsCheap(t *testing.T) {
	w := strict(t)
	ctx := at(t.Context(), home)
	for range 5 {
		_, _ = w.Obtain(ctx, "nobody", "wrong horse battery")
	}
	w.ran.take()
	_, err := w.Obtain(ctx, "nobody", "wrong horse battery")
	wantWait(t, err, time.Second)
	if ran := w.ran.take(); len(ran) != 1 || !strings.Contains(ran[0], "SELECT") {
		t.Errorf("it ran %q", ran)
	}
}

// A second look at one's own password is no second failure.
func TestASecondLookCountsOnce(t *testing.T) {
	w := strictly(t, inLine(t))
	u := w.registerStaff(t, "ada")
	same := w.registerStaff(t, "bob")
	other, err := w.CreateSuperuser(t.Context(), account.Registration{Username: "eve", Email: "eve@example.org", Password: "quite another one"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, hash string
		failures   int
	}{{"renewed", same.PasswordHash, 0}, {"another", other.PasswordHash, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			w.whileTrying(t, func() {
				_, err := w.Obtain(at(t.Context(), home), "ada", goodPassword)
				if (err != nil) != (tt.failures > 0) {
					t.Error(err)
				}
			}, func(tx *ent.Tx) error { return tx.User.UpdateOneID(u.ID).SetPasswordHash(tt.hash).Exec(t.Context()) })
			w.wantFailures(t, home, tt.failures)
		})
	}
}

// Whoever is sent away because the server is busy, or hangs up, has not failed. An internal error is nobody's.
func TestNoVerdictNoFailure(t *testing.T) {
	w := strict(t, slowHashing)
	u := w.registerStaff(t, "ada")
	ctx, cancel := context.WithTimeout(at(t.Context(), home), 50*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() { _, _ = w.Obtain(at(t.Context(), away), "nobody", goodPassword) })
	for !strings.Contains(strings.Join(w.ran.take(), ""), "`users`") {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // it has the one worker now
	if _, err := w.Obtain(ctx, "ada", "wrong horse battery"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v; want that of the context", err)
	}
	group.Wait()
	w.wantFailures(t, home, 0)
	w.wantFailures(t, away, 1)

	w.write(t, func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(u.ID).SetPasswordHash("$argon2id$broken").Exec(t.Context())
	})
	if _, err := w.Obtain(at(t.Context(), home), "ada", goodPassword); fault.CodeOf(err) != fault.Internal {
		t.Errorf("error %v; want an internal one", err)
	}
	w.wantFailures(t, home, 0)
	if n := w.db.Read.Backoff.Query().CountX(t.Context()); n != 2 {
		t.Errorf("%d rows, want the two of the one who failed", n)
	}
}

// A wrong password has failed once it is known to be wrong, even if that cannot be recorded.
func TestAFailureThatCannotBeRecorded(t *testing.T) {
	w := strict(t)
	w.registerStaff(t, "ada")
	unrecordable := strings.Repeat("x", 100) // longer than any address
	for _, name := range []string{"ada", "nobody"} {
		if _, err := w.Obtain(at(t.Context(), unrecordable), name, "wrong horse battery"); fault.CodeOf(err) != fault.Internal {
			t.Errorf("%s: error %v; want an internal one", name, err)
		}
	}
	w.wantFailures(t, unrecordable, 2)
}

func TestChangePasswordBacksOff(t *testing.T) {
	w := strict(t)
	w.registerStaff(t, "Ada")
	tokens := w.obtain(t, "ada")
	ctx := at(w.as(t, tokens.Access), home)

	// Mistakes in the new one alone are no failures.
	for range 10 {
		_, err := w.ChangePassword(ctx, goodPassword, "short")
		wantMistakes(t, err, "newPassword PASSWORD_TOO_SHORT")
	}
	w.wantFailures(t, home, 0)

	// Four wrong ones, and one at signing in: that is five of one account.
	for range 4 {
		_, err := w.ChangePassword(ctx, "wrong horse battery", betterPassword)
		wantMistakes(t, err, "oldPassword PASSWORD_INCORRECT")
	}
	_, err := w.Obtain(ctx, "ada", "wrong horse battery")
	wantInvalidCredentials(t, err)
	_, err = w.ChangePassword(ctx, goodPassword, betterPassword)
	wantWait(t, err, time.Second)
	_, err = w.Obtain(ctx, "ada", goodPassword)
	wantWait(t, err, time.Second)

	// The right one is the end of it, even with a flaw in the new one.
	w.clock.pass(time.Second)
	_, err = w.ChangePassword(ctx, goodPassword, "short")
	wantMistakes(t, err, "newPassword PASSWORD_TOO_SHORT")
	w.wantFailures(t, home, 5)
	for range 4 {
		_, err := w.ChangePassword(ctx, "wrong horse battery", "short")
		wantMistakes(t, err, "oldPassword PASSWORD_INCORRECT", "newPassword PASSWORD_TOO_SHORT")
	}
	if _, err := w.ChangePassword(ctx, goodPassword, betterPassword); err != nil {
		t.Fatal(err)
	}
	w.wantFailures(t, home, 9)
	_, err = w.ChangePassword(t.Context(), "wrong horse battery", betterPassword)
	wantAnonymous(t, err) // who is nobody does not get as far
	w.wantFailures(t, "", 0)
}

func TestRegisterBacksOff(t *testing.T) {
	w := strict(t)
	ctx := at(t.Context(), home)
	for i := range 25 { // half of them with success, half of them not
		in := account.Registration{Username: fmt.Sprint("user", i), Email: fmt.Sprint(i, "@example.org"), Password: goodPassword}
		if _, err := w.Register(ctx, in); err != nil {
			t.Fatal(err)
		}
		_, err := w.Register(ctx, in)
		wantMistakes(t, err, "username NOT_UNIQUE", "email NOT_UNIQUE")
	}
	in := account.Registration{Username: "late", Email: "late@example.org", Password: goodPassword}
	_, err := w.Register(ctx, in)
	wantWait(t, err, time.Second)
	_, err = w.Obtain(ctx, "user1", goodPassword)
	wantWait(t, err, time.Second)
	if _, err := w.Register(at(t.Context(), away), in); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	if _, err := w.CreateSuperuser(ctx, account.Registration{Username: "root", Email: "root@example.org", Password: goodPassword}); err != nil {
		t.Errorf("a superuser: %v", err)
	}
	w.clock.pass(time.Second)
	if _, err := w.Obtain(ctx, "user1", goodPassword); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	closed := over(t, w.db, w.ran, w.clock, func(s *account.Settings, _ *token.Settings) { s.RegistrationClosed, s.Guard = true, w.guard })
	w.ran.take()
	if _, err := closed.Register(ctx, in); fault.CodeOf(err) != fault.Forbidden || len(w.ran.take()) != 0 {
		t.Errorf("closed: %v", err) // and it counts for nothing
	}
}

// Refreshing and the like cannot be guessed, and never wait.
func TestTokensDoNotBackOff(t *testing.T) {
	w := strict(t)
	w.registerStaff(t, "ada")
	tokens := w.obtain(t, "ada")
	ctx := at(t.Context(), home)
	for range 60 {
		if _, err := w.Refresh(ctx, ptr("x.y.z")); fault.CodeOf(err) != fault.TokenNotValid {
			t.Fatal(err)
		}
		if _, err := w.Revoke(ctx, ptr("x.y.z")); fault.CodeOf(err) != fault.TokenNotValid {
			t.Fatal(err)
		}
	}
	w.wantFailures(t, home, 0)
	for range 50 {
		_, _ = w.Obtain(ctx, "x", "y")
		w.clock.pass(time.Hour)
	}
	if _, err := w.Refresh(ctx, tokens.Refresh); err == nil {
		t.Error("refreshed after days")
	}
}
