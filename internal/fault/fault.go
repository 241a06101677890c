// Package fault holds the errors a client may act on: refusals with a code, and mistakes with a field.
//
// Any other error is internal: it is logged and never shown.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of error it is; clients find it at extensions.code.
type Code string

// The codes of the error contract. Those that only the GraphQL edge itself gives are in package graph.
const (
	Unauthenticated    Code = "UNAUTHENTICATED"     // no token, or one that does not serve: refresh it and try again
	Forbidden          Code = "FORBIDDEN"           // signed in, but not allowed
	InvalidCredentials Code = "INVALID_CREDENTIALS" // sign-in failed
	TokenNotValid      Code = "TOKEN_NOT_VALID"     // the token in the argument does not serve
	BadUserInput       Code = "BAD_USER_INPUT"      // the arguments make no sense
	NotFound           Code = "NOT_FOUND"           // no such thing, or none the viewer may see
	RateLimited        Code = "RATE_LIMITED"        // too many attempts, or too busy for this one
	LimitExceeded      Code = "OPERATION_LIMIT_EXCEEDED"
	NoSuchDocument     Code = "PERSISTED_QUERY_NOT_FOUND" // the request names a document that is not here
	Internal           Code = "INTERNAL_SERVER_ERROR"
)

// Error is a refusal, told to the client as a top-level GraphQL error.
type Error struct {
	Code    Code
	Message string // for people; shown to the client as it is
	Reason  string // extensions.reason, a TokenErrorReason; empty for none
	// RetryAfter is when to try again, shown as whole seconds, rounded up, at extensions.retryAfter; 0 for none.
	RetryAfter time.Duration
	// Limit is which limit was exceeded, shown at extensions.limit; the zero Limit for none.
	Limit Limit
}

// Limit is a limit, for programs.
type Limit struct {
	Name string `json:"name"`
	Max  int64  `json:"max"` // what may be, at the most
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// New makes a refusal.
func New(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// BadInput refuses arguments that make no sense, saying why.
func BadInput(format string, args ...any) *Error {
	return New(BadUserInput, fmt.Sprintf(format, args...))
}

// Exceeded refuses what exceeds a limit. The message names the limit and what it is.
func Exceeded(name string, most int64, message string) *Error {
	return &Error{Code: LimitExceeded, Message: message, Limit: Limit{Name: name, Max: most}}
}

// CodeOf is the code of an error: Internal for one that is not a refusal, empty for nil.
func CodeOf(err error) Code {
	var refusal *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refusal):
		return refusal.Code
	}
	return Internal
}
