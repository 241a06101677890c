package account_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/patch"
	"github.com/gatehouse/gatehouse/internal/token"
)

// updateProfile changes the account of the tokens' owner.
func (w *world) updateProfile(t *testing.T, tokens *account.Tokens, changes account.ProfileChanges) *ent.User {
	t.Helper()
	u, err := w.UpdateProfile(w.as(t, tokens.Access), changes)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUpdateProfile(t *testing.T) {
	w := build(t)
	ada, bob := w.register(t, "ada"), w.registerStaff(t, "bob")
	tokens, other := w.obtain(t, "ada"), w.obtain(t, "ada")
	was := w.db.Read.User.GetX(t.Context(), ada.ID)
	u := w.updateProfile(t, tokens, account.ProfileChanges{
		Username: set(" Ｃountess\n"), Email: set(" Ada@Example.net "), FirstName: set("Ada "), LastName: set("Love\u006c\u0301ace"),
	})
	stored := w.db.Read.User.GetX(t.Context(), ada.ID)
	me, err := w.Me(w.as(t, tokens.Access))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]*ent.User{"answered": u, "stored": stored, "me": me} {
		if got.ID != ada.ID || got.Username != "Countess" || got.UsernameKey != "countess" ||
			got.Email != "Ada@Example.net" || got.EmailKey != "ada@example.net" ||
			got.FirstName != "Ada" || got.LastName != "Love\u013aace" ||
			!got.IsActive || got.IsStaff || got.PasswordHash != was.PasswordHash ||
			!got.DateJoined.Equal(was.DateJoined) || got.LastLogin == nil || !got.LastLogin.Equal(*was.LastLogin) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if n, err := u.QuerySessions().Count(t.Context()); err != nil || n != 2 {
		t.Errorf("it cannot be asked for its sessions: %d, %v", n, err)
	}
	same(t, "names", w.names(t, ada.ID), "ada@example.net countess")
	same(t, "another's names", w.names(t, bob.ID), "bob bob@example.org")
	w.wantAlive(t, "current", tokens)
	w.wantAlive(t, "other", other)
	for _, name := range []string{"countess", "COUNTESS", "ADA@example.net"} {
		same(t, name, w.obtain(t, name).User.ID, ada.ID)
	}
	for _, name := range []string{"ada", "ada@example.org"} {
		_, err := w.Obtain(t.Context(), name, goodPassword)
		wantInvalidCredentials(t, err)
	}

	w.updateProfile(t, tokens, account.ProfileChanges{FirstName: patch.Null[string](), LastName: set(" ")})
	stored = w.db.Read.User.GetX(t.Context(), ada.ID)
	same(t, "first name", stored.FirstName, "")
	same(t, "last name", stored.LastName, "")
	rows := w.rows(t)
	w.updateProfile(t, tokens, account.ProfileChanges{})
	same(t, "after no change", w.rows(t), rows)
	w.updateProfile(t, tokens, account.ProfileChanges{Username: set("COUNTESS")})
	stored = w.db.Read.User.GetX(t.Context(), ada.ID)
	same(t, "spelling", stored.Username, "COUNTESS")
	same(t, "key", stored.UsernameKey, "countess")
	same(t, "names after respelling", w.names(t, ada.ID), "ada@example.net countess")

	// What was given up is anybody's.
	w.updateProfile(t, w.obtain(t, "bob"), account.ProfileChanges{Username: set("ada@example.org")})
	same(t, "by the freed address", w.obtain(t, "ada@example.org").User.ID, bob.ID)
	same(t, "staff", w.db.Read.User.GetX(t.Context(), bob.ID).IsStaff, true)
	if _, err := w.Register(t.Context(), account.Registration{Username: "ada", Email: "bob@example.net", Password: goodPassword}); err != nil {
		t.Errorf("the freed username cannot be registered: %v", err)
	}
}

// Both names are of one set of keys, and may move within it.
func TestUpdateProfileMovesTheNamesToSignInBy(t *testing.T) {
	unset := patch.Field[string]{}
	for _, tt := range []struct {
		name            string
		wasName, wasA   string
		username, email patch.Field[string]
		names           string // to sign in by afterwards
	}{
		{"swapped", "a@x.org", "b@x.org", set("b@x.org"), set("a@x.org"), "a@x.org b@x.org"},
		{"swapped and respelled", "a@x.org", "b@x.org", set("B@x.org"), set("A@x.org"), "a@x.org b@x.org"},
		{"username becomes the address", "ada", "a@x.org", set("a@x.org"), unset, "a@x.org"},
		{"username becomes the address in capitals", "ada", "a@x.org", set("A@X.ORG"), unset, "a@x.org"},
		{"address becomes the username", "a@x.org", "b@x.org", unset, set("a@x.org"), "a@x.org"},
		{"username takes the address, which moves on", "ada", "a@x.org", set("a@x.org"), set("b@x.org"), "a@x.org b@x.org"},
		{"address takes the username, which moves on", "a@x.org", "b@x.org", set("ada"), set("a@x.org"), "a@x.org ada"},
		{"both become one new", "ada", "a@x.org", set("b@x.org"), set("b@x.org"), "b@x.org"},
		{"one becomes two new", "a@x.org", "a@x.org", set("ada"), set("b@x.org"), "ada b@x.org"},
		{"one becomes another one", "a@x.org", "a@x.org", set("b@x.org"), set("b@x.org"), "b@x.org"},
		{"one, and the username leaves", "a@x.org", "a@x.org", set("ada"), unset, "a@x.org ada"},
		{"one, and the address leaves", "a@x.org", "a@x.org", unset, set("b@x.org"), "a@x.org b@x.org"},
		{"one, and nothing moves", "a@x.org", "a@x.org", set("A@x.org"), set("a@X.org"), "a@x.org"},
		{"two, and nothing moves", "ada", "a@x.org", set("ADA"), set("A@x.org"), "a@x.org ada"},
		{"two new", "ada", "a@x.org", set("eve"), set("b@x.org"), "b@x.org eve"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := build(t)
			u, err := w.Register(t.Context(), account.Registration{Username: tt.wasName, Email: tt.wasA, Password: goodPassword})
			if err != nil {
				t.Fatal(err)
			}
			bob := w.register(t, "bob")
			tokens, bobs := w.obtain(t, tt.wasName), w.obtain(t, "bob")
			old := strings.Fields(w.names(t, u.ID))

			w.updateProfile(t, tokens, account.ProfileChanges{Username: tt.username, Email: tt.email})
			wantUsername, wantEmail := tt.wasName, tt.wasA
			if value, isSet := tt.username.ValueOK(); isSet {
				wantUsername = *value
			}
			if value, isSet := tt.email.ValueOK(); isSet {
				wantEmail = *value
			}
			stored := w.db.Read.User.GetX(t.Context(), u.ID)
			same(t, "username", stored.Username, wantUsername)
			same(t, "username's key", stored.UsernameKey, strings.ToLower(wantUsername))
			same(t, "address", stored.Email, wantEmail)
			same(t, "address's key", stored.EmailKey, strings.ToLower(wantEmail))
			same(t, "names", w.names(t, u.ID), tt.names)
			w.wantAlive(t, "current", tokens)

			names := strings.Fields(tt.names)
			for _, name := range names {
				same(t, "by "+name, w.obtain(t, name).User.ID, u.ID)
				_, err := w.UpdateProfile(w.as(t, bobs.Access), account.ProfileChanges{Username: set(name)})
				wantMistakes(t, err, "username NOT_UNIQUE")
			}
			for _, name := range old {
				if slices.Contains(names, name) {
					continue
				}
				_, err := w.Obtain(t.Context(), name, goodPassword)
				wantInvalidCredentials(t, err)
				w.updateProfile(t, bobs, account.ProfileChanges{Username: set(name)})
				same(t, "by the freed "+name, w.obtain(t, name).User.ID, bob.ID)
			}
		})
	}
}

func TestUpdateProfileRefusals(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	w.register(t, "bob")
	if _, err := w.Register(t.Context(), account.Registration{
		Username: "carol@example.net", Email: "carol@example.org", Password: goodPassword,
	}); err != nil {
		t.Fatal(err)
	}
	tokens := w.obtain(t, "ada")
	rows := w.rows(t)
	null := patch.Null[string]()
	long := strings.Repeat("x", 151)
	for _, tt := range []struct {
		name string
		in   account.ProfileChanges
		want string
	}{
		{"null", account.ProfileChanges{Username: null, Email: null}, "username REQUIRED, email REQUIRED"},
		{"empty", account.ProfileChanges{Username: set(""), Email: set("")}, "username REQUIRED, email REQUIRED"},
		{"blank", account.ProfileChanges{Username: set(" "), Email: set("\n")}, "username REQUIRED, email REQUIRED"},
		{"null with good names", account.ProfileChanges{Username: null, Email: set("new@example.org"), FirstName: null}, "username REQUIRED"},
		{
			"all wrong",
			account.ProfileChanges{Username: set("a b"), Email: set("ada"), FirstName: set("a\x00"), LastName: set(long)},
			"username INVALID, email INVALID, firstName INVALID, lastName TOO_LONG",
		},
		{
			"too long",
			account.ProfileChanges{Username: set(long), Email: set(strings.Repeat("a", 250) + "@x.org"), FirstName: set(long)},
			"username TOO_LONG, email TOO_LONG, firstName TOO_LONG",
		},
		{"username taken", account.ProfileChanges{Username: set("BOB"), LastName: set("Changed")}, "username NOT_UNIQUE"},
		{"full-width username taken", account.ProfileChanges{Username: set("ｂｏｂ")}, "username NOT_UNIQUE"},
		{"username is another's address", account.ProfileChanges{Username: set("Bob@example.org")}, "username NOT_UNIQUE"},
		{"address taken", account.ProfileChanges{Username: set("new"), Email: set("BOB@example.org")}, "email NOT_UNIQUE"},
		{"address is another's username", account.ProfileChanges{Email: set("Carol@example.net")}, "email NOT_UNIQUE"},
		{
			"both taken",
			account.ProfileChanges{Email: set("bob@example.org"), Username: set("bob@example.org"), LastName: set("\x01")},
			"username NOT_UNIQUE, email NOT_UNIQUE, lastName INVALID",
		},
		{"one wrong, one taken", account.ProfileChanges{Username: set("bob"), Email: set("x")}, "username NOT_UNIQUE, email INVALID"},
		{
			"own address with a bad new one",
			account.ProfileChanges{Username: set("ada@example.org"), Email: set("nothing")},
			"email INVALID",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := w.UpdateProfile(w.as(t, tokens.Access), tt.in)
			wantMistakes(t, err, strings.Split(tt.want, ", ")...)
			if u != nil {
				t.Error("a user with a refusal")
			}
			same(t, "what is stored", w.rows(t), rows)
		})
	}
	_, err := w.UpdateProfile(t.Context(), account.ProfileChanges{FirstName: set("Changed")})
	wantAnonymous(t, err)
	_, err = w.UpdateProfile(w.as(t, *tokens.Refresh), account.ProfileChanges{FirstName: set("Changed")})
	wantRefused(t, err, fault.Unauthenticated, token.WrongType, "Given token not valid for any token type")
	same(t, "what is stored", w.rows(t), rows)
	w.wantAlive(t, "current", tokens)
}

func TestUpdateProfileOfOneWhoIsGone(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	ctx := w.known(t, w.obtain(t, "ada"))
	w.write(t, func(tx *ent.Tx) error { return tx.User.DeleteOneID(u.ID).Exec(t.Context()) })
	_, err := w.UpdateProfile(ctx, account.ProfileChanges{FirstName: set("Changed")})
	wantRefused(t, err, fault.NotFound, "", "No such user.")
}

func TestConcurrentTakingOfOneName(t *testing.T) {
	asUsername := func(name string) account.ProfileChanges { return account.ProfileChanges{Username: set(name)} }
	asAddress := func(name string) account.ProfileChanges { return account.ProfileChanges{Email: set(name)} }
	for _, tt := range []struct {
		name   string
		takers [2]func(string) account.ProfileChanges
		fields [2]string
	}{
		{"username", [2]func(string) account.ProfileChanges{asUsername, asUsername}, [2]string{"username", "username"}},
		{"address", [2]func(string) account.ProfileChanges{asAddress, asAddress}, [2]string{"email", "email"}},
		{"username and address", [2]func(string) account.ProfileChanges{asUsername, asAddress}, [2]string{"username", "email"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := build(t)
			for round := range 10 {
				users, errs := make([]*account.Tokens, 2), make([]error, 2)
				for i := range users {
					username := fmt.Sprintf("user%d.%d", round, i)
					w.register(t, username)
					users[i] = w.obtain(t, username)
				}
				wanted := fmt.Sprintf("wanted%d@example.net", round)
				spellings := []string{wanted, strings.ToUpper(wanted)}
				var group sync.WaitGroup
				for i := range users {
					ctx := w.known(t, users[i])
					group.Go(func() { _, errs[i] = w.UpdateProfile(ctx, tt.takers[i](spellings[i])) })
				}
				group.Wait()
				if (errs[0] == nil) == (errs[1] == nil) {
					t.Fatalf("errors %v and %v; want one", errs[0], errs[1])
				}
				won, lost := 0, 1
				if errs[0] != nil {
					won, lost = 1, 0
				}
				wantMistakes(t, errs[lost], tt.fields[lost]+" NOT_UNIQUE")
				same(t, "whose it is", w.obtain(t, wanted).User.ID, users[won].User.ID)
				loser := fmt.Sprintf("user%d.%d", round, lost)
				same(t, "the loser's names", w.names(t, users[lost].User.ID), loser+" "+loser+"@example.org")
				w.wantAlive(t, "the loser's session", users[lost])
			}
		})
	}
}

// Two who exchange their names at once cannot: each is the other's until it was given up.
func TestConcurrentExchangeOfNames(t *testing.T) {
	w := build(t)
	w.register(t, "ada")
	w.register(t, "bob")
	ada, bob := w.obtain(t, "ada"), w.obtain(t, "bob")
	rows := w.rows(t)
	var group sync.WaitGroup
	for tokens, name := range map[*account.Tokens]string{ada: "bob", bob: "ada"} {
		ctx := w.known(t, tokens)
		group.Go(func() {
			_, err := w.UpdateProfile(ctx, account.ProfileChanges{Username: set(name), FirstName: set("Changed")})
			wantMistakes(t, err, "username NOT_UNIQUE")
		})
	}
	group.Wait()
	same(t, "what is stored", w.rows(t), rows)
}

// The database's own word that a name is taken names the field it was to be.
func TestUpdateProfileAndTheUniqueKey(t *testing.T) {
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
	_, err = raw.ExecContext(t.Context(), `CREATE TRIGGER somebody_was_faster BEFORE INSERT ON identifiers
		WHEN NEW.key LIKE 'taken%' BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: identifiers.key'); END`)
	if err != nil {
		t.Fatal(err)
	}
	w := over(t, db, new(statements), &clock{time: noon})
	w.register(t, "ada")
	tokens := w.obtain(t, "ada")
	rows := w.rows(t)
	for _, tt := range []struct {
		in   account.ProfileChanges
		want string
	}{
		{account.ProfileChanges{Username: set("taken")}, "username NOT_UNIQUE"},
		{account.ProfileChanges{Email: set("taken@example.org")}, "email NOT_UNIQUE"},
		{account.ProfileChanges{Username: set("new"), Email: set("taken@example.org")}, "email NOT_UNIQUE"},
		{account.ProfileChanges{Username: set("ada@example.org"), Email: set("taken@example.org")}, "email NOT_UNIQUE"},
	} {
		_, err := w.UpdateProfile(w.as(t, tokens.Access), tt.in)
		wantMistakes(t, err, tt.want)
		same(t, "what is stored", w.rows(t), rows)
	}
	w.wantAlive(t, "current", tokens)
}
