package token

// Reason says, to programs, why a token or the request carrying it is not accepted. The values are those of the
// public contract's TokenErrorReason.
type Reason string

// The reasons. This package itself answers with Invalid, Expired and WrongType; the others belong to those who look
// the token's session and user up, or read the header it came in.
const (
	// Invalid: not a token of ours, or one that lacks what it needs.
	Invalid Reason = "TOKEN_INVALID"
	// Expired: genuine, but its time is over.
	Expired Reason = "TOKEN_EXPIRED"
	// WrongType: genuine, but not of the type the place it was given to asks for.
	WrongType Reason = "TOKEN_WRONG_TYPE"
	// Revoked: its session was ended before its time.
	Revoked Reason = "TOKEN_REVOKED"
	// Reused: a refresh token given again after its successor was used.
	Reused Reason = "TOKEN_REUSED"
	// SessionExpired: its session has reached its absolute end.
	SessionExpired Reason = "SESSION_EXPIRED"
	// UserNotFound: the user it names does not exist any more.
	UserNotFound Reason = "USER_NOT_FOUND"
	// UserInactive: the user it names may not sign in.
	UserInactive Reason = "USER_INACTIVE"
	// BadAuthorizationHeader: the header has the right scheme but not exactly one value.
	BadAuthorizationHeader Reason = "BAD_AUTHORIZATION_HEADER"
	// NotAuthenticated: no token was given.
	NotAuthenticated Reason = "NOT_AUTHENTICATED"
)

// Error is a refused token: Reason for programs, Message for people. The messages are SimpleJWT's, word for word, as
// its clients match on them; they never contain anything of the token.
type Error struct {
	Reason  Reason
	Message string
}

// Error is the message for people.
func (e *Error) Error() string { return e.Message }

// NewError is a refusal for that reason with SimpleJWT's message for it, in the words of its refresh endpoint. A
// reason this package does not know keeps its value and gets the message of Invalid.
func NewError(r Reason) *Error {
	return &Error{Reason: r, Message: message(r)}
}

func message(r Reason) string {
	switch r {
	case Expired:
		return "Token is expired"
	case WrongType:
		return "Token has wrong type"
	case Revoked, Reused: // SimpleJWT has one list for both and tells them apart nowhere.
		return "Token is blacklisted"
	case SessionExpired: // SimpleJWT has no sessions: the one message that is ours.
		return "Session has ended"
	case UserNotFound, UserInactive:
		return "No active account found for the given token."
	case BadAuthorizationHeader:
		return "Authorization header must contain two space-delimited values"
	case NotAuthenticated:
		return "Authentication credentials were not provided."
	default:
		return "Token is invalid"
	}
}
