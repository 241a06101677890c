// Package money keeps prices exact: whole minor units in the database, decimal text at the edge, and
// no floating point in between.
package money

import "fmt"

// Amount is a sum of money in minor units (cents): 1800 is 18.00.
type Amount int64

// Max is the largest price there is: 99999999.99.
const Max Amount = 9_999_999_999

// String writes the amount with exactly two places: "18.00", "-0.05".
func (a Amount) String() string {
	sign, n := "", uint64(a)
	if a < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
