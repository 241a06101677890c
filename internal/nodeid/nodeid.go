// Package nodeid divides the integer keys among the types, so that a key alone says what it names.
//
// Every type owns a fixed range of 2^32 keys. The ranges are part of the public API (clients store
// ids) and of every database: a kind is added at the end, never moved.
package nodeid

// Kind is a type that has keys of its own.
type Kind int64

// The kinds, in the order of their ranges. Users come first, so that a user's id is a small number
// and may stand unchanged in a token's user_id claim.
const (
	User Kind = iota
	Session
	Category
	Product
	AuditEvent

	kinds
)

// rangeBits is the size of one range, as a power of two.
const rangeBits = 32

// First is the lowest key of the kind: 1 for users, one past a multiple of 2^32 for the others.
func (k Kind) First() int64 { return int64(k)<<rangeBits + 1 }

// Of tells what kind of thing a key names. It answers false for a number no type owns.
func Of(id int64) (Kind, bool) {
	kind := Kind((id - 1) >> rangeBits)
	return kind, id > 0 && kind < kinds
}
