package account_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/nodeid"
	"github.com/gatehouse/gatehouse/internal/token"
)

// events are what was recorded, the oldest first, each of which must have been logged.
func (w *world) events(t testing.TB) (events []audit.Event) {
	t.Helper()
	number := func(id *int64) int64 {
		if id == nil {
			return 0
		}
		return *id
	}
	for _, row := range w.db.Read.AuditEvent.Query().Order(ent.Asc("id")).AllX(t.Context()) {
		events = append(events, audit.Event{
			Kind: row.Kind, Actor: number(row.ActorID), Subject: number(row.SubjectID), Session: number(row.SessionID),
		})
	}
	if n := strings.Count(w.log.String(), " msg=audit "); n != len(events) {
		t.Errorf("%d events were logged and %d recorded", n, len(events))
	}
	return events
}

// wantEvents expects exactly these events of what is done by do.
func (w *world) wantEvents(t testing.TB, what string, do func(), want ...audit.Event) {
	t.Helper()
	before := len(w.events(t))
	do()
	if got := w.events(t)[before:]; !slices.Equal(got, want) {
		t.Errorf("%s: recorded %v, want %v", what, got, want)
	}
}

func (w *world) sessionOf(t testing.TB, tokens *account.Tokens) int64 {
	t.Helper()
	return w.claims(t, tokens.Access).SessionID
}

func TestWhatIsRecorded(t *testing.T) {
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.SessionsPerUser = 2 })
	var ada, root *ent.User
	var first *account.Tokens
	w.wantEvents(t, "register", func() { ada = w.register(t, "ada") }, audit.Event{Kind: audit.Register, Subject: 1})
	w.wantEvents(t, "createsuperuser", func() { root = w.registerStaff(t, "root") }, audit.Event{Kind: audit.Register, Subject: 2})
	w.wantEvents(t, "sign-in", func() { first = w.obtain(t, "ada") },
		audit.Event{Kind: audit.SignIn, Actor: ada.ID, Subject: ada.ID, Session: nodeid.Session.First()})
	w.wantEvents(t, "refresh", func() { first = w.refresh(t, first.Refresh) },
		audit.Event{Kind: audit.Refresh, Actor: ada.ID, Subject: ada.ID, Session: w.sessionOf(t, first)})
	w.obtain(t, "ada")
	w.wantEvents(t, "one session too many", func() { w.obtain(t, "ada") },
		audit.Event{Kind: audit.SignIn, Actor: ada.ID, Subject: ada.ID, Session: nodeid.Session.First() + 2},
		audit.Event{Kind: audit.SessionRevoked, Subject: ada.ID, Session: w.sessionOf(t, first)})
	first = w.obtain(t, "ada")
	w.obtain(t, "ada")
	inFirst := func(kind auditevent.Kind) audit.Event {
		return audit.Event{Kind: kind, Actor: ada.ID, Subject: ada.ID, Session: w.sessionOf(t, first)}
	}
	w.wantEvents(t, "profileUpdate", func() { w.updateProfile(t, first, account.ProfileChanges{FirstName: set("Ada")}) },
		inFirst(audit.ProfileUpdated))
	w.wantEvents(t, "passwordChange", func() {
		if _, err := w.ChangePassword(w.as(t, first.Access), goodPassword, goodPassword); err != nil {
			t.Fatal(err)
		}
	}, inFirst(audit.PasswordChanged))
	second := w.obtain(t, "ada")
	w.wantEvents(t, "sessionRevoke", func() {
		if _, err := w.RevokeSession(w.as(t, first.Access), w.sessionOf(t, second)); err != nil {
			t.Fatal(err)
		}
	}, audit.Event{Kind: audit.SessionRevoked, Actor: ada.ID, Subject: ada.ID, Session: w.sessionOf(t, second)})
	for _, scope := range []account.LogoutScope{account.LogoutOthers, account.LogoutGlobal} {
		w.obtain(t, "ada")
		w.wantEvents(t, "logout "+string(scope), func() {
			if _, err := w.Logout(w.as(t, first.Access), scope); err != nil {
				t.Fatal(err)
			}
		}, inFirst(audit.Logout))
	}
	first = w.obtain(t, "ada")
	w.wantEvents(t, "logout LOCAL", func() {
		if _, err := w.Logout(w.as(t, first.Access), account.LogoutLocal); err != nil {
			t.Fatal(err)
		}
	}, inFirst(audit.Logout))
	first = w.obtain(t, "ada")
	w.wantEvents(t, "tokenRevoke", func() {
		if revoked, err := w.Revoke(t.Context(), first.Refresh); err != nil || !revoked {
			t.Fatal(revoked, err)
		}
	}, inFirst(audit.TokenRevoked))
	first = w.obtain(t, "ada")
	w.refresh(t, first.Refresh)
	w.clock.pass(time.Minute)
	w.wantEvents(t, "reuse", func() {
		_, err := w.Refresh(t.Context(), first.Refresh)
		wantInvalidToken(t, err, token.Reused)
	}, audit.Event{Kind: audit.ReuseDetected, Subject: ada.ID, Session: w.sessionOf(t, first)})
	staff := w.obtain(t, "root")
	for name, changes := range map[string]account.UserChanges{
		"role": {IsStaff: set(true)}, "name": {LastName: set("Lovelace")}, "address": {Email: set("ada@example.net")},
		"spelling": {Email: set("Ada@example.net")}, "activity": {IsActive: set(false)},
	} {
		w.wantEvents(t, "userUpdate of "+name, func() {
			if _, err := w.Update(w.as(t, staff.Access), ada.ID, changes); err != nil {
				t.Fatal(err)
			}
		}, audit.Event{Kind: audit.UserUpdated, Actor: root.ID, Subject: ada.ID, Session: w.sessionOf(t, staff)})
		w.update(t, ada.ID, account.UserChanges{Email: set("ada@example.org")})
	}
	w.wantEvents(t, "changepassword", func() {
		if _, err := w.SetPassword(t.Context(), "ada", goodPassword); err != nil {
			t.Fatal(err)
		}
	}, audit.Event{Kind: audit.PasswordChanged, Subject: ada.ID})
}

// What changes nothing and what is refused leaves no event, but for a sign-in.
func TestWhatIsNotRecorded(t *testing.T) {
	w := build(t)
	ada := w.register(t, "ada")
	w.register(t, "bob")
	staff := w.registerStaff(t, "root")
	tokens, over := w.obtain(t, "ada"), w.obtain(t, "ada")
	if _, err := w.Revoke(t.Context(), over.Refresh); err != nil {
		t.Fatal(err)
	}
	spent := w.obtain(t, "ada")
	next := w.refresh(t, spent.Refresh)
	ctx, admin := w.as(t, tokens.Access), w.as(t, w.obtain(t, "root").Access)
	for name, do := range map[string]func() error{
		"a retry": func() error { return second(w.Refresh(t.Context(), spent.Refresh)) },
		"a look":  func() error { return second(w.Verify(t.Context(), *next.Refresh)) },
		"a name taken": func() error {
			return second(w.Register(t.Context(), account.Registration{Username: "ada", Email: "x@example.org", Password: goodPassword}))
		},
		"a revoked session": func() error { return second(w.Refresh(t.Context(), over.Refresh)) },
		"garbage":           func() error { return second(w.Refresh(t.Context(), ptr("x"))) },
		"revoked twice":     func() error { return second(w.Revoke(t.Context(), over.Refresh)) },
		"nobody signs out":  func() error { return second(w.Logout(t.Context(), account.LogoutGlobal)) },
		"over already":      func() error { return second(w.RevokeSession(ctx, w.sessionOf(t, over))) },
		"another's session": func() error { return second(w.RevokeSession(admin, w.sessionOf(t, tokens))) },
		"no changes":        func() error { return second(w.UpdateProfile(ctx, account.ProfileChanges{})) },
		"the same values": func() error {
			return second(w.UpdateProfile(ctx, account.ProfileChanges{Username: set(" ada "), Email: set("ada@example.org"), FirstName: set("")}))
		},
		"a mistake": func() error {
			return second(w.UpdateProfile(ctx, account.ProfileChanges{FirstName: set("A"), Username: set("bob")}))
		},
		"the same, by staff": func() error {
			return second(w.Update(admin, ada.ID, account.UserChanges{IsActive: set(true), IsStaff: set(false)}))
		},
		"the last of staff":        func() error { return second(w.Update(admin, staff.ID, account.UserChanges{IsStaff: set(false)})) },
		"nobody's account":         func() error { return second(w.Update(admin, 999, account.UserChanges{FirstName: set("A")})) },
		"a wrong old password":     func() error { return second(w.ChangePassword(ctx, "wrong horse battery", goodPassword)) },
		"too simple a password":    func() error { return second(w.SetPassword(t.Context(), "ada", "12345678")) },
		"nobody's password":        func() error { return second(w.SetPassword(t.Context(), "nobody", goodPassword)) },
		"a request without answer": func() error { return second(w.Refresh(t.Context(), nil)) },
	} {
		w.wantEvents(t, name, func() { _ = do() })
	}
}

func second[T any](_ T, err error) error { return err }

// Where a request came from stands beside what it did.
func TestWhereItCameFrom(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	ctx := auth.WithClient(t.Context(), auth.Client{IPAddress: "192.0.2.7", UserAgent: "test/1.0"})
	_, err := w.Obtain(ctx, "ada", "wrong horse battery")
	wantInvalidCredentials(t, err)
	rows := w.db.Read.AuditEvent.Query().Order(ent.Asc("id")).AllX(t.Context())
	if e := rows[1]; e.IPAddress == nil || *e.IPAddress != "192.0.2.7" || e.UserAgent == nil || *e.UserAgent != "test/1.0" {
		t.Errorf("recorded %v", e)
	}
	if e := rows[0]; e.IPAddress != nil || e.UserAgent != nil {
		t.Errorf("recorded %v", e)
	}
}

// A sign-in that fails is recorded, whoever it failed for, by the same statements.
func TestFailedSignIns(t *testing.T) {
	w := build(t)
	ada, inactive := w.register(t, "ada"), w.register(t, "inactive")
	w.update(t, inactive.ID, account.UserChanges{IsActive: set(false)})
	var ran, statements []string
	for _, tt := range []struct {
		name, username, password string
		subject                  int64
	}{
		{"wrong password", "ada", "wrong horse battery", ada.ID},
		{"wrong password by address", "ADA@example.org", "wrong horse battery", ada.ID},
		{"inactive", "inactive", goodPassword, inactive.ID},
		{"unknown", "nobody", goodPassword, 0},
		{"a password for a name", goodPassword, goodPassword, 0},
	} {
		w.wantEvents(t, tt.name, func() {
			w.ran.take()
			_, err := w.Obtain(t.Context(), tt.username, tt.password)
			wantInvalidCredentials(t, err)
			statements = nil
			for _, s := range w.ran.take() {
				statements = append(statements, shape(s))
			}
		}, audit.Event{Kind: audit.SignInFailed, Subject: tt.subject})
		if ran == nil {
			ran = statements
		}
		if !slices.Equal(statements, ran) || !strings.Contains(strings.Join(ran, "\n"), "INSERT INTO audit_events") {
			t.Errorf("%s ran\n%s\nand a wrong password\n%s", tt.name, strings.Join(statements, "\n"), strings.Join(ran, "\n"))
		}
	}
	if strings.Contains(w.log.String(), goodPassword) {
		t.Error("what was typed for a name was logged")
	}
}

// Whoever guesses does not escape the record by hanging up.
func TestFailedSignInOfSomebodyWhoHangsUp(t *testing.T) {
	w := build(t)
	ada := w.register(t, "ada")
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	transactions := 0
	w.ran.begun = func() {
		if transactions++; transactions == 2 { // the first one counts the try
			hangUp()
		}
	}
	w.wantEvents(t, "hung up", func() {
		_, err := w.Obtain(ctx, "ada", "wrong horse battery")
		wantInvalidCredentials(t, err)
	}, audit.Event{Kind: audit.SignInFailed, Subject: ada.ID})
}

// An account that is changed again and again while it signs in is refused, and that is recorded as its own.
func TestFailedSignInToAnAccountThatChanges(t *testing.T) {
	w := build(t)
	ada := w.register(t, "ada")
	change := func() {
		if _, err := w.SetPassword(t.Context(), "ada", goodPassword); err != nil {
			t.Error(err)
		}
	}
	w.clock.before = func() {
		change()
		w.clock.before = change
	}
	_, err := w.Obtain(t.Context(), "ada", goodPassword)
	wantInvalidCredentials(t, err)
	events := w.events(t)
	same(t, "last event", events[len(events)-1], audit.Event{Kind: audit.SignInFailed, Subject: ada.ID})
}

// Of any number of concurrent calls the one that did it is recorded.
func TestConcurrentDeedsAreRecordedOnce(t *testing.T) {
	w := build(t)
	ada := w.register(t, "ada")
	at := func(n int, f func()) func() {
		return func() {
			var group sync.WaitGroup
			for range n {
				group.Go(f)
			}
			group.Wait()
		}
	}
	tokens := w.obtain(t, "ada")
	event := func(kind auditevent.Kind) audit.Event {
		return audit.Event{Kind: kind, Actor: ada.ID, Subject: ada.ID, Session: w.sessionOf(t, tokens)}
	}
	w.wantEvents(t, "refresh", at(50, func() { w.refresh(t, tokens.Refresh) }), event(audit.Refresh))
	w.clock.pass(time.Minute)
	reuse := event(audit.ReuseDetected)
	reuse.Actor = 0
	w.wantEvents(t, "reuse", at(50, func() { _, _ = w.Refresh(t.Context(), tokens.Refresh) }), reuse)
	tokens = w.obtain(t, "ada")
	w.wantEvents(t, "tokenRevoke", at(20, func() { _, _ = w.Revoke(t.Context(), tokens.Refresh) }), event(audit.TokenRevoked))
	tokens = w.obtain(t, "ada")
	w.wantEvents(t, "logout", at(20, func() { _, _ = w.Logout(w.as(t, tokens.Access), account.LogoutGlobal) }), event(audit.Logout))
	tokens = w.obtain(t, "ada")
	w.wantEvents(t, "sessionRevoke", at(20, func() { _, _ = w.RevokeSession(w.as(t, tokens.Access), w.sessionOf(t, tokens)) }), event(audit.SessionRevoked))
}

// A session that keeps its refresh token is refreshed as often as that is used.
func TestRefreshesWithoutRotation(t *testing.T) {
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.KeepRefresh = true })
	ada := w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	event := audit.Event{Kind: audit.Refresh, Actor: ada.ID, Subject: ada.ID, Session: w.sessionOf(t, tokens)}
	w.wantEvents(t, "two refreshes", func() {
		w.refresh(t, tokens.Refresh)
		w.refresh(t, tokens.Refresh)
	}, event, event)
}

// What cannot be recorded does not happen.
func TestNothingHappensUnrecorded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	w := over(t, db, new(statements), &clock{time: noon}, func(s *account.Settings, _ *token.Settings) { s.RefreshGrace = 0 })
	ada := w.register(t, "ada")
	tokens, spent := w.obtain(t, "ada"), w.obtain(t, "ada")
	w.refresh(t, spent.Refresh)
	ctx := w.known(t, tokens)
	_, err = raw.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	if err != nil {
		t.Fatal(err)
	}
	rows := w.rows(t)
	for name, do := range map[string]func() error{
		"register": func() error {
			return second(w.Register(t.Context(), account.Registration{Username: "new", Email: "new@example.org", Password: goodPassword}))
		},
		"sign-in":        func() error { return second(w.Obtain(t.Context(), "ada", goodPassword)) },
		"failed sign-in": func() error { return second(w.Obtain(t.Context(), "ada", "wrong horse battery")) },
		"unknown user":   func() error { return second(w.Obtain(t.Context(), "nobody", goodPassword)) },
		"refresh":        func() error { return second(w.Refresh(t.Context(), tokens.Refresh)) },
		"reuse":          func() error { return second(w.Refresh(t.Context(), spent.Refresh)) },
		"tokenRevoke":    func() error { return second(w.Revoke(t.Context(), tokens.Refresh)) },
		"logout":         func() error { return second(w.Logout(ctx, account.LogoutLocal)) },
		"sessionRevoke":  func() error { return second(w.RevokeSession(ctx, w.sessionOf(t, spent))) },
		"passwordChange": func() error { return second(w.ChangePassword(ctx, goodPassword, "another good one")) },
		"changepassword": func() error { return second(w.SetPassword(t.Context(), "ada", "another good one")) },
		"profileUpdate":  func() error { return second(w.UpdateProfile(ctx, account.ProfileChanges{FirstName: set("A")})) },
		"userUpdate":     func() error { return second(w.Update(t.Context(), ada.ID, account.UserChanges{FirstName: set("A")})) },
	} {
		w.wantEvents(t, name, func() {
			if err := do(); fault.CodeOf(err) != fault.Internal {
				t.Errorf("%s: error %v; want an internal one", name, err)
			}
		})
		same(t, name+": what is stored", w.rows(t), rows)
	}
	if _, err := w.Me(w.as(t, tokens.Access)); err != nil {
		t.Errorf("signed out after all: %v", err)
	}
}

// Neither table nor log ever has a password, a hash, a token or a part or name of one.
func TestNoSecretIsRecorded(t *testing.T) {
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.RefreshGrace = 0 })
	w.register(t, "ada")
	secrets := []string{goodPassword, "wrong horse battery", "another good one", "$argon2id$", "typed into the wrong field"}
	keep := func(tokens *account.Tokens) *account.Tokens {
		for _, raw := range []string{tokens.Access, *tokens.Refresh} {
			secrets = append(secrets, strings.Split(raw, ".")...)
			secrets = append(secrets, w.claims(t, raw).ID)
		}
		return tokens
	}
	first := keep(w.obtain(t, "ada"))
	next := keep(w.refresh(t, first.Refresh))
	_, err := w.Refresh(t.Context(), first.Refresh)
	wantInvalidToken(t, err, token.Reused)
	for _, name := range []string{"ada", "typed into the wrong field", *next.Refresh} {
		_, err := w.Obtain(t.Context(), name, "wrong horse battery")
		wantInvalidCredentials(t, err)
	}
	last := keep(w.obtain(t, "ada"))
	if _, err := w.ChangePassword(w.as(t, last.Access), goodPassword, "another good one"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SetPassword(t.Context(), "ada", goodPassword); err != nil {
		t.Fatal(err)
	}
	last = keep(w.obtain(t, "ada"))
	if _, err := w.Revoke(t.Context(), last.Refresh); err != nil {
		t.Fatal(err)
	}
	all := w.log.String()
	for _, row := range w.db.Read.AuditEvent.Query().AllX(t.Context()) {
		all += fmt.Sprintln(row)
	}
	if strings.Count(all, "SIGN_IN_FAILED") != 6 {
		t.Errorf("recorded and logged %s", all)
	}
	for _, secret := range secrets {
		if strings.Contains(all, secret) {
			t.Errorf("%q was recorded or logged", secret)
		}
	}
}

// A foreign refresh token begins a session like a sign-in, and ends one that it began. Without a session there is none
// to tell.
func TestWhatIsRecordedOfForeignTokens(t *testing.T) {
	w := build(t, acceptForeign)
	ada := w.register(t, "ada")
	raw, unused := w.foreign(t, token.Refresh, ada.ID), w.foreign(t, token.Refresh, ada.ID, map[string]any{"jti": "unused"})
	var tokens *account.Tokens
	event := func(kind auditevent.Kind, session int64) audit.Event {
		return audit.Event{Kind: kind, Actor: ada.ID, Subject: ada.ID, Session: session}
	}
	w.wantEvents(t, "exchange", func() { tokens = w.refresh(t, &raw) }, event(audit.SignIn, nodeid.Session.First()))
	w.wantEvents(t, "retry", func() { w.refresh(t, &raw) })
	w.wantEvents(t, "tokenRevoke", func() {
		if revoked, err := w.Revoke(t.Context(), &raw); err != nil || !revoked {
			t.Error(revoked, err)
		}
	}, event(audit.TokenRevoked, w.sessionOf(t, tokens)))
	w.wantEvents(t, "tokenRevoke again", func() { _, _ = w.Revoke(t.Context(), &raw) })
	w.wantEvents(t, "tokenRevoke of one that was not used", func() { _, _ = w.Revoke(t.Context(), &unused) }, event(audit.TokenRevoked, 0))
	w.wantEvents(t, "use of that", func() { _, _ = w.Refresh(t.Context(), &unused) })

	again := w.foreign(t, token.Refresh, ada.ID, map[string]any{"jti": "again"})
	tokens = w.refresh(t, &again)
	w.clock.pass(time.Minute)
	reuse := event(audit.ReuseDetected, w.sessionOf(t, tokens))
	reuse.Actor = 0
	w.wantEvents(t, "reuse", func() {
		_, err := w.Refresh(t.Context(), &again)
		wantInvalidToken(t, err, token.Reused)
	}, reuse)

	access := w.foreign(t, token.Access, ada.ID)
	for _, scope := range []account.LogoutScope{account.LogoutLocal, account.LogoutOthers} { // which end nothing
		w.wantEvents(t, string(scope), func() { _, _ = w.Logout(w.as(t, access), scope) })
	}
	w.wantEvents(t, "GLOBAL", func() {
		if _, err := w.Logout(w.as(t, access), account.LogoutGlobal); err != nil {
			t.Error(err)
		}
	}, event(audit.Logout, 0))
}
