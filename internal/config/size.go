package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes; 0 is none at all. It is written as a whole number with a unit, or as off.
type Size int64

// leastSize is the smallest that does any good.
const leastSize = 1 << 20

// wantedSize says in words which sizes there are.
const wantedSize = "off, or a size of at least 1MiB such as 64MiB or 1GiB"

var errNotSize = errors.New("not a size")

// sizeUnits are powers of two.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}

func parseSize(text string) (any, error) {
	if strings.EqualFold(text, "off") {
		return Size(0), nil
	}
	for _, unit := range sizeUnits {
		number, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 31)
		if err != nil || int64(n)*unit.bytes < leastSize || int64(n)*unit.bytes > math.MaxInt64>>16 {
			return nil, errNotSize
		}
		return Size(int64(n) * unit.bytes), nil
	}
	return nil, errNotSize
}
