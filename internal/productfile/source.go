package productfile

import (
	"bufio"
	"errors"
)

const (
	// MaxRecord is how many bytes a line of a file may have, with the line breaks that are quoted in it. The
	// longest product there can be takes less than half of that.
	MaxRecord = 256 << 10
	// readAhead is how many bytes encoding/csv reads beyond the record that it is asked for.
	readAhead = 4 << 10
)

// errTooLong says that a record is longer than MaxRecord.
var errTooLong = errors.New("too long")

// source is a file on its way into encoding/csv. It bounds the length of a record, and keeps the line breaks
// in texts as they are: encoding/csv takes the last carriage return before a line feed for a part of the line's
// end, also within quotes, and so there it is given one more.
type source struct {
	in     *bufio.Reader
	left   int // how much may be read before the record has to be over
	quoted bool
	extra  bool // a carriage return is to be repeated
}

// Read reads as much as there is, and no more than the record may have.
func (s *source) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if s.extra {
			p[n], s.extra = '\r', false
			n++
			continue
		}
		if s.left == 0 {
			return n, errTooLong
		}
		if n > 0 && s.in.Buffered() == 0 {
			return n, nil
		}
		b, err := s.in.ReadByte()
		if err != nil {
			return n, err
		}
		s.left--
		switch b {
		case '"':
			s.quoted = !s.quoted
		case '\r':
			s.extra = s.quoted && s.before('\n')
		}
		p[n] = b
		n++
	}
	return n, nil
}

// before says whether the next byte is this one.
func (s *source) before(next byte) bool {
	ahead, err := s.in.Peek(1)
	return err == nil && ahead[0] == next
}

// allowRecord lets the next record have its length.
func (s *source) allowRecord() { s.left = MaxRecord + readAhead }
