package transport

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// appendErrors appends what encoding/json writes of errors, to the byte. To find out by reflection what they are, and what is in
// their maps, takes it four times as long. The error is of an extension that cannot be written as JSON.
func appendErrors(to []byte, errors gqlerror.List) (_ []byte, err error) {
	to = append(to, '[')
	for i, e := range errors {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = appendError(to, e); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

func appendError(to []byte, e *gqlerror.Error) ([]byte, error) {
	if e == nil {
		return append(to, "null"...), nil
	}
	to = appendText(append(to, `{"message":`...), e.Message)
	if len(e.Path) > 0 {
		to = appendPath(append(to, `,"path":`...), e.Path)
	}
	if len(e.Locations) > 0 {
		text, err := json.Marshal(e.Locations)
		if err != nil {
			return nil, err
		}
		to = append(append(to, `,"locations":`...), text...)
	}
	if len(e.Extensions) > 0 {
		var err error
		if to, err = appendExtensions(append(to, `,"extensions":`...), e.Extensions); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

func appendPath(to []byte, path ast.Path) []byte {
	to = append(to, '[')
	for i, element := range path {
		if i > 0 {
			to = append(to, ',')
		}
		switch element := element.(type) {
		case ast.PathName:
			to = appendText(to, string(element))
		case ast.PathIndex:
			to = strconv.AppendInt(to, int64(element), 10)
		default:
			to = append(to, "null"...)
		}
	}
	return append(to, ']')
}

// appendExtensions appends the members in the order of their names.
func appendExtensions(to []byte, extensions map[string]any) ([]byte, error) {
	to = append(to, '{')
	var few [4]string // as most have at the most
	names := slices.AppendSeq(few[:0], maps.Keys(extensions))
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendText(to, name), ':')
		switch value := extensions[name].(type) {
		case string:
			to = appendText(to, value)
		case int:
			to = strconv.AppendInt(to, int64(value), 10)
		default:
			text, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			to = append(to, text...)
		}
	}
	return append(to, '}'), nil
}

// appendText appends a string, most of which are written as they are.
func appendText(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c != ' ' && !stays[c] {
			escaped, _ := json.Marshal(text) // strings can always be written
			return append(to, escaped...)
		}
	}
	return append(append(append(to, '"'), text...), '"')
}
