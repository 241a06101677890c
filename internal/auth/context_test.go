package auth_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

var ada, staff = auth.Viewer{UserID: 1, SessionID: 7}, auth.Viewer{UserID: 2, IsStaff: true}

// answer is an Authenticate that always says the same.
func answer(viewer auth.Viewer, err error) auth.Authenticate {
	return func(context.Context, string) (auth.Viewer, error) { return viewer, err }
}

// wantRefused expects a refusal of exactly this kind.
func wantRefused(t *testing.T, err error, code fault.Code, reason token.Reason, message string) {
	t.Helper()
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != code || refused.Reason != string(reason) || refused.Message != message {
		t.Errorf("error %#v; want %s, %s, %q", err, code, reason, message)
	}
}

func TestAuthorizationHeader(t *testing.T) {
	const (
		none = "Authentication credentials were not provided."
		bad  = "Authorization header must contain two space-delimited values"
	)
	huge := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name, header string
		access       string // what is to be authenticated
		reason       token.Reason
		message      string
	}{
		{"none", "", "", token.NotAuthenticated, none},
		{"blank", "  \t ", "", token.NotAuthenticated, none},
		{"another scheme", "Basic YWRhOmFkYQ==", "", token.NotAuthenticated, none},
		{"another scheme with two values", "Digest a b", "", token.NotAuthenticated, none},
		{"a scheme that begins alike", "BearerX x", "", token.NotAuthenticated, none},
		{"no scheme", "eyJhbGciOiJIUzI1NiJ9.e30.x", "", token.NotAuthenticated, none},
		{"another separator", "Bearer:x", "", token.NotAuthenticated, none},
		{"Token, as other frameworks have it", "Token x", "", token.NotAuthenticated, none},
		{"JWT, as other frameworks have it", "JWT x", "", token.NotAuthenticated, none},
		{"the scheme alone", "Bearer", "", token.BadAuthorizationHeader, bad},
		{"the scheme and blanks", "Bearer  ", "", token.BadAuthorizationHeader, bad},
		{"two values", "Bearer x y", "", token.BadAuthorizationHeader, bad},
		{"two headers", "Bearer x Bearer y", "", token.BadAuthorizationHeader, bad},
		{"very many values", "Bearer" + strings.Repeat(" x", 1<<16), "", token.BadAuthorizationHeader, bad},
		{"a token", "Bearer x", "x", "", ""},
		{"in lower case", "bearer x", "x", "", ""},
		{"in any case", "bEARER x", "x", "", ""},
		{"with more blanks", "  Bearer   x  ", "x", "", ""},
		{"with a tab", "Bearer\tx", "x", "", ""},
		{"a value with commas is one", "Bearer x,y", "x,y", "", ""},
		{"huge", "Bearer " + huge, huge, "", ""}, // whoever verifies it refuses it
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			ctx := auth.WithAuthorization(t.Context(), tt.header, func(_ context.Context, access string) (auth.Viewer, error) {
				asked = append(asked, access)
				return ada, nil
			})
			viewer, err := auth.Require(ctx)
			if tt.access != "" {
				if err != nil || viewer != ada || len(asked) != 1 || asked[0] != tt.access {
					t.Errorf("viewer %v, %v; asked for %.100q", viewer, err, asked)
				}
				return
			}
			wantRefused(t, err, fault.Unauthenticated, tt.reason, tt.message)
			if viewer != (auth.Viewer{}) || len(asked) != 0 {
				t.Errorf("viewer %v; asked for %q", viewer, asked)
			}
			if viewer, err = auth.FromContext(ctx); viewer != (auth.Viewer{}) || err != nil {
				t.Errorf("where anonymous will do: %v, %v", viewer, err)
			}
			// That nothing was sent is no rejection; that it made no sense is.
			if rejection := auth.Rejection(ctx); (rejection != nil) != (tt.reason == token.BadAuthorizationHeader) {
				t.Errorf("rejection %v", rejection)
			}
		})
	}
}

// The messages are those of SimpleJWT's authentication class.
func TestRefusedTokens(t *testing.T) {
	for reason, message := range map[token.Reason]string{
		token.Invalid:                "Given token not valid for any token type",
		token.Expired:                "Given token not valid for any token type",
		token.WrongType:              "Given token not valid for any token type",
		token.Revoked:                "Given token not valid for any token type",
		token.Reused:                 "Given token not valid for any token type",
		token.SessionExpired:         "Given token not valid for any token type",
		token.UserNotFound:           "User not found",
		token.UserInactive:           "User is inactive",
		token.NotAuthenticated:       "Authentication credentials were not provided.",
		token.BadAuthorizationHeader: "Authorization header must contain two space-delimited values",
	} {
		// Whoever it is that a refused token names, it is nobody who asks.
		ctx := auth.WithAuthorization(t.Context(), "Bearer x", answer(staff, token.NewError(reason)))
		if viewer, err := auth.FromContext(ctx); err != nil || viewer != (auth.Viewer{}) {
			t.Errorf("%s: FromContext = %v, %v", reason, viewer, err)
		}
		for name, require := range map[string]func(context.Context) (auth.Viewer, error){"Require": auth.Require, "RequireStaff": auth.RequireStaff} {
			viewer, err := require(ctx)
			wantRefused(t, err, fault.Unauthenticated, reason, message)
			if viewer != (auth.Viewer{}) {
				t.Errorf("%s, %s: viewer %v", reason, name, viewer)
			}
		}
		if reason != token.NotAuthenticated {
			wantRefused(t, auth.Rejection(ctx), fault.Unauthenticated, reason, message)
		}
	}
}

func TestRequireStaff(t *testing.T) {
	if viewer, err := auth.RequireStaff(auth.WithAuthorization(t.Context(), "Bearer x", answer(staff, nil))); err != nil || viewer != staff {
		t.Errorf("staff: %v, %v", viewer, err)
	}
	viewer, err := auth.RequireStaff(auth.WithAuthorization(t.Context(), "Bearer x", answer(ada, nil)))
	wantRefused(t, err, fault.Forbidden, "", "You do not have permission to perform this action.")
	if viewer != (auth.Viewer{}) {
		t.Errorf("viewer %v beside the error", viewer)
	}
}

// What cannot be found out is an internal error, even where anonymous would do: a request must not quietly
// be answered as if from somebody else.
func TestInternalErrors(t *testing.T) {
	broken := errors.New("the database is gone")
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", answer(staff, broken))
	for name, ask := range map[string]func(context.Context) (auth.Viewer, error){
		"FromContext": auth.FromContext, "Require": auth.Require, "RequireStaff": auth.RequireStaff,
	} {
		if _, err := ask(ctx); !errors.Is(err, broken) || fault.CodeOf(err) != fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if rejection := auth.Rejection(ctx); rejection != nil {
		t.Errorf("rejection %v: the token is not to blame", rejection)
	}
}

// Fail closed: without the middleware there is no viewer.
func TestWithoutMiddleware(t *testing.T) {
	if viewer, err := auth.FromContext(t.Context()); err != nil || viewer.SignedIn() || viewer.IsStaff {
		t.Errorf("FromContext = %v, %v", viewer, err)
	}
	for _, require := range []func(context.Context) (auth.Viewer, error){auth.Require, auth.RequireStaff} {
		_, err := require(t.Context())
		wantRefused(t, err, fault.Unauthenticated, token.NotAuthenticated, "Authentication credentials were not provided.")
	}
	if auth.Rejection(t.Context()) != nil {
		t.Error("a rejection without a token")
	}
}

// A panic on the way to the viewer lets nobody in, neither the field that met it nor the next.
func TestPanicsLetNobodyIn(t *testing.T) {
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) { panic("boom") })
	ask := func(require func(context.Context) (auth.Viewer, error)) (viewer auth.Viewer, err error) {
		defer func() {
			if panicked := recover(); panicked != nil {
				err = errors.New("panicked")
			}
		}()
		return require(ctx)
	}
	for range 3 {
		for _, require := range []func(context.Context) (auth.Viewer, error){auth.Require, auth.RequireStaff, auth.FromContext} {
			if viewer, err := ask(require); err == nil || fault.CodeOf(err) != fault.Internal {
				t.Errorf("viewer %v, %v; want an internal error", viewer, err)
			}
		}
	}
}

// Who asks is found out when first something depends on it, once a request, however many depend on it.
func TestAuthenticatedOnceAndLazily(t *testing.T) {
	var calls atomic.Int32
	release := make(chan struct{})
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		calls.Add(1)
		<-release
		return auth.Viewer{}, token.NewError(token.Expired)
	})
	if auth.Rejection(ctx) != nil || calls.Load() != 0 {
		t.Error("authenticated before anything asked")
	}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := auth.Require(ctx); fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("Require: %v", err)
			}
			if _, err := auth.FromContext(ctx); err != nil {
				t.Errorf("FromContext: %v", err)
			}
			wantRefused(t, auth.Rejection(ctx), fault.Unauthenticated, token.Expired, "Given token not valid for any token type")
		})
	}
	for calls.Load() == 0 {
		runtime.Gosched()
	}
	auth.Rejection(ctx) // beside a resolution under way: it neither waits nor races
	close(release)
	group.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("authenticated %d times", n)
	}
}

// A nested context is the same request.
func TestContextsOfOneRequest(t *testing.T) {
	type key struct{}
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", answer(ada, nil))
	inner, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
	if viewer, err := auth.Require(inner); err != nil || viewer != ada {
		t.Errorf("viewer %v, %v", viewer, err)
	}
	cancel()
	if viewer, err := auth.Require(ctx); err != nil || viewer != ada {
		t.Errorf("viewer %v, %v", viewer, err)
	}
}

func TestMayEdit(t *testing.T) {
	adas, bobs, nobodys := int64(1), int64(3), int64(0)
	for _, tt := range []struct {
		name   string
		viewer auth.Viewer
		owner  *int64
		want   bool
	}{
		{"owner", ada, &adas, true},
		{"another", ada, &bobs, false},
		{"the shop's", ada, nil, false},
		{"staff", staff, &bobs, true},
		{"staff, the shop's", staff, nil, true},
		{"anonymous", auth.Viewer{}, &adas, false},
		{"anonymous, the shop's", auth.Viewer{}, nil, false},
		{"anonymous, an owner of the same number", auth.Viewer{}, &nobodys, false},
	} {
		if got := tt.viewer.MayEdit(tt.owner); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if !ada.SignedIn() || (auth.Viewer{}).SignedIn() {
		t.Error("SignedIn is wrong")
	}
}

// Known asks nobody: it is somebody only after something has asked, and only whose token serves.
func TestKnown(t *testing.T) {
	asked := 0
	var err error
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		asked++
		return auth.Viewer{UserID: 7}, err
	})
	if auth.Known(t.Context()).SignedIn() || auth.Known(ctx).SignedIn() || asked != 0 {
		t.Errorf("somebody is known, after %d questions", asked)
	}
	if _, err := auth.FromContext(ctx); err != nil || auth.Known(ctx).UserID != 7 || asked != 1 {
		t.Errorf("%+v is known, after %d questions, %v", auth.Known(ctx), asked, err)
	}
	err = token.NewError(token.Expired)
	if _, err := auth.Renew(ctx); err == nil || auth.Known(ctx).SignedIn() {
		t.Errorf("%+v is known, of whom the token expired: %v", auth.Known(ctx), err)
	}
}
