package token_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/token"
)

func TestExpiry(t *testing.T) {
	const life = 86400 * time.Second
	for _, row := range []struct {
		name   string
		leeway time.Duration
		now    time.Duration // after the moment
		good   bool
	}{
		{"at once", 0, 0, true},
		{"a second before", 0, life - time.Second, true},
		{"a nanosecond before", 0, life - 1, true},
		{"exactly", 0, life, false},
		{"a nanosecond after", 0, life + 1, false},
		{"a year after", 0, 365 * life, false},
		{"exactly, leeway a nanosecond", 1, life, true},
		{"leeway used up but for a nanosecond", 30 * time.Second, life + 30*time.Second - 1, true},
		{"leeway used up", 30 * time.Second, life + 30*time.Second, false},
		{"a leeway of centuries", 1<<63 - 1, 100 * 365 * life, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			i := issuer(t, leeway(row.leeway), now(row.now))
			c, err := i.Verify(mint(header, claims()), token.Refresh)
			switch {
			case !row.good:
				refusal(t, c, err, token.Expired, "Token is expired")
			case err != nil:
				t.Errorf("refused: %v", err)
			case c != refresh():
				t.Errorf("claims %+v, want %+v: a leeway does not move exp", c, refresh())
			}
		})
	}
}

func TestStart(t *testing.T) {
	for _, name := range []string{"iat", "nbf"} {
		for _, row := range []struct {
			text string
			good bool
		}{
			{fmt.Sprint(moment), true},
			{fmt.Sprint(moment - 1), true},
			{"0", true},
			{"1.5e9", true},
			{"", true},
			{fmt.Sprint(moment + 9), true},
			{fmt.Sprint(moment + 10), true},
			{fmt.Sprint(moment+10) + ".9", true},
			{fmt.Sprint(moment + 11), false},
			{fmt.Sprint(moment + 86400), false},
			{"253402300799", false},
			{"253402300800", false},
			{"1e400", false},
			{"9223372036854775807", false},
			{"18446744073709551616", false}, // an int64 would make it 0
			{"-1", false},
			{"null", false},
			{`"0"`, false},
			{`""`, false},
			{"true", false},
			{"[]", false},
			{"{}", false},
		} {
			t.Run(name+" "+row.text, func(t *testing.T) {
				raw := mint(header, claims(name, row.text))
				if !row.good {
					invalid(t, issuer(t), raw)
					invalid(t, issuer(t, leeway(time.Hour)), raw) // which is for exp alone
					return
				}
				accepted(t, issuer(t), raw)
			})
		}
		t.Run(name+" to the nanosecond", func(t *testing.T) {
			raw := mint(header, claims(name, fmt.Sprint(moment+10)))
			accepted(t, issuer(t, now(0)), raw)
			invalid(t, issuer(t, now(-1)), raw)
		})
	}
	if c := accepted(t, issuer(t), mint(header, claims("iat", ""))); !c.IssuedAt.IsZero() {
		t.Errorf("without iat IssuedAt is %v, want the zero time", c.IssuedAt)
	}
}

// What numbers exp may be, and which second they are.
func TestNumericDate(t *testing.T) {
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	long := strings.Repeat("0", 500)
	for text, want := range map[string]int64{
		"1767225601":                             moment + 1,
		"1767225601.0":                           moment + 1,
		"1767225601.5":                           moment + 1,
		"1767225601.999999999999999999999999":    moment + 1, // a float64 would make it one more
		"1.767225601e9":                          moment + 1,
		"1.767225601E+9":                         moment + 1,
		"17672256010e-1":                         moment + 1,
		"17672256019999e-4":                      moment + 1,
		"0.1767225601e10":                        moment + 1,
		"0.0001767225601e13":                     moment + 1,
		"1767225601." + long:                     moment + 1,
		"1767225601" + long + "e-500":            moment + 1,
		"0." + long + "1767225601e510":           moment + 1,
		"1767225601e0000000000000000000000":      moment + 1,
		"2e9":                                    2000000000,
		"2E9":                                    2000000000,
		"253402300799":                           last,
		"253402300799.9":                         last,
		"2.53402300799e11":                       last,
		"253402300799e-0":                        last,
		"2534023007990000000000000000000000e-22": last,
	} {
		t.Run("good "+text, func(t *testing.T) {
			if got := accepted(t, issuer(t), mint(header, claims("exp", text))).ExpiresAt; got != time.Unix(want, 0).UTC() {
				t.Errorf("exp %s is %d, want %d", text, got.Unix(), want)
			}
		})
	}
	for _, text := range []string{
		"0", "0.0", "0e0", "0e400", "0e99999999999999999999", "0.9", "1", "1e-1", "1e-400", "1e-99999999999999999999", "1767225600", "1767225600.0",
		"1767225600.999", // cut to the moment itself, so over
		"1767225599.9999999999999999999999", "1.7672256e9", "4294967296e-1", "0." + long + "1e500",
	} {
		t.Run("over "+text, func(t *testing.T) {
			c, err := issuer(t).Verify(mint(header, claims("exp", text)), token.Refresh)
			refusal(t, c, err, token.Expired, "Token is expired")
			if _, err := issuer(t).VerifyGenuine(mint(header, claims("exp", text)), token.Refresh); err != nil {
				t.Errorf("VerifyGenuine: %v", err)
			}
		})
	}
	for _, text := range []string{
		`"1767312000"`, `""`, `null`, `true`, `[]`, `[1767312000]`, `{}`, `"NaN"`, `"Infinity"`,
		"-1", "-0", "-0.0", "-1e400", "-1767312000", "253402300800", "253402300800.0", "999999999999", "1000000000000", "1767312000000",
		"9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "18446744075476863616",
		"1e12", "1e18", "1e19", "1e308", "1e400", "1e99999999999999999999", "1" + long, "0.0001e400", "123e32768", "1e65536", "1e4294967296",
	} {
		t.Run("bad "+text, func(t *testing.T) { invalid(t, issuer(t), mint(header, claims("exp", text))) })
	}
	for _, text := range []string{"NaN", "Infinity", "-Infinity", "01767312000", "+1767312000", "0x7fffffff", ".5", "1767312000.", "1e", "1_000", "٣"} {
		t.Run("not JSON "+text, func(t *testing.T) { invalid(t, issuer(t), mint(header, claims("exp", text))) })
	}
}
