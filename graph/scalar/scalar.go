// Package scalar reads and writes the API's scalars strictly: what is not understood is refused with
// BAD_USER_INPUT at its place in the request.
package scalar

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// millis is RFC 3339 with milliseconds, as DateTimes are written.
const millis = "2006-01-02T15:04:05.000Z07:00"

// dateTimeSyntax is RFC 3339's date-time, of which package time reads a little more.
var dateTimeSyntax = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// MarshalDateTime writes a moment in UTC with milliseconds.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.MarshalString(string(AppendDateTime(nil, t)))
}

// AppendDateTime appends a moment as MarshalDateTime writes it, without the quotes.
func AppendDateTime(to []byte, t time.Time) []byte { return t.UTC().AppendFormat(to, millis) }

// UnmarshalDateTime reads RFC 3339 with any offset.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, fault.BadInput("a DateTime is a string")
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if t = t.UTC(); err != nil || !dateTimeSyntax.MatchString(text) || t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, fault.BadInput("a DateTime is written as in RFC 3339: 2026-01-31T09:30:00Z")
	}
	return t, nil
}

// MarshalID writes a key as a string.
func MarshalID(id int64) graphql.Marshaler {
	return graphql.MarshalString(strconv.FormatInt(id, 10))
}

// UnmarshalID reads a key. Only the very text that MarshalID writes finds anything: any other string
// ("007", "-1", "x") is well-formed, but nobody's id, and becomes 0.
func UnmarshalID(v any) (int64, error) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case int:
		text = strconv.Itoa(v)
	case int64:
		text = strconv.FormatInt(v, 10)
	default:
		return 0, fault.BadInput("an ID is a string")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if canonical := err == nil && id > 0 && strconv.FormatInt(id, 10) == text; !canonical {
		id = 0
	}
	return id, nil
}

// MarshalString writes a text.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads a text. A number or a boolean is none: a password that lost its quotes on the way
// must not become another one.
func UnmarshalString(v any) (string, error) {
	text, ok := v.(string)
	if !ok {
		return "", fault.BadInput("a String is a string")
	}
	return text, nil
}

// MarshalInt writes a whole number.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads a whole number of 32 bits, the range of GraphQL's Int.
func UnmarshalInt(v any) (int, error) {
	var n int64
	switch v := v.(type) {
	case json.Number:
		parsed, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			return 0, fault.BadInput("an Int is a whole number between -2147483648 and 2147483647")
		}
		n = parsed
	case int:
		n = int64(v)
	case int64:
		n = v
	default:
		return 0, fault.BadInput("an Int is a whole number")
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return 0, fault.BadInput("an Int lies between -2147483648 and 2147483647")
	}
	return int(n), nil
}
