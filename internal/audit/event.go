package audit

import "github.com/gatehouse/gatehouse/ent/auditevent"

// The kinds of what happens. Unless it says otherwise, the actor is the user whose account it is, and the session
// the one that the actor acted in.
const (
	// Register is an account that was made. Nobody is signed in who makes one, so it has no actor and no session.
	Register = auditevent.KindREGISTER
	// SignIn is a session that began: that one.
	SignIn = auditevent.KindSIGN_IN
	// SignInFailed is a wrong password, or a user who may not sign in. It has no actor, no session, and no subject
	// where there is no such user.
	SignInFailed = auditevent.KindSIGN_IN_FAILED
	// Refresh is a refresh token that was exchanged; not one that got the same successor again.
	Refresh = auditevent.KindREFRESH
	// ReuseDetected is a spent refresh token that came again and had its session revoked: that one. It has no
	// actor, since that may have been the thief or the owner.
	ReuseDetected = auditevent.KindREUSE_DETECTED
	// TokenRevoked is a session that somebody with a refresh token of it ended: that one.
	TokenRevoked = auditevent.KindTOKEN_REVOKED
	// Logout is the end of one or more sessions. The session is the one that was signed out from.
	Logout = auditevent.KindLOGOUT
	// SessionRevoked is a session that its owner ended from this or another device: that one. It has no actor where
	// it had to make room for a new one.
	SessionRevoked = auditevent.KindSESSION_REVOKED
	// PasswordChanged is a new password. It has no actor and no session where it was set by the command.
	PasswordChanged = auditevent.KindPASSWORD_CHANGED
	// ProfileUpdated is a change of names or address by the user.
	ProfileUpdated = auditevent.KindPROFILE_UPDATED
	// UserUpdated is a change by staff, who are the actor: of names or address, role or activity.
	UserUpdated = auditevent.KindUSER_UPDATED
)

// Event is something that happened. When, from where and in which request is told by clock and context.
type Event struct {
	Kind    auditevent.Kind
	Actor   int64 // the user who did it; 0: nobody who was signed in
	Subject int64 // the user to whose account it happened; 0: to none that there is
	Session int64 // 0: none
}

// alarming says whether people should look at the event though nobody asks.
func (e Event) alarming() bool { return e.Kind == SignInFailed || e.Kind == ReuseDetected }
