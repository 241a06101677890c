package auth

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// Authenticate finds the viewer that an access token stands for. Its error is a *token.Error when the
// token does not serve, and any other error when that could not be found out.
type Authenticate func(ctx context.Context, access string) (Viewer, error)

// identity is what one request says about its viewer, found out only when asked, and again only by Renew.
type identity struct {
	authorization string // the Authorization header
	authenticate  Authenticate

	finding sync.Mutex            // held to find it out
	found   atomic.Pointer[found] // what was found out last; nil: nothing yet
}

// found is what was found out.
type found struct {
	viewer   Viewer
	err      error        // a *token.Error, or an internal error
	rejected *token.Error // why a token that was sent does not serve
}

type contextKey struct{}

// WithAuthorization returns a context that knows the request's Authorization header. No work is done
// until something asks for the viewer.
func WithAuthorization(ctx context.Context, header string, authenticate Authenticate) context.Context {
	return context.WithValue(ctx, contextKey{}, &identity{authorization: header, authenticate: authenticate})
}

// WithHeader returns a context in which another asks: whoever the given Authorization header stands for, by the means of
// the context's own. Nothing of what is known of the other viewer is known in it. A WebSocket asks in this way for each
// of its operations.
func WithHeader(ctx context.Context, header string) context.Context {
	id, _ := ctx.Value(contextKey{}).(*identity)
	if id == nil {
		return ctx
	}
	return WithAuthorization(ctx, header, id.authenticate)
}

// Header is the Authorization header that the context knows.
func Header(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(*identity)
	if id == nil {
		return ""
	}
	return id.authorization
}

// Anonymous says whether nothing was sent by which the viewer could be anybody: then what is answered is what everybody
// may be answered. Where it is not known what was sent, it is false.
func Anonymous(ctx context.Context) bool {
	id, _ := ctx.Value(contextKey{}).(*identity)
	return id != nil && id.authorization == ""
}

// FromContext is the viewer, for whom anonymous will do: a token that does not serve makes an anonymous
// viewer, of whom Rejection tells why. The error is an internal one.
func FromContext(ctx context.Context) (Viewer, error) {
	viewer, err := resolve(ctx)
	var refused *token.Error
	if errors.As(err, &refused) {
		return Viewer{}, nil
	}
	return viewer, err
}

// Require is the viewer where there must be one. The error is UNAUTHENTICATED with its reason, or an
// internal one.
func Require(ctx context.Context) (Viewer, error) {
	viewer, err := resolve(ctx)
	var refused *token.Error
	if errors.As(err, &refused) {
		return Viewer{}, Unauthenticated(refused)
	}
	return viewer, err
}

// RequireStaff is as Require, and FORBIDDEN for a viewer who is not staff.
func RequireStaff(ctx context.Context) (Viewer, error) {
	viewer, err := Require(ctx)
	if err == nil && !viewer.IsStaff {
		return Viewer{}, fault.New(fault.Forbidden, "You do not have permission to perform this action.")
	}
	return viewer, err
}

// Renew finds out anew who the viewer is, for what outlives one answer: from now on the context's viewer is who the
// token stands for at this moment. The viewer is anonymous only if no token was sent. The error is UNAUTHENTICATED with
// its reason when one was sent that does not serve, or an internal one: also for a panic on the way, since whoever asks
// again and again does so where no request's handler is left to recover.
func Renew(ctx context.Context) (viewer Viewer, err error) {
	id, _ := ctx.Value(contextKey{}).(*identity)
	if id == nil {
		return Viewer{}, nil
	}
	id.finding.Lock()
	defer id.finding.Unlock()
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
		}
	}()
	f := id.find(ctx)
	if f.rejected != nil {
		return Viewer{}, Unauthenticated(f.rejected)
	}
	var refused *token.Error
	if errors.As(f.err, &refused) { // nothing was sent
		return Viewer{}, nil
	}
	return f.viewer, f.err
}

// Rejection is why the token that was sent with the request does not serve, once something has asked for
// the viewer. It is nil when nothing has, when no token was sent, and when the token serves. It waits for nobody who is
// about to find out.
func Rejection(ctx context.Context) *fault.Error {
	id, _ := ctx.Value(contextKey{}).(*identity)
	if id == nil {
		return nil
	}
	f := id.found.Load()
	if f == nil || f.rejected == nil {
		return nil
	}
	return Unauthenticated(f.rejected)
}

// Known is the viewer as far as something has asked for them: anonymous when nothing has, or when they are. It waits for
// nobody who is about to find out.
func Known(ctx context.Context) Viewer {
	id, _ := ctx.Value(contextKey{}).(*identity)
	if id == nil {
		return Viewer{}
	}
	if f := id.found.Load(); f != nil && f.err == nil {
		return f.viewer
	}
	return Viewer{}
}

// Unauthenticated is the refusal of a request whose token does not serve.
func Unauthenticated(refused *token.Error) *fault.Error {
	return &fault.Error{Code: fault.Unauthenticated, Message: bearerMessage(refused), Reason: string(refused.Reason)}
}

var errUnresolved = errors.New("it could not be found out who asks")

func resolve(ctx context.Context) (Viewer, error) {
	id, _ := ctx.Value(contextKey{}).(*identity)
	if id == nil {
		return Viewer{}, token.NewError(token.NotAuthenticated) // fail closed: no middleware, no viewer
	}
	if f := id.found.Load(); f != nil {
		return f.viewer, f.err
	}
	id.finding.Lock()
	defer id.finding.Unlock()
	f := id.found.Load()
	if f == nil {
		f = id.find(ctx)
	}
	return f.viewer, f.err
}

// find finds out who asks, in the place of what was found out before. The caller holds finding.
func (id *identity) find(ctx context.Context) *found {
	// What stays when authenticate panics: who asks next must not find an anonymous viewer.
	f := &found{err: errUnresolved}
	defer func() { id.found.Store(f) }()
	f.viewer, f.err = id.read(ctx)
	var refused *token.Error
	if errors.As(f.err, &refused) && refused.Reason != token.NotAuthenticated {
		f.rejected = refused
	}
	return f
}

func (id *identity) read(ctx context.Context) (Viewer, error) {
	access, err := bearer(id.authorization)
	if err != nil {
		return Viewer{}, err
	}
	return id.authenticate(ctx, access)
}

// bearer is the token in an Authorization header (RFC 6750, section 2.1). The scheme's case does not
// matter (RFC 9110, section 11.1); another scheme is the same as no header.
func bearer(header string) (string, error) {
	fields := strings.Fields(header)
	switch {
	case len(fields) == 0 || !strings.EqualFold(fields[0], "Bearer"):
		return "", token.NewError(token.NotAuthenticated)
	case len(fields) != 2:
		return "", token.NewError(token.BadAuthorizationHeader)
	}
	return fields[1], nil
}

// bearerMessage is what SimpleJWT's authentication class says where its token serializers say otherwise.
func bearerMessage(refused *token.Error) string {
	switch {
	case refused.Reason == token.NotAuthenticated, refused.Reason == token.BadAuthorizationHeader, refused.Message == token.NoUser:
		return refused.Message
	case refused.Reason == token.UserNotFound:
		return "User not found"
	case refused.Reason == token.UserInactive:
		return "User is inactive"
	default:
		return "Given token not valid for any token type"
	}
}
