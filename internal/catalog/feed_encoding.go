package catalog

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// encoding is the first byte of changes that are written as encodeChanges does. Instances of two versions may run at once,
// so that another form needs another number.
const encoding = 1

// What is in a change, each a bit of the byte that follows the product's id.
const (
	hasBefore = 1 << iota
	wasPublished
	wasOwned
	hasAfter
	isPublished
	isOwned
)

var errEncoding = errors.New("these are no changes")

// encodeChanges writes changes as bytes, about 20 each: the product's id, what there is, and the category and the owner
// before and after, as unsigned varints.
func encodeChanges(changes []Change) []byte {
	text := make([]byte, 1, 1+24*len(changes))
	text[0] = encoding
	for _, c := range changes {
		text = binary.AppendUvarint(text, uint64(c.ProductID))
		text = append(text, standingBits(c.Before)|standingBits(c.After)<<3)
		text = appendStanding(appendStanding(text, c.Before), c.After)
	}
	return text
}

// standingBits are the first three bits, for where a product stood.
func standingBits(s *Standing) (bits byte) {
	if s == nil {
		return 0
	}
	bits = hasBefore
	if s.IsPublished {
		bits |= wasPublished
	}
	if s.OwnerID != nil {
		bits |= wasOwned
	}
	return bits
}

func appendStanding(text []byte, s *Standing) []byte {
	if s == nil {
		return text
	}
	text = binary.AppendUvarint(text, uint64(s.CategoryID))
	if s.OwnerID != nil {
		text = binary.AppendUvarint(text, uint64(*s.OwnerID))
	}
	return text
}

// decodeChanges reads what encodeChanges has written, and nothing else.
func decodeChanges(text []byte) (changes []Change, err error) {
	if len(text) == 0 || text[0] != encoding {
		return nil, fmt.Errorf("%w of encoding %d", errEncoding, encoding)
	}
	for r := (reader{text: text[1:]}); len(r.text) > 0; {
		c := Change{ProductID: r.number()}
		bits := r.bits()
		c.Before, c.After = r.standing(bits), r.standing(bits>>3)
		if r.broken {
			return nil, errEncoding
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// reader reads from the front of a text, and zeros once it is broken.
type reader struct {
	text   []byte
	broken bool
}

func (r *reader) number() int64 {
	n, size := binary.Uvarint(r.text)
	if size <= 0 {
		r.text, r.broken = nil, true
		return 0
	}
	r.text = r.text[size:]
	return int64(n)
}

func (r *reader) bits() (bits byte) {
	if len(r.text) == 0 || r.text[0] >= isOwned<<1 {
		r.text, r.broken = nil, true
		return 0
	}
	bits, r.text = r.text[0], r.text[1:]
	return bits
}

// standing reads where a product stood, which the first three bits say.
func (r *reader) standing(bits byte) *Standing {
	if bits&hasBefore == 0 {
		return nil
	}
	s := &Standing{CategoryID: r.number(), IsPublished: bits&wasPublished != 0}
	if bits&wasOwned != 0 {
		owner := r.number()
		s.OwnerID = &owner
	}
	return s
}
