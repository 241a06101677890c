package catalog

import (
	"sync"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/page"
)

// statement is a SELECT of products whose text is known.
type statement struct {
	text     string
	products []column[ent.Product]
	shelves  []column[ent.Category] // of their categories, behind those
	numbered bool                   // the last column is the number of the list that a product is in
	room     int                    // for how many products memory is taken at once
}

// shape is what the text of a listing's statement depends on.
type shape struct {
	columns, shelf columns
	eyes           eyes
	by             string // the column by which one is asked for
	each           bool   // of several categories at once
	counted        bool   // of all there are
	page           page.Shape
}

// eyes are kinds of viewers: of each kind, the same statement tells what they see.
type eyes string

// eyesOf says by which eyes a viewer sees, and which arguments of a statement that takes.
func eyesOf(viewer auth.Viewer) (eyes, []any) {
	switch {
	case viewer.IsStaff:
		return "staff", nil
	case viewer.SignedIn():
		return "user", []any{viewer.UserID}
	}
	return "anonymous", nil
}

// maxStatements is how many statements are known at once. A client may ask for pages of a hundred sizes.
const maxStatements = 500

// statements are those that are known.
type statements struct {
	mu    sync.RWMutex
	known map[shape]*statement
}

func (s *statements) get(of shape) *statement {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[of]
}

func (s *statements) add(of shape, made *statement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxStatements {
		s.known = make(map[shape]*statement)
	}
	s.known[of] = made
}
