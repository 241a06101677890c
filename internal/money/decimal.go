package money

import (
	"errors"
	"math/big"
	"regexp"
)

// MaxDecimalLen is how many characters a decimal may have on input.
const MaxDecimalLen = 20

var (
	// ErrSyntax says that a text is not a decimal: optional minus, digits, optional point and digits,
	// at most MaxDecimalLen characters, no exponent.
	ErrSyntax = errors.New("not a decimal number: write digits with an optional point, at most 20 characters, no exponent")
	// ErrNotAPrice says that a decimal is not a price: more than two places, negative or above Max.
	ErrNotAPrice = errors.New("a price has at most two decimal places and lies between 0.00 and 99999999.99")
)

var decimalSyntax = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// Decimal is an exact decimal number as a client wrote it, of any number of places. The zero value is 0.
type Decimal struct{ value *big.Rat }

// ParseDecimal reads a decimal number; its error is ErrSyntax.
func ParseDecimal(text string) (Decimal, error) {
	if len(text) > MaxDecimalLen || !decimalSyntax.MatchString(text) {
		return Decimal{}, ErrSyntax
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		return Decimal{}, ErrSyntax
	}
	return Decimal{value: value}, nil
}

// Amount is the decimal as a price. It is ErrNotAPrice when there is no such price: nothing is rounded.
func (d Decimal) Amount() (Amount, error) {
	minor := d.minor()
	if !minor.IsInt() || minor.Sign() < 0 || minor.Cmp(new(big.Rat).SetInt64(int64(Max))) > 0 {
		return 0, ErrNotAPrice
	}
	return Amount(minor.Num().Int64()), nil
}

// Floor is the largest amount that is not above the decimal, within [-1, Max+1]: enough to compare any
// price with any decimal.
func (d Decimal) Floor() Amount {
	minor := d.minor()
	floor := new(big.Int).Div(minor.Num(), minor.Denom()) // Euclidean: rounds towards minus infinity
	switch {
	case floor.Sign() < 0:
		return -1
	case floor.Cmp(big.NewInt(int64(Max))) > 0:
		return Max + 1
	}
	return Amount(floor.Int64())
}

// IsAmount says whether the decimal is a whole number of minor units.
func (d Decimal) IsAmount() bool { return d.minor().IsInt() }

func (d Decimal) minor() *big.Rat {
	if d.value == nil {
		return new(big.Rat)
	}
	return new(big.Rat).Mul(d.value, big.NewRat(100, 1))
}

// String is the decimal with as many places as it needs.
func (d Decimal) String() string {
	if d.value == nil {
		return "0"
	}
	places, _ := d.value.FloatPrec() // exact: a parsed decimal always ends
	return d.value.FloatString(places)
}
