// Package auth tells who is asking: it reads the Bearer token of a request and hands the viewer to
// whatever depends on one.
package auth

// Viewer is who asks. The zero Viewer is anonymous.
type Viewer struct {
	UserID    int64 // 0 for an anonymous viewer
	SessionID int64 // the session the access token belongs to; 0 for none, as with another server's token
	IsStaff   bool

	// Written is how far a replica of the catalogue has to be to have what the viewer wrote, as database.Written tells it.
	Written int64

	// Record is the account as package account read it, so that `me` need not read it again.
	Record any
}

// SignedIn says whether the viewer is anybody at all.
func (v Viewer) SignedIn() bool { return v.UserID != 0 }

// MayEdit says whether the viewer may change what the given user owns: owner and staff may. A nil owner
// is the shop itself, for which only staff acts.
func (v Viewer) MayEdit(owner *int64) bool {
	return v.IsStaff || v.SignedIn() && owner != nil && *owner == v.UserID
}
