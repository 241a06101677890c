package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// errNotObject and errDuplicate stay inside: the caller learns only that the token is invalid.
var (
	errNotObject = errors.New("not a JSON object in UTF-8")
	errDuplicate = errors.New("duplicate member")
)

// object reads a JSON object of a token: text is one complete, well-formed JSON value (json.Unmarshal has seen it).
// It keeps numbers as written (json.Number) and refuses what encoding/json lets pass but RFC 7519 sections 4 and 7.2
// do not: duplicate names at any depth, however they are escaped, since two readers may choose differently between
// them, and bytes that are not UTF-8. Unlike a struct's fields, names match case and all. The size of a token bounds
// the depth.
func object(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errNotObject
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := readValue(decoder)
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, errNotObject
	}
	return members, nil
}

// readValue reads the next value: string, json.Number, bool, nil, []any or map[string]any.
func readValue(decoder *json.Decoder) (any, error) {
	start, err := decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("token: read a value: %w", err)
	}
	switch start {
	case json.Delim('{'):
		return readMembers(decoder)
	case json.Delim('['):
		return readElements(decoder)
	default:
		return start, nil
	}
}

// readMembers reads an object after its opening brace.
func readMembers(decoder *json.Decoder) (map[string]any, error) {
	members := map[string]any{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("token: read a name: %w", err)
		}
		if _, twice := members[name.(string)]; twice { // Token lets nothing but a string be a name.
			return nil, errDuplicate
		}
		if members[name.(string)], err = readValue(decoder); err != nil {
			return nil, err
		}
	}
	return members, closeValue(decoder)
}

// readElements reads an array after its opening bracket.
func readElements(decoder *json.Decoder) ([]any, error) {
	elements := []any{}
	for decoder.More() {
		element, err := readValue(decoder)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	return elements, closeValue(decoder)
}

// closeValue reads the closing brace or bracket.
func closeValue(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("token: read an end: %w", err)
	}
	return nil
}
