package account

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/token"
)

// What the statement by hand reads is what ent reads, of users and sessions of every kind. A field that is added to users is
// noticed here.
func TestStandingIsAsEntReadsIt(t *testing.T) {
	db := databasetest.New(t)
	r := &Registry{db: db, standingSQL: fmt.Sprintf(standingSQL, db.WrittenSQL("u.id"))}
	at := time.Date(2026, 1, 31, 12, 0, 0, 123_000_000, time.UTC)
	var users, sessions []int64
	err := db.Write(t.Context(), func(tx *ent.Tx) error {
		for i := range 4 {
			create := tx.User.Create().
				SetUsername(fmt.Sprint("Zoë ", i)).SetUsernameKey(fmt.Sprint("zoë ", i)).
				SetEmail(fmt.Sprint("Z", i, "@example.org")).SetEmailKey(fmt.Sprint("z", i, "@example.org")).
				SetFirstName("First").SetLastName("Last").SetNameKey("first last").SetPasswordHash(fmt.Sprint("hash ", i)).
				SetIsActive(i%2 == 0).SetIsStaff(i/2 == 0).SetDateJoined(at.Add(time.Duration(i) * time.Hour))
			if i%2 == 1 {
				create.SetLastLogin(at.Add(time.Millisecond)).SetTokensValidFrom(at.Add(-time.Hour))
			}
			u, err := create.Save(t.Context())
			if err != nil {
				return err
			}
			users = append(users, u.ID)
			for n := range 2 {
				create := tx.Session.Create().SetUserID(u.ID).SetGeneration(int64(3 + n)).
					SetCreatedAt(at).SetLastUsedAt(at).SetRotatedAt(at.Add(time.Second)).
					SetExpiresAt(at.Add(time.Hour)).SetEndsAt(at.Add(2 * time.Hour)).SetIPAddress("192.0.2.1")
				if n == 1 {
					create.SetRevokedAt(at.Add(time.Minute)).SetRevokedBecause(session.RevokedBecauseReuse)
				}
				s, err := create.Save(t.Context())
				if err != nil {
					return err
				}
				sessions = append(sessions, s.ID)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if fields := len(user.Columns); fields != 14 {
		t.Errorf("users have %d columns; the statement has 14", fields)
	}
	for _, u := range append(users, 0, 1<<62) {
		for _, s := range append(sessions, 0, noSession) {
			claims := token.Claims{UserID: u, SessionID: s}
			want, err := readStanding(t.Context(), db.Read.User, claims)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.standing(t.Context(), claims)
			if err != nil {
				t.Fatal(err)
			}
			unexported := cmpopts.IgnoreUnexported(ent.User{}, ent.UserEdges{}, ent.Session{}, ent.SessionEdges{})
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(standing{}), unexported); diff != "" {
				t.Errorf("user %d, session %d: (-ent, +by hand)\n%s", u, s, diff)
			}
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.standing(over, token.Claims{UserID: users[0]}); err == nil {
		t.Error("nothing is told of a context that is over")
	}
}
