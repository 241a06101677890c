package scalar_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/graph/scalar"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/token"
)

// written is what a scalar looks like in an answer.
func written(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}

// wantRefused expects BAD_USER_INPUT, whose message holds nothing of what was sent.
func wantRefused(t *testing.T, in any, err error) {
	t.Helper()
	if fault.CodeOf(err) != fault.BadUserInput {
		t.Errorf("%T %.30v: error %v; want BAD_USER_INPUT", in, in, err)
	} else if len(err.Error()) > 200 {
		t.Errorf("the message repeats %.30v", in)
	}
}

// never is what no scalar is read from.
var never = []any{nil, true, 1.5, float32(1), []any{"1"}, map[string]any{"a": 1}, struct{}{}, []byte("1")}

func TestUnmarshalInt(t *testing.T) {
	for in, want := range map[any]int{
		0:                          0,
		int64(-5):                  -5,
		math.MaxInt32:              math.MaxInt32,
		int64(math.MinInt32):       math.MinInt32,
		json.Number("0"):           0,
		json.Number("-0"):          0,
		json.Number("2147483647"):  math.MaxInt32,
		json.Number("-2147483648"): math.MinInt32,
	} {
		if got, err := scalar.UnmarshalInt(in); err != nil || got != want {
			t.Errorf("%T %v is read as %d, %v", in, in, got, err)
		}
	}
	for _, in := range append(never,
		math.MaxInt32+1, int64(math.MinInt32)-1, int64(math.MaxInt64), "5", "",
		json.Number("2147483648"), json.Number("-2147483649"), json.Number("9223372036854775808"), json.Number("1.0"), json.Number("1.5"),
		json.Number("1e3"), json.Number(""), json.Number("x"), json.Number(strings.Repeat("9", 1000)),
	) {
		_, err := scalar.UnmarshalInt(in)
		wantRefused(t, in, err)
	}
	if got := written(scalar.MarshalInt(-7)); got != "-7" {
		t.Errorf("written as %s", got)
	}
}

func TestUnmarshalID(t *testing.T) {
	for in, want := range map[any]int64{
		"1":                        1,
		"12884901889":              12884901889,
		"9223372036854775807":      math.MaxInt64,
		5:                          5,
		int64(7):                   7,
		json.Number("5"):           5,
		json.Number("12884901889"): 12884901889,
		// Well-formed, and nobody's: only what is written is read.
		"":                                  0,
		"0":                                 0,
		"-1":                                0,
		"+1":                                0,
		"007":                               0,
		" 1":                                0,
		"1 ":                                0,
		"1.0":                               0,
		"1e1":                               0,
		"0x1":                               0,
		"1_0":                               0,
		"١":                                 0,
		"x":                                 0,
		"1\x00":                             0,
		"9223372036854775808":               0,
		"18446744073709551617":              0, // 1, were it cut to 64 bits
		0:                                   0,
		-5:                                  0,
		int64(math.MinInt64):                0,
		json.Number("-1"):                   0,
		json.Number("18446744073709551617"): 0,
		strings.Repeat("1", 1<<16):          0,
	} {
		if got, err := scalar.UnmarshalID(in); err != nil || got != want {
			t.Errorf("%T %.30v is read as %d, %v; want %d", in, in, got, err, want)
		}
	}
	for _, in := range never {
		_, err := scalar.UnmarshalID(in)
		wantRefused(t, in, err)
	}
	for _, id := range []int64{1, 12884901889, math.MaxInt64} {
		text := written(scalar.MarshalID(id))
		if back, err := scalar.UnmarshalID(strings.Trim(text, `"`)); err != nil || back != id || text[0] != '"' {
			t.Errorf("%d is written as %s and read as %d, %v", id, text, back, err)
		}
	}
}

func TestUnmarshalString(t *testing.T) {
	for _, in := range []string{"", " x ", "null", "5", "\x00\n🙂"} {
		if got, err := scalar.UnmarshalString(in); err != nil || got != in {
			t.Errorf("%q is read as %q, %v", in, got, err)
		}
	}
	for _, in := range append(never, 5, int64(5), json.Number("5"), json.Number("1e3")) {
		_, err := scalar.UnmarshalString(in)
		wantRefused(t, in, err)
	}
	if got := written(scalar.MarshalString("a\"\\\n🙂")); got != `"a\"\\\n🙂"` {
		t.Errorf("written as %s", got)
	}
}

func TestUnmarshalDateTime(t *testing.T) {
	utc := func(nanoseconds int) time.Time { return time.Date(2026, 1, 31, 9, 30, 0, nanoseconds, time.UTC) }
	for in, want := range map[string]time.Time{
		"2026-01-31T09:30:00Z":           utc(0),
		"2026-01-31T09:30:00.5Z":         utc(500_000_000),
		"2026-01-31T09:30:00.123456789Z": utc(123_456_789),
		"2026-01-31T09:30:00+00:00":      utc(0),
		"2026-01-31T09:30:00-00:00":      utc(0),
		"2026-01-31T15:00:00+05:30":      utc(0),
		"2026-01-30T21:30:00.001-12:00":  utc(1_000_000),
		"2026-01-31T23:15:00+13:45":      utc(0),
		"0001-01-01T00:00:00Z":           {},
		"9999-12-31T23:59:59.999Z":       time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC),
		"2024-02-29T00:00:00Z":           time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
	} {
		got, err := scalar.UnmarshalDateTime(in)
		if err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s is read as %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range append(never,
		"", " ", "now", "2026-01-31", "09:30:00Z", "2026-01-31T09:30:00", "2026-01-31 09:30:00Z", "2026-01-31T09:30Z", "2026-01-31T09:30:00 Z",
		"2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:30:61Z",
		"26-01-31T09:30:00Z", "12026-01-31T09:30:00Z", "-001-01-31T09:30:00Z", "2026-01-31T09:30:00+0530", "2026-01-31T09:30:00.Z", "2026-1-31T09:30:00Z",
		"Sat, 31 Jan 2026 09:30:00 GMT", "1769851800", 1769851800, int64(1769851800), json.Number("1769851800"),
		"2026-01-31T09:30:00Z\n", "2026-01-31T09:30:00Z\x00", strings.Repeat("2", 1<<16),
	) {
		_, err := scalar.UnmarshalDateTime(in)
		wantRefused(t, in, err)
	}
}

func TestMarshalDateTime(t *testing.T) {
	east := time.FixedZone("", 2*3600)
	for want, moment := range map[string]time.Time{
		`"2026-01-31T09:30:00.000Z"`: time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC),
		`"2026-01-31T09:30:00.100Z"`: time.Date(2026, 1, 31, 11, 30, 0, 100_000_000, east),
		`"2026-01-31T09:30:00.123Z"`: time.Date(2026, 1, 31, 9, 30, 0, 123_999_999, time.UTC), // cut, not rounded
	} {
		if got := written(scalar.MarshalDateTime(moment)); got != want {
			t.Errorf("%v is written as %s, want %s", moment, got, want)
		}
	}
}

func TestUnmarshalDecimal(t *testing.T) {
	for in, want := range map[any]string{
		"18.00":                         "18",
		"18.005":                        "18.005",
		"-0":                            "0",
		"-3":                            "-3",
		"99999999999999999999":          "99999999999999999999",
		18:                              "18",
		int64(math.MinInt64):            "-9223372036854775808",
		json.Number("18.10"):            "18.1",
		json.Number("0.1"):              "0.1",
		json.Number("9007199254740993"): "9007199254740993", // no float holds it
	} {
		if got, err := scalar.UnmarshalDecimal(in); err != nil || got.String() != want {
			t.Errorf("%T %v is read as %v, %v; want %s", in, in, got, err, want)
		}
	}
	for _, in := range append(never,
		"", " 1", "1,5", "1e3", "+1", "1.", ".5", "NaN", "0x1", "1/2", json.Number("1e3"), json.Number("1E-2"), json.Number("1.5e1"),
		"100000000000000000000", json.Number("0.0000000000000000001"), strings.Repeat("9", 1<<16),
	) {
		_, err := scalar.UnmarshalDecimal(in)
		wantRefused(t, in, err)
	}
	if d, err := money.ParseDecimal("18.10"); err != nil || written(scalar.MarshalDecimal(d)) != `"18.1"` {
		t.Errorf("written as %s, %v", written(scalar.MarshalDecimal(d)), err)
	}
}

func TestAmounts(t *testing.T) {
	for in, want := range map[any]string{
		"18": `"18.00"`, "0.1": `"0.10"`, json.Number("99999999.99"): `"99999999.99"`, "-0": `"0.00"`, 5: `"5.00"`,
	} {
		a, err := scalar.UnmarshalAmount(in)
		if got := written(scalar.MarshalAmount(a)); err != nil || got != want {
			t.Errorf("%v is read as %v, %v, and written as %s; want %s", in, a, err, got, want)
		}
	}
	for _, in := range append(never, "18.001", "-1", "100000000", "x", json.Number("1e2")) {
		_, err := scalar.UnmarshalAmount(in)
		wantRefused(t, in, err)
	}
}

func TestTokenType(t *testing.T) {
	if a, r := written(scalar.MarshalTokenType(token.Access)), written(scalar.MarshalTokenType(token.Refresh)); a != `"ACCESS"` || r != `"REFRESH"` {
		t.Errorf("written as %s and %s", a, r)
	}
	if _, err := scalar.UnmarshalTokenType("ACCESS"); err == nil {
		t.Error("a token type was read")
	}
}
