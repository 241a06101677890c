package page

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// maxCursorLen bounds what is decoded: the longest key is a folded text of a few thousand bytes.
const maxCursorLen = 16 << 10

// A cursor is the base64url of a JSON array: the order's fingerprint, the sort key's values, the id.
// Clients hold it for opaque. It is not signed: its values only ever become arguments of comparisons
// within what the viewer may see.

func (o Order[T]) cursor(row T) (string, error) {
	parts := make([]any, 0, len(o.Keys)+2)
	parts = append(parts, o.fingerprint())
	for _, k := range o.Keys {
		v, err := k.value(row)
		if err != nil {
			return "", err
		}
		parts = append(parts, v)
	}
	text, err := json.Marshal(append(parts, o.ID(row)))
	if err != nil {
		return "", fmt.Errorf("writing a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}

// decode reads the cursor that the named argument holds; nil for none. Its error is BAD_USER_INPUT.
func (o Order[T]) decode(argument string, cursor *string) (*position, error) {
	if cursor == nil {
		return nil, nil
	}
	malformed := func() error { return fault.BadInput("`%s` is not a cursor of this list", argument) }
	if len(*cursor) > maxCursorLen {
		return nil, malformed()
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(*cursor)
	if err != nil {
		return nil, malformed()
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) == 0 {
		return nil, malformed()
	}
	fingerprint, err := decodeAs[string](parts[0])
	if err != nil {
		return nil, malformed()
	}
	if fingerprint != o.fingerprint() {
		return nil, fault.BadInput("`%s` is a cursor of another list or another `orderBy`", argument)
	}
	if len(parts) != len(o.Keys)+2 {
		return nil, malformed()
	}
	at := &position{values: make([]any, len(o.Keys))}
	for i, k := range o.Keys {
		if at.values[i], err = k.decode(parts[i+1]); err != nil {
			return nil, malformed()
		}
	}
	id, err := decodeAs[int64](parts[len(parts)-1])
	if err != nil {
		return nil, malformed()
	}
	at.id = id.(int64)
	return at, nil
}

func decodeAs[V any](text json.RawMessage) (any, error) {
	var v *V
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, errors.New("null")
	}
	return *v, nil
}

// ifAny decodes null too, as nil.
func ifAny(decode func(json.RawMessage) (any, error)) func(json.RawMessage) (any, error) {
	return func(text json.RawMessage) (any, error) {
		if string(text) == "null" {
			return nil, nil
		}
		return decode(text)
	}
}
