package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/identifier"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/patch"
)

var errNoRandom = errors.New("no random numbers today")

func set[T any](v T) patch.Field[T] { return patch.Set(v) }

func (w *world) update(t *testing.T, id int64, changes account.UserChanges) *ent.User {
	t.Helper()
	u, err := w.Update(t.Context(), id, changes)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// names are the keys a user signs in by.
func (w *world) names(t *testing.T, id int64) string {
	t.Helper()
	keys, err := w.db.Read.Identifier.Query().Where(identifier.UserID(id)).Order(ent.Asc(identifier.FieldID)).IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(keys, " ")
}

func TestUpdate(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	changed := w.update(t, u.ID, account.UserChanges{
		Email: set(" Countess@Example.org"), FirstName: set("Ada "), LastName: set("Love\u006c\u0301ace"), IsStaff: set(true),
	})
	stored := w.db.Read.User.GetX(t.Context(), u.ID)
	for _, got := range []*ent.User{changed, stored} {
		if got.Email != "Countess@Example.org" || got.EmailKey != "countess@example.org" || got.FirstName != "Ada" ||
			got.LastName != "Love\u013aace" || !got.IsStaff || !got.IsActive || got.Username != "ada" {
			t.Errorf("changed to %v", got)
		}
	}
	same(t, "names", w.names(t, u.ID), "ada countess@example.org")
	w.obtain(t, "countess@example.org")
	_, err := w.Obtain(t.Context(), "ada@example.org", goodPassword)
	wantInvalidCredentials(t, err)

	w.update(t, u.ID, account.UserChanges{FirstName: patch.Null[string](), LastName: set(" ")})
	stored = w.db.Read.User.GetX(t.Context(), u.ID)
	same(t, "first name", stored.FirstName, "")
	same(t, "last name", stored.LastName, "")

	before := w.db.Read.User.GetX(t.Context(), u.ID).String()
	w.update(t, u.ID, account.UserChanges{})
	same(t, "after no change", w.db.Read.User.GetX(t.Context(), u.ID).String(), before)
}

func TestUpdateRefusals(t *testing.T) {
	w := build(t)
	ctx := t.Context()
	u := w.register(t, "ada")
	w.register(t, "grace")
	_, err := w.Update(ctx, 999, account.UserChanges{Email: set("")})
	wantRefused(t, err, fault.NotFound, "", "No such user.")
	before := w.db.Read.User.GetX(ctx, u.ID).String()

	_, err = w.Update(ctx, u.ID, account.UserChanges{
		Email: patch.Null[string](), FirstName: set("a\x00"), LastName: set(strings.Repeat("x", 151)),
		IsActive: patch.Null[bool](), IsStaff: patch.Null[bool](),
	})
	wantMistakes(t, err, "email REQUIRED", "firstName INVALID", "lastName TOO_LONG", "isActive REQUIRED", "isStaff REQUIRED")
	for email, code := range map[string]string{
		"":                                  "REQUIRED",
		"ada":                               "INVALID",
		"Grace@EXAMPLE.org":                 "NOT_UNIQUE",
		strings.Repeat("a", 250) + "@x.org": "TOO_LONG",
	} {
		_, err = w.Update(ctx, u.ID, account.UserChanges{
			Email: set(email), FirstName: set("Changed"), IsActive: set(false), IsStaff: set(true),
		})
		wantMistakes(t, err, "email "+code)
	}
	same(t, "after refusals", w.db.Read.User.GetX(ctx, u.ID).String(), before)
	same(t, "names", w.names(t, u.ID), "ada ada@example.org")
}

func TestUpdateMovesTheNameToSignInBy(t *testing.T) {
	w := build(t)
	u, err := w.Register(t.Context(), account.Registration{Username: "ada@example.org", Email: "Ada@example.org", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	other := w.register(t, "other")
	same(t, "one name", w.names(t, u.ID), "ada@example.org")

	w.update(t, u.ID, account.UserChanges{Email: set("ada@example.net")})
	same(t, "username and new address", w.names(t, u.ID), "ada@example.net ada@example.org")
	w.update(t, u.ID, account.UserChanges{Email: set("ADA@example.net")})
	same(t, "only the spelling changed", w.names(t, u.ID), "ada@example.net ada@example.org")
	same(t, "spelling", w.db.Read.User.GetX(t.Context(), u.ID).Email, "ADA@example.net")

	_, err = w.Update(t.Context(), other.ID, account.UserChanges{Email: set("ada@example.org")})
	wantMistakes(t, err, "email NOT_UNIQUE") // somebody's username

	w.update(t, u.ID, account.UserChanges{Email: set("ada@example.org")})
	same(t, "one name again", w.names(t, u.ID), "ada@example.org")
	w.update(t, other.ID, account.UserChanges{Email: set("ada@example.net")}) // given up
	same(t, "the other's names", w.names(t, other.ID), "ada@example.net other")
}

func TestDeactivation(t *testing.T) {
	w := build(t)
	u := w.register(t, "ada")
	w.register(t, "grace")
	expired := w.obtain(t, "ada")
	w.clock.pass(25 * time.Hour)
	a, b, other := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "grace")
	w.update(t, u.ID, account.UserChanges{IsActive: set(false)})
	for _, tokens := range []*account.Tokens{expired, a, b} {
		w.wantRevoked(t, *tokens.Refresh, session.RevokedBecauseDeactivated)
	}
	if s := w.session(t, *other.Refresh); s.RevokedAt != nil {
		t.Error("another user's session was revoked")
	}
	w.update(t, u.ID, account.UserChanges{IsActive: set(true)})
	w.wantRevoked(t, *a.Refresh, session.RevokedBecauseDeactivated)
	w.obtain(t, "ada")
}

func TestTheLastActiveStaffUserStays(t *testing.T) {
	w := build(t)
	ctx := t.Context()
	root, second := w.registerStaff(t, "root"), w.registerStaff(t, "second")
	w.update(t, second.ID, account.UserChanges{IsActive: set(false)}) // inactive staff do not count
	tokens := w.obtain(t, "root")

	_, err := w.Update(ctx, root.ID, account.UserChanges{FirstName: set("Changed"), IsActive: set(false)})
	wantMistakes(t, err, "isActive INVALID")
	_, err = w.Update(ctx, root.ID, account.UserChanges{IsStaff: set(false)})
	wantMistakes(t, err, "isStaff INVALID")
	_, err = w.Update(ctx, root.ID, account.UserChanges{Email: set(""), IsActive: set(false), IsStaff: set(false)})
	wantMistakes(t, err, "email REQUIRED", "isActive INVALID", "isStaff INVALID")
	if u := w.db.Read.User.GetX(ctx, root.ID); u.FirstName != "" || !u.IsActive || !u.IsStaff {
		t.Errorf("a refused change left %v", u)
	}
	if s := w.session(t, *tokens.Refresh); s.RevokedAt != nil {
		t.Error("a refused deactivation revoked a session")
	}
	w.update(t, root.ID, account.UserChanges{IsActive: set(true), IsStaff: set(true), FirstName: set("Root")})
	w.update(t, second.ID, account.UserChanges{IsStaff: set(false)}) // not one of the last

	w.update(t, second.ID, account.UserChanges{IsActive: set(true), IsStaff: set(true)})
	w.update(t, root.ID, account.UserChanges{IsStaff: set(false)})
}

func TestStaffCannotDemoteEachOtherAtOnce(t *testing.T) {
	w := build(t)
	for range 10 {
		w.write(t, func(tx *ent.Tx) error { return tx.User.Update().SetIsStaff(false).Exec(t.Context()) })
		suffix := time.Duration(w.db.Read.User.Query().CountX(t.Context())).String()
		a, b := w.registerStaff(t, "a"+suffix), w.registerStaff(t, "b"+suffix)
		errs := make([]error, 2)
		var group sync.WaitGroup
		group.Go(func() { _, errs[0] = w.Update(t.Context(), a.ID, account.UserChanges{IsStaff: set(false)}) })
		group.Go(func() { _, errs[1] = w.Update(t.Context(), b.ID, account.UserChanges{IsActive: set(false)}) })
		group.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("errors %v and %v; want one", errs[0], errs[1])
		}
		if n := w.db.Read.User.Query().Where(user.IsStaff(true), user.IsActive(true)).CountX(t.Context()); n != 1 {
			t.Fatalf("%d active staff users left", n)
		}
	}
}
