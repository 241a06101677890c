package sqlitepack

import (
	"encoding/binary"
	"errors"
	"strings"
)

// Kind is of what SQLite stores (https://www.sqlite.org/datatype3.html).
type Kind byte

// The kinds of values, by SQLite's own numbers.
const (
	Integer Kind = 1
	Float   Kind = 2
	Text    Kind = 3
	Blob    Kind = 4
	Null    Kind = 5
)

// Value is one column of one row.
type Value struct {
	Kind   Kind
	Number int64  // an Integer, or the bits of a Float: math.Float64frombits
	Text   string // of a Text, or the bytes of a Blob
}

// Reader reads values, row by row. The texts that it answers are parts of what was packed if that is small, so that whoever keeps one of
// them keeps all of it, and else copies.
type Reader struct {
	rest   string
	copies bool
}

// small is how long something may be, in bytes, that is kept for a part of it.
const small = 64 << 10

// NewReader returns a reader of what was packed.
func NewReader(packed string) *Reader { return &Reader{packed, len(packed) > small} }

// More says whether there is another value.
func (r *Reader) More() bool { return r.rest != "" }

// errCut says that what is read was not packed here.
var errCut = errors.New("packed rows are cut off")

// wide is how many bytes a number has, and the length of a text.
const wide = 8

// Next reads the next value.
func (r *Reader) Next() (v Value, err error) {
	if r.rest == "" {
		return v, errCut
	}
	v.Kind = Kind(r.rest[0])
	switch rest := r.rest[1:]; v.Kind {
	case Null:
		r.rest = rest
	case Integer, Float:
		if len(rest) < wide {
			return Value{}, errCut
		}
		v.Number, r.rest = int64(number(rest)), rest[wide:]
	case Text, Blob:
		if len(rest) < wide || number(rest) > uint64(len(rest)-wide) {
			return Value{}, errCut
		}
		long := int(number(rest))
		v.Text, r.rest = rest[wide:wide+long], rest[wide+long:]
		if r.copies {
			v.Text = strings.Clone(v.Text)
		}
	default:
		return Value{}, errCut
	}
	return v, nil
}

// number is the one that the text begins with, in the machine's order of bytes.
func number(s string) uint64 {
	var b [wide]byte
	copy(b[:], s)
	return binary.NativeEndian.Uint64(b[:])
}
