package token

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// lastSecond is the end of the year 9999 in seconds since 1970. RFC 3339, and with it our DateTime, ends there;
// SimpleJWT answers later ones with a 500.
const lastSecond = 253402300799

// date reads a NumericDate (RFC 7519 section 2): a JSON number of seconds since 1970, fractions and exponents allowed.
// The fraction is cut off, as PyJWT does, so a token is never good for longer than it says. Anything but a number, one
// with a minus sign, and one after the year 9999 is no date.
func date(claim any) (time.Time, bool) {
	number, ok := claim.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, ok := wholeSeconds(string(number))
	if !ok || seconds > lastSecond {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// wholeSeconds is the integer part of a JSON number of at most 12 such digits and no minus sign. It works on the
// digits: a float64 would round 1700000000.9999999999 up, and an int64 converted from a huge one is anybody's guess.
func wholeSeconds(number string) (int64, bool) {
	if strings.HasPrefix(number, "-") {
		return 0, false
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	zeros := len(whole) + len(fraction) - len(digits)
	// Out of range ParseInt answers the nearest int16, which is all we need: a token has room for no more than 3,072
	// digits to shift back. Without an exponent it answers 0.
	shift, _ := strconv.ParseInt(exponent, 10, 16)

	// The number is 0.digits times ten to the power of point.
	const room = "000000000000"
	point := len(whole) - zeros + int(shift)
	switch {
	case digits == "" || point <= 0:
		return 0, true
	case point > len(room):
		return 0, false
	}
	seconds, err := strconv.ParseInt((digits + room)[:point], 10, 64)
	return seconds, err == nil
}
