// Package scratch has memory for texts that are gone as soon as they have been written out, so that the next one takes the same.
package scratch

import "sync"

// most is how many bytes of memory are used again at the most. What was taken for a longer text is left to the garbage collector.
const most = 80 << 10

// Pool is memory that is not in use. The zero value is empty, and serves. Several may use it at once.
type Pool struct{ free sync.Pool }

// Text is a text that is being made. Who has taken it may let its bytes grow, and uses none of them once it has been given back.
type Text struct{ Bytes []byte }

// Take answers an empty text, which may have room for a longer one.
func (p *Pool) Take() *Text {
	if text, ok := p.free.Get().(*Text); ok {
		return text
	}
	return new(Text)
}

// Give has the text's memory be taken for others. It is to be given once.
func (p *Pool) Give(text *Text) {
	if cap(text.Bytes) > most {
		return
	}
	text.Bytes = text.Bytes[:0]
	p.free.Put(text)
}
