// Package sqlitepack has SQLite answer all rows of a query in one value.
//
// Otherwise each row is fetched by a call from Go into C, and each value of it becomes one of Go's, and an interface value around that: with
// a hundred rows of six columns, more than a thousand pieces of memory. Here an aggregate function of SQL, which is C, writes the
// rows one behind the other, and [Reader] reads numbers and texts out of that without making anything.
package sqlitepack

import (
	"encoding/binary"
	"errors"
	"strings"
)

// Most is of how many columns a query may be.
const Most = 32

// names are those of the columns, all of one length.
const (
	names = "c01,c02,c03,c04,c05,c06,c07,c08,c09,c10,c11,c12,c13,c14,c15,c16,c17,c18,c19,c20,c21,c22,c23,c24,c25,c26,c27,c28,c29,c30,c31,c32,"
	name  = len(names) / Most
)

// Query is a SELECT that answers what query does, a SELECT of 1 to Most columns, as one row of one BLOB, or NULL when there are no
// rows. The arguments are the same, and so is the order. SQLite does not promise that, and does it: it omits the ORDER BY of a subquery
// only where the outer query is a join or sorts too, or has no aggregate function but its own count, min and max (sqlite3Select in
// select.c), and does not merge a subquery that has one into a query with an aggregate (restriction 16 of flattenSubquery).
func Query(query string, columns int) string {
	list := names[:columns*name-len(",")]
	return "WITH packed(" + list + ") AS (" + query + ") SELECT gatehouse_pack(" + list + ") FROM packed"
}

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
