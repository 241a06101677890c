package account_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
)

func TestRegister(t *testing.T) {
	w := build(t)
	u, err := w.Register(t.Context(), account.Registration{
		Username:        "  Ａda.L+1_\t", // a full-width A
		Email:           " Ada@Example.org ",
		Password:        goodPassword,
		PasswordConfirm: ptr(goodPassword),
		FirstName:       ptr(" Ame\u0301lie "),
		LastName:        ptr("  "),
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := w.db.Read.User.GetX(t.Context(), u.ID)
	if stored.Username != "Ada.L+1_" || stored.UsernameKey != "ada.l+1_" ||
		stored.Email != "Ada@Example.org" || stored.EmailKey != "ada@example.org" ||
		stored.FirstName != "Am\u00e9lie" || stored.LastName != "" {
		t.Errorf("stored %v", stored)
	}
	if !stored.IsActive || stored.IsStaff || stored.LastLogin != nil {
		t.Errorf("stored %v; want an active account that is not staff and never signed in", stored)
	}
	if want := noon.Truncate(time.Millisecond); !stored.DateJoined.Equal(want) {
		t.Errorf("joined %v, want %v", stored.DateJoined, want)
	}
	if !strings.HasPrefix(stored.PasswordHash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Error("the password is not hashed as the settings say")
	}
	if u.Username != stored.Username || u.ID != 1 {
		t.Errorf("answered %v", u)
	}
	if n := w.db.Read.Session.Query().CountX(t.Context()); n != 0 {
		t.Errorf("%d sessions; registering does not sign in", n)
	}
}

func TestCreateSuperuser(t *testing.T) {
	w := build(t)
	if u := w.registerStaff(t, "root"); !u.IsStaff || !u.IsActive {
		t.Errorf("%v; want active staff", u)
	}
	_, err := w.CreateSuperuser(t.Context(), account.Registration{Username: "ROOT", Email: "x", Password: "short"})
	wantMistakes(t, err, "username NOT_UNIQUE", "email INVALID", "password PASSWORD_TOO_SHORT")
}

func TestRegisterTellsEveryMistake(t *testing.T) {
	w := build(t)
	w.register(t, "grace") // grace@example.org
	good := account.Registration{Username: "ada", Email: "ada@example.net", Password: goodPassword}
	with := func(change func(*account.Registration)) account.Registration {
		r := good
		change(&r)
		return r
	}
	for _, tt := range []struct {
		name string
		in   account.Registration
		want []string
	}{
		{"nothing given", account.Registration{}, []string{"username REQUIRED", "email REQUIRED", "password REQUIRED"}},
		{
			"only blanks",
			account.Registration{Username: " \t", Email: "\n", Password: "        "},
			[]string{"username REQUIRED", "email REQUIRED"},
		},
		{"all wrong", account.Registration{
			Username: "a da", Email: "ada", Password: "12345", PasswordConfirm: ptr("1234"),
			FirstName: ptr("a\x00"), LastName: ptr(strings.Repeat("x", 151)),
		}, []string{
			"username INVALID", "email INVALID",
			"password PASSWORD_TOO_SHORT", "password PASSWORD_TOO_COMMON", "password PASSWORD_ENTIRELY_NUMERIC",
			"passwordConfirm PASSWORD_MISMATCH", "firstName INVALID", "lastName TOO_LONG",
		}},
		{"taken, and more", account.Registration{
			Username: "GRACE", Email: "Grace@Example.ORG", Password: "sh0rt!x", FirstName: ptr("a\nb"),
		}, []string{"username NOT_UNIQUE", "email NOT_UNIQUE", "password PASSWORD_TOO_SHORT", "firstName INVALID"}},
		{
			"another's address as username", with(func(r *account.Registration) { r.Username = "grace@EXAMPLE.org" }),
			[]string{"username NOT_UNIQUE"},
		},
		{
			"taken in full-width letters", with(func(r *account.Registration) { r.Username = "ｇｒａｃｅ" }),
			[]string{"username NOT_UNIQUE"},
		},

		{"username with a space", with(func(r *account.Registration) { r.Username = "ada l" }), []string{"username INVALID"}},
		{"username with a slash", with(func(r *account.Registration) { r.Username = "ada/l" }), []string{"username INVALID"}},
		{"username with a NUL", with(func(r *account.Registration) { r.Username = "ada\x00" }), []string{"username INVALID"}},
		{"username not UTF-8", with(func(r *account.Registration) { r.Username = "ada\xff" }), []string{"username INVALID"}},
		{"username with an invisible character", with(func(r *account.Registration) { r.Username = "ada\u200b" }), []string{"username INVALID"}},
		{"username that falls apart", with(func(r *account.Registration) { r.Username = "½" }), []string{"username INVALID"}},
		{"username too long", with(func(r *account.Registration) { r.Username = strings.Repeat("a", 151) }), []string{"username TOO_LONG"}},

		{"address without domain", with(func(r *account.Registration) { r.Email = "ada@" }), []string{"email INVALID"}},
		{"address with a name", with(func(r *account.Registration) { r.Email = "Ada <ada@example.net>" }), []string{"email INVALID"}},
		{"address in brackets", with(func(r *account.Registration) { r.Email = "<ada@example.net>" }), []string{"email INVALID"}},
		{"address with a comment", with(func(r *account.Registration) { r.Email = "ada@example.net (Ada)" }), []string{"email INVALID"}},
		{"quoted address", with(func(r *account.Registration) { r.Email = `"ada"@example.net` }), []string{"email INVALID"}},
		{"two addresses", with(func(r *account.Registration) { r.Email = "ada@example.net,b@example.net" }), []string{"email INVALID"}},
		{"address with a line break", with(func(r *account.Registration) { r.Email = "ada@example.net\r\nBcc: b@example.net" }), []string{"email INVALID"}},
		{"address with an invisible character", with(func(r *account.Registration) { r.Email = "ada\u200b@example.net" }), []string{"email INVALID"}},
		{"address not UTF-8", with(func(r *account.Registration) { r.Email = "ada\xff@example.net" }), []string{"email INVALID"}},
		{"address too long", with(func(r *account.Registration) { r.Email = strings.Repeat("a", 243) + "@example.net" }), []string{"email TOO_LONG"}},

		{"first name not UTF-8", with(func(r *account.Registration) { r.FirstName = ptr("\xff") }), []string{"firstName INVALID"}},
		{"last name with a C1 control", with(func(r *account.Registration) { r.LastName = ptr("a\u0085b") }), []string{"lastName INVALID"}},
		{"confirmation empty", with(func(r *account.Registration) { r.PasswordConfirm = ptr("") }), []string{"passwordConfirm PASSWORD_MISMATCH"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Register(t.Context(), tt.in)
			wantMistakes(t, err, tt.want...)
		})
	}
	if n := w.db.Read.User.Query().CountX(t.Context()); n != 1 {
		t.Errorf("%d users; a registration with mistakes makes none", n)
	}
}

func TestRegisterTakesWhatIsAllowed(t *testing.T) {
	w := build(t)
	for i, in := range []account.Registration{
		{Username: strings.Repeat("a", 150), Email: strings.Repeat("b", 242) + "@example.net"},
		{Username: "Ἀδάμ_٣", Email: "ἀδάμ@παράδειγμα.ελ"},
		{Username: "one@example.org", Email: "ONE@example.org"},                                    // one and the same key
		{Username: "x", Email: "x@localhost", FirstName: ptr("D'Arcy\u200cx"), LastName: ptr("𝒳")}, // a zero-width non-joiner
	} {
		in.Password = goodPassword
		if _, err := w.Register(t.Context(), in); err != nil {
			t.Errorf("registration %d: %v", i, err)
		}
	}
	keys := w.db.Read.Identifier.Query().CountX(t.Context())
	if keys != 7 {
		t.Errorf("%d identifiers, want 7", keys)
	}
	if _, err := w.Obtain(t.Context(), "one@EXAMPLE.org", goodPassword); err != nil {
		t.Error(err)
	}
}

// Lengths are counted in characters, whatever a character's length in bytes.
func TestLongNamesOfLongCharacters(t *testing.T) {
	w := build(t)
	u, err := w.Register(t.Context(), account.Registration{
		Username:  strings.Repeat("ж", 150),
		Email:     "ada@example.org",
		Password:  goodPassword,
		FirstName: ptr(strings.Repeat("水", 150)),
		LastName:  ptr(strings.Repeat("𝒳", 150)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if u.LastName != strings.Repeat("𝒳", 150) {
		t.Errorf("last name %q", u.LastName)
	}
}

func TestPasswordsAreComparedComposed(t *testing.T) {
	w := build(t)
	_, err := w.Register(t.Context(), account.Registration{
		Username: "ada", Email: "ada@example.org",
		Password: " cafe\u0301 au lait ", PasswordConfirm: ptr(" caf\u00e9 au lait "),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{" caf\u00e9 au lait ", " cafe\u0301 au lait "} {
		if _, err := w.Obtain(t.Context(), "ada", typed); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.Obtain(t.Context(), "ada", "caf\u00e9 au lait"); fault.CodeOf(err) != fault.InvalidCredentials {
		t.Errorf("a trimmed password: %v", err)
	}
}

func TestConcurrentRegistrationsOfOneName(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   func(i int) account.Registration
	}{
		{"one username", func(i int) account.Registration {
			spellings := []string{"ada", "ADA", "Ada", "aDa", "ａｄａ"}
			return account.Registration{Username: spellings[i%len(spellings)], Email: fmt.Sprintf("%d@example.org", i)}
		}},
		{"a username that is another's address", func(i int) account.Registration {
			if i%2 == 0 {
				return account.Registration{Username: "ada@example.org", Email: fmt.Sprintf("%d@example.org", i)}
			}
			return account.Registration{Username: fmt.Sprintf("user%d", i), Email: "ADA@example.org"}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := build(t)
			const callers = 20
			errs := make([]error, callers)
			var group sync.WaitGroup
			for i := range callers {
				group.Go(func() {
					in := tt.in(i)
					in.Password = goodPassword
					_, errs[i] = w.Register(t.Context(), in)
				})
			}
			group.Wait()
			made := 0
			for _, err := range errs {
				var mistakes fault.Mistakes
				switch {
				case err == nil:
					made++
				case !errors.As(err, &mistakes) || len(mistakes) != 1 || mistakes[0].Code != fault.NotUnique:
					t.Errorf("error %v; want NOT_UNIQUE", err)
				}
			}
			if made != 1 || w.db.Read.User.Query().CountX(t.Context()) != 1 {
				t.Errorf("%d registrations succeeded, want 1", made)
			}
		})
	}
}

// A name that somebody takes while the password is being hashed is taken.
func TestRegisterLooksAgainBeforeItAdds(t *testing.T) {
	w := inLine(t)
	ctx := t.Context()
	w.whileTrying(t, func() {
		_, err := w.Register(ctx, account.Registration{Username: "Ada", Email: "ada@EXAMPLE.org", Password: goodPassword})
		wantMistakes(t, err, "username NOT_UNIQUE", "email NOT_UNIQUE")
	}, func(tx *ent.Tx) error {
		u, err := tx.User.Create().SetUsername("ada").SetUsernameKey("ada").SetEmail("ada@example.org").
			SetEmailKey("ada@example.org").SetPasswordHash("x").SetDateJoined(noon).Save(ctx)
		if err != nil {
			return err
		}
		return errors.Join(
			tx.Identifier.Create().SetID("ada").SetUserID(u.ID).Exec(ctx),
			tx.Identifier.Create().SetID("ada@example.org").SetUserID(u.ID).Exec(ctx),
		)
	})
}

// The database's own word that a name is taken is the same mistake, even where the look before found nothing.
func TestTheUniqueKeyHasTheLastWord(t *testing.T) {
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
	_, err = w.Register(t.Context(), account.Registration{Username: "taken", Email: "a@example.org", Password: goodPassword})
	wantMistakes(t, err, "username NOT_UNIQUE")
	_, err = w.Register(t.Context(), account.Registration{Username: "ada", Email: "taken@example.org", Password: goodPassword})
	wantMistakes(t, err, "email NOT_UNIQUE")
	if n := db.Read.User.Query().CountX(t.Context()); n != 0 {
		t.Errorf("%d users left behind", n)
	}
}
