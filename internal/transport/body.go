package transport

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// body is an answer as JSON and a line end: what encoding/json's Encoder writes of it, to the byte. The data, most of it as a
// rule, is JSON by whoever executed the operation, so that it is gone through once and not read again.
func (r response) body() ([]byte, error) {
	if r.text != nil {
		return r.text, nil
	}
	return r.appendBody(nil)
}

// appendBody appends the body to an empty text, which may have room.
func (r response) appendBody(to []byte) ([]byte, error) {
	to = append(slices.Grow(to, len(r.Data)+len(r.Data)/8+64), '{')
	if len(r.Errors) > 0 {
		var err error
		if to, err = appendErrors(append(to, `"errors":`...), r.Errors); err != nil {
			return nil, fmt.Errorf("writing errors: %w", err)
		}
	}
	if len(r.Data) > 0 {
		to = appendCompact(append(separated(to), `"data":`...), r.Data)
	}
	if len(r.Extensions) > 0 {
		text, err := json.Marshal(r.Extensions)
		if err != nil {
			return nil, fmt.Errorf("writing extensions: %w", err)
		}
		to = append(append(separated(to), `"extensions":`...), text...)
	}
	return append(to, '}', '\n'), nil
}

// separated is an object to which another member may be appended.
func separated(object []byte) []byte {
	if len(object) > 1 {
		return append(object, ',')
	}
	return object
}

// stays says of each byte of JSON whether it is written as it is, be it in a string or not.
var stays = func() (table [256]bool) {
	for c := range table {
		switch c {
		case ' ', '\n', '\t', '\r', '"', '\\', '<', '>', '&', 0xE2:
		default:
			table[c] = true
		}
	}
	return table
}()

const hex = "0123456789abcdef"

// appendCompact appends a JSON text without white space, and with those characters escaped that mean something in HTML or end
// a line of JavaScript.
func appendCompact(to, text []byte) []byte {
	inString := false
	from := 0 // of what is not appended yet
	for at := 0; at < len(text); at++ {
		c := text[at]
		if stays[c] {
			continue
		}
		switch c {
		case '"':
			inString = !inString
		case '\\': // in a string: what it escapes does not end it
			at++
		case '<', '>', '&':
			to = append(append(to, text[from:at]...), '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			from = at + 1
		case 0xE2: // U+2028 and U+2029 begin with it
			if r, size := utf8.DecodeRune(text[at:]); r == '\u2028' || r == '\u2029' {
				to = append(append(to, text[from:at]...), '\\', 'u', '2', '0', '2', hex[r&15])
				from = at + size
				at = from - 1
			}
		default: // white space
			if !inString {
				to = append(to, text[from:at]...)
				from = at + 1
			}
		}
	}
	return append(to, text[from:]...)
}
