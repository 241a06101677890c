package shop

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Session is a graphql.Client of somebody who signs in: it sends the access token with every request, exchanges it when it is
// refused, and asks again, once. It may be used by several goroutines at a time.
type Session struct {
	client graphql.Client

	mu              sync.Mutex // held during an exchange, so that the others wait for it
	access, refresh string
}

// NewSession is a session of nobody yet, with the server at that address (its /graphql).
func NewSession(url string) *Session {
	return &Session{client: graphql.NewClient(url, &http.Client{Transport: bearer{http.DefaultTransport}})}
}

// SignIn begins a session.
func (s *Session) SignIn(ctx context.Context, username, password string) error {
	answer, err := signIn(ctx, s.client, username, password)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access, s.refresh = answer.TokenObtain.Access, *answer.TokenObtain.Refresh
	return nil
}

// MakeRequest implements graphql.Client.
func (s *Session) MakeRequest(ctx context.Context, request *graphql.Request, response *graphql.Response) error {
	s.mu.Lock()
	access := s.access
	s.mu.Unlock()
	err := s.client.MakeRequest(withToken(ctx, access), request, response)
	if access == "" || !refused(err, response) {
		return err
	}
	renewed, failure := s.renew(ctx, access)
	if failure != nil || renewed == "" {
		return errors.Join(err, failure)
	}
	response.Errors, response.Extensions = nil, nil
	return s.client.MakeRequest(withToken(ctx, renewed), request, response)
}

// renew answers the access token that has taken the place of the refused one; none when one has to sign in again.
func (s *Session) renew(ctx context.Context, refused string) (access string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access != refused { // somebody was here before
		return s.access, nil
	}
	answer, err := renew(ctx, s.client, s.refresh)
	switch {
	case HasCode(err, "TOKEN_NOT_VALID"): // it will not get better
		s.access, s.refresh = "", ""
		return "", nil
	case err != nil:
		return "", err
	}
	s.access, s.refresh = answer.TokenRefresh.Access, *answer.TokenRefresh.Refresh
	return s.access, nil
}

// refused says whether an access token does not serve any more. What is open to everybody says so beside its data.
func refused(err error, response *graphql.Response) bool {
	remark, _ := response.Extensions["auth"].(map[string]any)
	return HasCode(err, "UNAUTHENTICATED") || remark["code"] == "UNAUTHENTICATED"
}

// HasCode says whether one of the errors of an answer has that code.
func HasCode(err error, code string) bool {
	var list gqlerror.List
	var http *graphql.HTTPError // any status but 200: the errors are in the body
	switch {
	case errors.As(err, &http):
		list = http.Response.Errors
	case !errors.As(err, &list):
		return false
	}
	for _, one := range list {
		if one.Extensions["code"] == code {
			return true
		}
	}
	return false
}

// bearer sends the token that a request's context has.
type bearer struct{ next http.RoundTripper }

type tokenKey struct{}

func withToken(ctx context.Context, access string) context.Context {
	return context.WithValue(ctx, tokenKey{}, access)
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if access, _ := r.Context().Value(tokenKey{}).(string); access != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+access)
	}
	return b.next.RoundTrip(r)
}
