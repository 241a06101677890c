package account

import (
	"context"
	"errors"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
	"github.com/gatehouse/gatehouse/internal/token"
)

// presented is the refresh token that a request brings: the argument or, in cookie mode and without one, the cookie,
// whose jar is then answered as well. The error is FORBIDDEN for what a foreign page may have sent, BAD_USER_INPUT
// without an argument, and TOKEN_NOT_VALID without a cookie.
func presented(ctx context.Context, argument *string) (raw string, from *refreshcookie.Jar, err error) {
	jar := refreshcookie.FromContext(ctx)
	if err := jar.CheckPreflight(); err != nil {
		return "", nil, err
	}
	switch {
	case argument != nil:
		return *argument, nil, nil
	case jar == nil:
		return "", nil, fault.BadInput("The argument %q is required.", "refresh")
	}
	raw, err = jar.Token()
	return raw, jar, refusal(err)
}

// presentedToRefresh is as presented, but BAD_USER_INPUT for an argument in cookie mode: its successor would go into the
// cookie, over another session.
func presentedToRefresh(ctx context.Context, argument *string) (raw string, from *refreshcookie.Jar, err error) {
	raw, from, err = presented(ctx, argument)
	if err == nil && from == nil && refreshcookie.FromContext(ctx) != nil {
		return "", nil, fault.BadInput("The refresh token is kept in a cookie here: leave out the argument %q.", "refresh")
	}
	return raw, from, err
}

// presentedToRevoke is as presented, but of several cookies it is all: whoever signs out wants none of them to serve, and
// no other host may keep them from it.
func presentedToRevoke(ctx context.Context, argument *string) (raws []string, from *refreshcookie.Jar, err error) {
	raw, from, err := presented(ctx, argument)
	if all := from.Tokens(); len(all) > 1 {
		return all, from, nil
	}
	return []string{raw}, from, err
}

// putIn moves the refresh token into the jar, if there is one. Nil tokens stay nil.
func (t *Tokens) putIn(jar *refreshcookie.Jar) *Tokens {
	if t != nil && jar != nil {
		jar.Set(*t.Refresh, t.RefreshExpiresAt)
		t.Refresh = nil
	}
	return t
}

// refuse is the refusal of a token from that jar, which is cleared if the token's session is over. A token that is not
// understood stays: it may be another instance's, with a newer key or a clock ahead of ours.
func refuse(jar *refreshcookie.Jar, err error) error {
	var refused *token.Error
	if errors.As(err, &refused) && refused.Reason != token.Invalid && refused.Reason != token.WrongType {
		jar.Clear()
	}
	return refusal(err)
}
