package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// changing is an Authenticate whose answer a test changes.
type changing struct {
	mu     sync.Mutex
	viewer auth.Viewer
	err    error
	calls  int
}

func (c *changing) say(viewer auth.Viewer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.viewer, c.err = viewer, err
}

func (c *changing) authenticate(context.Context, string) (auth.Viewer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if errors.Is(c.err, errPanic) {
		panic("secret")
	}
	return c.viewer, c.err
}

var errPanic = errors.New("panic")

// What was found out stays until it is found out anew, and then is what is true now: for all who ask in the context.
func TestRenew(t *testing.T) {
	says := &changing{viewer: staff}
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", says.authenticate)
	if viewer, err := auth.Renew(ctx); err != nil || viewer != staff { // it may come first
		t.Fatalf("Renew = %v, %v", viewer, err)
	}
	if viewer, err := auth.RequireStaff(ctx); err != nil || viewer != staff {
		t.Errorf("RequireStaff = %v, %v", viewer, err)
	}
	demoted := auth.Viewer{UserID: staff.UserID}
	says.say(demoted, nil)
	if viewer, err := auth.RequireStaff(ctx); err != nil || viewer != staff {
		t.Errorf("before it is found out anew: %v, %v", viewer, err)
	}
	if viewer, err := auth.Renew(ctx); err != nil || viewer != demoted {
		t.Errorf("Renew = %v, %v", viewer, err)
	}
	if _, err := auth.RequireStaff(ctx); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("after it was: %v; want FORBIDDEN", err)
	}
	if says.calls != 2 {
		t.Errorf("authenticated %d times", says.calls)
	}
}

// A token that serves no more makes an anonymous viewer where that will do, and a rejection, and nobody where there must
// be somebody.
func TestRenewedRejections(t *testing.T) {
	says := &changing{viewer: staff}
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", says.authenticate)
	if viewer, err := auth.Require(ctx); err != nil || viewer != staff || auth.Rejection(ctx) != nil {
		t.Fatalf("Require = %v, %v", viewer, err)
	}
	const given = "Given token not valid for any token type"
	says.say(staff, token.NewError(token.Revoked))
	viewer, err := auth.Renew(ctx)
	wantRefused(t, err, fault.Unauthenticated, token.Revoked, given)
	if viewer != (auth.Viewer{}) {
		t.Errorf("viewer %v beside the error", viewer)
	}
	for range 2 {
		if viewer, err := auth.FromContext(ctx); err != nil || viewer != (auth.Viewer{}) {
			t.Errorf("FromContext = %v, %v", viewer, err)
		}
		for _, require := range []func(context.Context) (auth.Viewer, error){auth.Require, auth.RequireStaff} {
			viewer, err := require(ctx)
			wantRefused(t, err, fault.Unauthenticated, token.Revoked, given)
			if viewer != (auth.Viewer{}) {
				t.Errorf("viewer %v beside the error", viewer)
			}
		}
		wantRefused(t, auth.Rejection(ctx), fault.Unauthenticated, token.Revoked, given)
	}
	// Nothing of it is left once the token serves again, as after a clock that was wrong.
	says.say(ada, nil)
	if viewer, err := auth.Renew(ctx); err != nil || viewer != ada || auth.Rejection(ctx) != nil {
		t.Errorf("Renew = %v, %v; rejection %v", viewer, err, auth.Rejection(ctx))
	}
}

// Nobody who sends no token is refused, or asked about.
func TestRenewWithoutAToken(t *testing.T) {
	for _, header := range []string{"", "  ", "Basic x", "Token x"} {
		says := &changing{viewer: staff}
		ctx := auth.WithAuthorization(t.Context(), header, says.authenticate)
		for range 2 {
			if viewer, err := auth.Renew(ctx); err != nil || viewer != (auth.Viewer{}) {
				t.Errorf("%q: Renew = %v, %v", header, viewer, err)
			}
		}
		_, err := auth.Require(ctx)
		wantRefused(t, err, fault.Unauthenticated, token.NotAuthenticated, "Authentication credentials were not provided.")
		if auth.Rejection(ctx) != nil || says.calls != 0 {
			t.Errorf("%q: rejection %v, authenticated %d times", header, auth.Rejection(ctx), says.calls)
		}
	}
	if viewer, err := auth.Renew(t.Context()); err != nil || viewer.SignedIn() {
		t.Errorf("without the middleware: %v, %v", viewer, err)
	}
	// What is sent and makes no sense is refused each time.
	ctx := auth.WithAuthorization(t.Context(), "Bearer a b", answer(staff, nil))
	for range 2 {
		_, err := auth.Renew(ctx)
		wantRefused(t, err, fault.Unauthenticated, token.BadAuthorizationHeader, "Authorization header must contain two space-delimited values")
	}
}

// What cannot be found out anew is an internal error, for who asked and who asks later: the viewer that was known may be
// somebody else by now. The next time may tell.
func TestRenewThatFails(t *testing.T) {
	for name, broken := range map[string]error{"an error": errors.New("secret"), "a panic": errPanic} {
		t.Run(name, func(t *testing.T) {
			says := &changing{viewer: staff}
			ctx := auth.WithAuthorization(t.Context(), "Bearer x", says.authenticate)
			if _, err := auth.Require(ctx); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				says.say(staff, broken)
				viewer, err := auth.Renew(ctx)
				if fault.CodeOf(err) != fault.Internal || viewer.SignedIn() && errors.Is(broken, errPanic) {
					t.Errorf("Renew = %v, %v", viewer, err)
				}
				if !strings.Contains(err.Error(), "secret") {
					t.Errorf("the log would not tell why: %v", err)
				}
				for _, ask := range []func(context.Context) (auth.Viewer, error){auth.FromContext, auth.Require, auth.RequireStaff} {
					if _, err := ask(ctx); err == nil || fault.CodeOf(err) != fault.Internal {
						t.Errorf("asked later: %v", err)
					}
				}
				if auth.Rejection(ctx) != nil {
					t.Error("the token is not to blame")
				}
				says.say(ada, nil)
				if viewer, err := auth.Renew(ctx); err != nil || viewer != ada {
					t.Errorf("the next time: %v, %v", viewer, err)
				}
			}
		})
	}
}

// However many ask while it is found out anew, each hears of one state or the other, and never of a mixture.
func TestRenewBesideOthers(t *testing.T) {
	var turn atomic.Int64
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		if turn.Add(1)%2 == 0 {
			return staff, token.NewError(token.Revoked)
		}
		return staff, nil
	})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				switch viewer, err := auth.Renew(ctx); {
				case err == nil && viewer == staff, fault.CodeOf(err) == fault.Unauthenticated && viewer == auth.Viewer{}:
				default:
					t.Errorf("Renew = %v, %v", viewer, err)
				}
				if viewer, err := auth.FromContext(ctx); err != nil || viewer != staff && viewer != (auth.Viewer{}) {
					t.Errorf("FromContext = %v, %v", viewer, err)
				}
				if viewer, err := auth.Require(ctx); err == nil && viewer != staff || err != nil && fault.CodeOf(err) != fault.Unauthenticated {
					t.Errorf("Require = %v, %v", viewer, err)
				}
				if rejection := auth.Rejection(ctx); rejection != nil && rejection.Reason != string(token.Revoked) {
					t.Errorf("rejection %v", rejection)
				}
			}
		})
	}
	group.Wait()
}

// Another header is another's, by the same means, and nothing of the first is known of them.
func TestWithHeader(t *testing.T) {
	var asked []string
	outer := auth.WithAuthorization(t.Context(), "Bearer first", func(_ context.Context, access string) (auth.Viewer, error) {
		asked = append(asked, access)
		if access == "first" {
			return staff, nil
		}
		return ada, token.NewError(token.Expired)
	})
	if _, err := auth.RequireStaff(outer); err != nil {
		t.Fatal(err)
	}
	inner := auth.WithHeader(outer, "Bearer second")
	if auth.Header(outer) != "Bearer first" || auth.Header(inner) != "Bearer second" {
		t.Errorf("headers %q, %q", auth.Header(outer), auth.Header(inner))
	}
	if auth.Rejection(inner) != nil || len(asked) != 1 {
		t.Error("asked before anything depends on it")
	}
	if _, err := auth.Require(inner); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("the second: %v", err)
	}
	if auth.Rejection(inner) == nil || auth.Rejection(outer) != nil {
		t.Error("the rejection of one is the other's")
	}
	// The same header twice is found out twice: each operation of a WebSocket asks for itself.
	again := auth.WithHeader(inner, "Bearer first")
	if viewer, err := auth.Require(again); err != nil || viewer != staff || len(asked) != 3 {
		t.Errorf("%v, %v, asked %q", viewer, err, asked)
	}
	nobody := auth.WithHeader(outer, "")
	if viewer, err := auth.FromContext(nobody); err != nil || viewer.SignedIn() || auth.Header(nobody) != "" || len(asked) != 3 {
		t.Errorf("nobody: %v, %v, %q, asked %q", viewer, err, auth.Header(nobody), asked)
	}
	// Fail closed: without the middleware there is no means to find out who asks.
	if ctx := auth.WithHeader(t.Context(), "Bearer first"); auth.Header(ctx) != "" {
		t.Errorf("header %q", auth.Header(ctx))
	} else if _, err := auth.Require(ctx); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("without the middleware: %v", err)
	}
	if auth.Header(t.Context()) != "" {
		t.Error("a header without the middleware")
	}
}

// While it is found out anew who asks, others go on with what was known.
func TestNobodyWaitsForARenewal(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	calls := 0
	ctx := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		if calls++; calls == 2 {
			close(begun)
			<-release
			return auth.Viewer{}, token.NewError(token.Revoked)
		}
		return staff, nil
	})
	if _, err := auth.RequireStaff(ctx); err != nil {
		t.Fatal(err)
	}
	renewed := make(chan error)
	go func() {
		_, err := auth.Renew(ctx)
		renewed <- err
	}()
	<-begun
	for name, ask := range map[string]func(context.Context) (auth.Viewer, error){
		"FromContext": auth.FromContext, "Require": auth.Require, "RequireStaff": auth.RequireStaff,
	} {
		if viewer, err := ask(ctx); err != nil || viewer != staff {
			t.Errorf("%s: %v, %v", name, viewer, err)
		}
	}
	if rejection := auth.Rejection(ctx); rejection != nil {
		t.Errorf("rejection %v", rejection)
	}
	close(release)
	if err := <-renewed; fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("Renew: %v", err)
	}
	if _, err := auth.Require(ctx); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("after it: %v", err)
	}
}
