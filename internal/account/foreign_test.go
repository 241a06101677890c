package account_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/token"
)

// acceptForeign is a setting of build.
func acceptForeign(s *account.Settings, _ *token.Settings) { s.AcceptForeign = true }

// foreign is a token that SimpleJWT issued just now: by the same key, without a session. changes are other claims, nil
// for none of that name.
func (w *world) foreign(t testing.TB, kind token.Type, userID int64, changes ...map[string]any) string {
	t.Helper()
	now := w.clock.now().Unix()
	claims := jwt.MapClaims{
		"token_type": string(kind), "exp": now + 86400, "iat": now,
		"jti": "2b3f1d6c0e8a4f5c9d7e6b5a4c3d2e1f", "user_id": userID,
	}
	for _, change := range changes {
		maps.Copy(claims, change)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("a secret that only the tests know"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// wantVerdict expects tokenVerify to say this of a token; no reason: that it is valid.
func (w *world) wantVerdict(t testing.TB, raw string, reason token.Reason) {
	t.Helper()
	verdict, err := w.Verify(t.Context(), raw)
	switch {
	case err != nil:
		t.Error(err)
	case verdict.IsValid != (reason == "") || !verdict.IsValid && *verdict.Reason != reason:
		t.Errorf("the verdict is %+v; want valid or %q", verdict, reason)
	}
}

// wantWorthless expects a foreign refresh token to serve for nothing, for that reason.
func (w *world) wantWorthless(t testing.TB, raw string, reason token.Reason) {
	t.Helper()
	w.wantVerdict(t, raw, reason)
	tokens, err := w.Refresh(t.Context(), &raw)
	wantInvalidToken(t, err, reason)
	if tokens != nil {
		t.Errorf("tokens beside a refusal: %+v", tokens)
	}
}

// Whoever does not ask for foreign tokens never sees one accepted; and no setting makes half a token of ours one.
func TestWhatIsNotAForeignToken(t *testing.T) {
	const sid = "4294967297"
	for name, claims := range map[string]map[string]any{
		"neither sid nor gen":     {},
		"an access token's gen":   {"gen": 1},
		"a refresh without gen":   {"sid": sid},
		"a refresh without sid":   {"gen": 1},
		"an empty sid":            {"sid": ""},
		"a sid of 0":              {"sid": "0"},
		"a gen of 0":              {"gen": 0},
		"sid and gen of 0":        {"sid": "0", "gen": 0},
		"a negative sid":          {"sid": "-1", "gen": 1},
		"a sid that is a number":  {"sid": 4294967297},
		"a gen that is a string":  {"sid": sid, "gen": "1"},
		"a gen with a fraction":   {"sid": sid, "gen": 1.5},
		"a jti that is a number":  {"jti": 7},
		"a jti that is an object": {"jti": map[string]any{"a": "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, accept := range []bool{false, true} {
				w := build(t, func(s *account.Settings, _ *token.Settings) { s.AcceptForeign = accept })
				u := w.register(t, "ada")
				w.obtain(t, "ada")
				if accept && len(claims) == 0 {
					continue // that is one
				}
				access, refresh := w.foreign(t, token.Access, u.ID, claims), w.foreign(t, token.Refresh, u.ID, claims)
				if claims["sid"] != sid { // with it, an access token is ours
					_, err := w.Authenticate(t.Context(), access)
					wantReason(t, err, token.Invalid)
					w.wantVerdict(t, access, token.Invalid)
				}
				w.wantWorthless(t, refresh, token.Invalid)
				_, err := w.Revoke(t.Context(), &refresh)
				wantInvalidToken(t, err, token.Invalid)
				same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), 1)
				same(t, "records", w.db.Read.ForeignToken.Query().CountX(t.Context()), 0)
			}
		})
	}
}

func TestForeignAccess(t *testing.T) {
	w := build(t, acceptForeign)
	staff, u := w.registerStaff(t, "root"), w.register(t, "ada")
	retired := w.register(t, "bob")
	w.update(t, retired.ID, account.UserChanges{IsActive: set(false)})
	w.clock.pass(time.Minute)
	for name, row := range map[string]struct {
		userID int64
		claims map[string]any
		want   token.Reason
	}{
		"user_id as a number":       {u.ID, nil, ""},
		"user_id as a string":       {0, map[string]any{"user_id": "2"}, ""},
		"of staff":                  {staff.ID, nil, ""},
		"without iat":               {u.ID, map[string]any{"iat": nil}, ""},
		"more claims":               {u.ID, map[string]any{"username": "root", "is_staff": true, "hash_password": "x"}, ""},
		"of nobody":                 {99, nil, token.UserNotFound},
		"of a user beyond any":      {1<<63 - 1, nil, token.UserNotFound},
		"of an inactive user":       {retired.ID, nil, token.UserInactive},
		"expired now":               {u.ID, map[string]any{"exp": w.clock.now().Unix()}, token.Expired},
		"issued in 11 seconds":      {u.ID, map[string]any{"iat": w.clock.now().Unix() + 11}, token.Invalid},
		"sliding":                   {u.ID, map[string]any{"token_type": "sliding", "refresh_exp": w.clock.now().Unix() + 86400}, token.WrongType},
		"a refresh token":           {u.ID, map[string]any{"token_type": "refresh"}, token.WrongType},
		"user_id with a blank":      {0, map[string]any{"user_id": " 2"}, token.Invalid},
		"user_id with a zero":       {0, map[string]any{"user_id": "02"}, token.Invalid},
		"user_id with a fraction":   {0, map[string]any{"user_id": 2.5}, token.Invalid},
		"user_id of no number":      {0, map[string]any{"user_id": "ada"}, token.Invalid},
		"user_id as an UUID":        {0, map[string]any{"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}, token.Invalid},
		"user_id that is true":      {0, map[string]any{"user_id": true}, token.Invalid},
		"user_id in another script": {0, map[string]any{"user_id": "٢"}, token.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			raw := w.foreign(t, token.Access, row.userID, row.claims)
			w.ran.take()
			viewer, err := w.Authenticate(t.Context(), raw)
			queries := len(w.ran.take())
			if row.want != "" {
				if viewer != (auth.Viewer{}) {
					t.Errorf("viewer %+v beside a refusal", viewer)
				}
				if row.want == token.Invalid && row.claims["iat"] == nil {
					wantRefusedUser(t, err)
					return
				}
				wantReason(t, err, row.want)
				if row.want != token.WrongType || row.claims["token_type"] == "sliding" {
					w.wantVerdict(t, raw, row.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, "queries", queries, 1)
			same(t, "session", viewer.SessionID, 0)
			same(t, "staff", viewer.IsStaff, row.userID == staff.ID)
			if row.userID != 0 {
				same(t, "user", viewer.UserID, row.userID)
			}
			w.wantVerdict(t, raw, "")
		})
	}
	same(t, "sessions", w.db.Read.Session.Query().CountX(t.Context()), 0)
}

// wantRefusedUser expects the refusal of a token whose user_id is none.
func wantRefusedUser(t *testing.T, err error) {
	t.Helper()
	refused, ok := err.(*token.Error) //nolint:errorlint // Authenticate wraps none
	if !ok || refused.Reason != token.Invalid || refused.Message != "Token contained no recognizable user identification" {
		t.Errorf("error %v", err)
	}
}

// When they are demanded of our tokens, issuer and audience are of foreign ones, too.
func TestForeignIssuerAndAudience(t *testing.T) {
	w := build(t, acceptForeign, func(_ *account.Settings, ts *token.Settings) { ts.Issuer, ts.Audience = "django", "shop" })
	u := w.register(t, "ada")
	for _, row := range []struct {
		iss, aud any
		want     token.Reason
	}{
		{"django", "shop", ""},
		{"django", []string{"other", "shop"}, ""},
		{nil, "shop", token.Invalid},
		{"django", nil, token.Invalid},
		{"other", "shop", token.Invalid},
		{"django", "other", token.Invalid},
	} {
		w.wantVerdict(t, w.foreign(t, token.Access, u.ID, map[string]any{"iss": row.iss, "aud": row.aud}), row.want)
		w.wantVerdict(t, w.foreign(t, token.Refresh, u.ID, map[string]any{"iss": row.iss, "aud": row.aud}), row.want)
	}
}

// Each of these ends the user's foreign tokens, whatever the settings are at that moment. The other server's clock may
// be ten seconds ahead, so for so long none is believed to be new.
func TestForeignTokensEnd(t *testing.T) {
	deactivate := func(w *world, t *testing.T) error {
		w.update(t, 2, account.UserChanges{IsActive: set(false)})
		return nil
	}
	for name, end := range map[string]func(w *world, t *testing.T) error{
		"passwordChange": func(w *world, t *testing.T) error {
			_, err := w.ChangePassword(w.as(t, w.obtain(t, "ada").Access), goodPassword, betterPassword)
			return err
		},
		"changepassword": func(w *world, t *testing.T) error {
			_, err := w.SetPassword(t.Context(), "ada", betterPassword)
			return err
		},
		"logout GLOBAL": func(w *world, t *testing.T) error {
			_, err := w.Logout(w.as(t, w.obtain(t, "ada").Access), account.LogoutGlobal)
			return err
		},
		"logout OTHERS from a session": func(w *world, t *testing.T) error {
			_, err := w.Logout(w.as(t, w.obtain(t, "ada").Access), account.LogoutOthers)
			return err
		},
		"deactivation": deactivate,
		"reactivation": func(w *world, t *testing.T) error { // what was issued while the user was inactive
			at := w.clock.now()
			w.clock.set(at.Add(-time.Minute))
			err := deactivate(w, t)
			w.clock.set(at)
			w.update(t, 2, account.UserChanges{IsActive: set(true)})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ran := new(statements)
			before := build(t) // the setting is off when it happens
			w := over(t, before.db, ran, before.clock, acceptForeign)
			w.register(t, "bob")
			u := w.register(t, "ada")
			bobs := w.foreign(t, token.Access, 1)
			same(t, "id", u.ID, 2)
			moment := noon.Truncate(time.Millisecond)
			if err := end(before, t); err != nil {
				t.Fatal(err)
			}
			stored := w.db.Read.User.GetX(t.Context(), u.ID)
			if stored.TokensValidFrom == nil || !stored.TokensValidFrom.Equal(moment) {
				t.Fatalf("foreign tokens serve from %v, want %v", stored.TokensValidFrom, moment)
			}
			w.update(t, u.ID, account.UserChanges{IsActive: set(true)}) // which is no change, but in one case

			w.clock.pass(time.Minute)
			issued := func(after time.Duration) map[string]any {
				return map[string]any{"iat": moment.Add(after).Unix(), "jti": after.String()}
			}
			for _, row := range []struct {
				claims map[string]any
				want   token.Reason
			}{
				{map[string]any{"iat": nil}, token.Revoked},
				{map[string]any{"iat": 0}, token.Revoked},
				{issued(-time.Hour), token.Revoked},
				{issued(-time.Second), token.Revoked},
				{issued(0), token.Revoked},
				{issued(time.Second), token.Revoked},
				{issued(10 * time.Second), token.Revoked}, // at 12:00:10; it was 12:00:00.123
				{issued(11 * time.Second), ""},
				{issued(time.Minute), ""},
			} {
				access, refresh := w.foreign(t, token.Access, u.ID, row.claims), w.foreign(t, token.Refresh, u.ID, row.claims)
				w.wantVerdict(t, access, row.want)
				w.wantVerdict(t, refresh, row.want)
				if row.want == "" {
					w.refresh(t, &refresh)
					continue
				}
				_, err := w.Authenticate(t.Context(), access)
				wantReason(t, err, row.want)
				w.wantWorthless(t, refresh, row.want)
				if revoked, err := w.Revoke(t.Context(), &refresh); err != nil || revoked {
					t.Errorf("it can be revoked: %v, %v", revoked, err)
				}
			}
			w.wantVerdict(t, bobs, "")
		})
	}
}

// Our own tokens have a session to be ended by: a sign-in at the very moment of a password change is a new one.
func TestOwnTokensDoNotMindSinceWhenForeignOnesServe(t *testing.T) {
	w := build(t, acceptForeign)
	w.register(t, "ada")
	kept := w.obtain(t, "ada")
	if _, err := w.Logout(w.as(t, kept.Access), account.LogoutOthers); err != nil {
		t.Fatal(err)
	}
	for name, tokens := range map[string]*account.Tokens{"before": kept, "after": w.obtain(t, "ada")} {
		w.wantAlive(t, name, tokens)
	}
}

// A clock that is set back, wrongly, must not bring to life what was ended.
func TestForeignTokensStayEnded(t *testing.T) {
	w := build(t, acceptForeign)
	u := w.register(t, "ada")
	between := w.foreign(t, token.Access, u.ID, map[string]any{"iat": noon.Unix() - 60})
	end := func() {
		t.Helper()
		if _, err := w.SetPassword(t.Context(), "ada", goodPassword); err != nil {
			t.Fatal(err)
		}
	}
	end()
	w.clock.pass(-time.Hour)
	end()
	w.clock.set(noon)
	w.wantVerdict(t, between, token.Revoked)
	w.clock.pass(time.Minute)
	end()
	w.wantVerdict(t, w.foreign(t, token.Access, u.ID, map[string]any{"iat": noon.Unix() + 30}), token.Revoked)
}

// A viewer may have no session. What is said of theirs then holds of none.
func TestViewerWithoutASession(t *testing.T) {
	for _, row := range []struct {
		scope account.LogoutScope
		ended int
		reply token.Reason // of the token that asked, afterwards
	}{{account.LogoutLocal, 0, ""}, {account.LogoutOthers, 2, ""}, {account.LogoutGlobal, 2, token.Revoked}} {
		t.Run(string(row.scope), func(t *testing.T) {
			w := build(t, acceptForeign)
			u := w.register(t, "ada")
			w.register(t, "bob")
			one, two, bobs := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "bob")
			asking, another := w.foreign(t, token.Access, u.ID), w.foreign(t, token.Access, u.ID, map[string]any{"jti": "x"})
			if ended, err := w.Logout(w.as(t, asking), row.scope); err != nil || ended != row.ended {
				t.Errorf("ended %d, %v; want %d", ended, err, row.ended)
			}
			w.wantVerdict(t, asking, row.reply)
			w.wantVerdict(t, another, row.reply)
			for _, tokens := range []*account.Tokens{one, two} {
				if row.ended > 0 {
					w.wantEnded(t, tokens, session.RevokedBecauseLogout)
				} else {
					w.wantAlive(t, "session", tokens)
				}
			}
			w.wantAlive(t, "another user's", bobs)
		})
	}
	t.Run("sessions", func(t *testing.T) {
		w := build(t, acceptForeign)
		u := w.register(t, "ada")
		w.register(t, "bob")
		one, two, bobs := w.obtain(t, "ada"), w.obtain(t, "ada"), w.obtain(t, "bob")
		ctx := w.as(t, w.foreign(t, token.Access, u.ID))
		list, err := w.Sessions(ctx)
		if err != nil || len(list) != 2 {
			t.Fatalf("sessions %v, %v", list, err)
		}
		for _, s := range list {
			if current, err := w.IsCurrent(ctx, s); err != nil || current {
				t.Errorf("session %d is current: %v, %v", s.ID, current, err)
			}
		}
		if s, err := w.RevokeSession(ctx, w.session(t, one.Access).ID); err != nil || s.RevokedAt != nil {
			t.Errorf("revoking one's session: %v, %v", s, err)
		}
		w.wantEnded(t, one, session.RevokedBecauseRevoked)
		w.wantAlive(t, "the other", two)
		for _, id := range []int64{0, -1, w.session(t, bobs.Access).ID} {
			_, err := w.RevokeSession(ctx, id)
			wantMistakes(t, err, "id NOT_FOUND")
		}
		w.wantAlive(t, "another user's", bobs)
	})
}

func TestChangePasswordWithoutASession(t *testing.T) {
	ctx := t.Context()
	w := inLine(t, acceptForeign)
	u := w.register(t, "ada")
	one := w.obtain(t, "ada")
	asking := w.foreign(t, token.Access, u.ID)
	if _, err := w.ChangePassword(w.as(t, asking), goodPassword, betterPassword); err != nil {
		t.Fatal(err)
	}
	w.wantEnded(t, one, session.RevokedBecausePasswordChanged)
	w.wantVerdict(t, asking, token.Revoked)
	if _, err := w.Obtain(ctx, "ada", betterPassword); err != nil {
		t.Error(err)
	}

	// One whom the same request, or another, has signed out everywhere may not; whether for the first time or again.
	bob := w.register(t, "bob")
	for range 2 {
		w.clock.pass(time.Minute)
		asker := w.as(t, w.foreign(t, token.Access, bob.ID))
		if _, err := w.Logout(asker, account.LogoutGlobal); err != nil {
			t.Fatal(err)
		}
		_, err := w.ChangePassword(asker, goodPassword, betterPassword)
		wantSignedOut(t, err)
	}
	w.clock.pass(time.Minute)
	asker := w.as(t, w.foreign(t, token.Access, bob.ID))
	var err error
	w.meanwhile(t, func() { _, err = w.ChangePassword(asker, goodPassword, betterPassword) }, func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(bob.ID).SetTokensValidFrom(noon.Add(time.Hour)).Exec(context.WithoutCancel(ctx))
	})
	wantSignedOut(t, err)
	w.obtain(t, "bob")

	// What was long ago does not keep a newer token from it.
	w.clock.pass(2 * time.Hour)
	if _, err := w.ChangePassword(w.as(t, w.foreign(t, token.Access, bob.ID)), goodPassword, betterPassword); err != nil {
		t.Error(err)
	}
}
