// Package money keeps prices exact: whole minor units in the database, decimal text at the edge, and
// no floating point in between.
package money

import "strconv"

// Amount is a sum of money in minor units (cents): 1800 is 18.00.
type Amount int64

// Max is the largest price there is: 99999999.99.
const Max Amount = 9_999_999_999

// String writes the amount with exactly two places: "18.00", "-0.05".
func (a Amount) String() string { return string(a.AppendTo(nil)) }

// AppendTo appends what String writes.
func (a Amount) AppendTo(text []byte) []byte {
	n := uint64(a)
	if a < 0 {
		text, n = append(text, '-'), -n
	}
	text = strconv.AppendUint(text, n/100, 10)
	return append(text, '.', byte('0'+n/10%10), byte('0'+n%10))
}
