package token_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse/gatehouse/internal/token"
)

func TestReasonsAndMessages(t *testing.T) {
	for _, row := range []struct {
		reason  token.Reason
		value   string
		message string
	}{
		{token.Invalid, "TOKEN_INVALID", "Token is invalid"},
		{token.Expired, "TOKEN_EXPIRED", "Token is expired"},
		{token.WrongType, "TOKEN_WRONG_TYPE", "Token has wrong type"},
		{token.Revoked, "TOKEN_REVOKED", "Token is blacklisted"},
		{token.Reused, "TOKEN_REUSED", "Token is blacklisted"},
		{token.SessionExpired, "SESSION_EXPIRED", "Session has ended"},
		{token.UserNotFound, "USER_NOT_FOUND", "No active account found for the given token."},
		{token.UserInactive, "USER_INACTIVE", "No active account found for the given token."},
		{token.BadAuthorizationHeader, "BAD_AUTHORIZATION_HEADER", "Authorization header must contain two space-delimited values"},
		{token.NotAuthenticated, "NOT_AUTHENTICATED", "Authentication credentials were not provided."},
		{"SOMETHING_NEW", "SOMETHING_NEW", "Token is invalid"},
	} {
		e := token.NewError(row.reason)
		if string(e.Reason) != row.value || e.Message != row.message || e.Error() != row.message {
			t.Errorf("NewError(%s) is %+v, want %s %q", row.reason, *e, row.value, row.message)
		}
	}
}

func TestErrorIsFoundWhenWrapped(t *testing.T) {
	wrapped := fmt.Errorf("refresh: %w", token.NewError(token.Reused))
	var e *token.Error
	if !errors.As(wrapped, &e) || e.Reason != token.Reused {
		t.Errorf("errors.As found %+v in %v", e, wrapped)
	}
}
