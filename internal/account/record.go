package account

import (
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
)

// by is what a viewer did to an account, in the session that they are signed in by.
func by(viewer auth.Viewer, kind auditevent.Kind, subject int64) audit.Event {
	return audit.Event{Kind: kind, Actor: viewer.UserID, Subject: subject, Session: viewer.SessionID}
}
