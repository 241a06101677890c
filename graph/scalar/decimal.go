package scalar

import (
	"encoding/json"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/money"
)

// The Decimal scalar is a money.Amount where it is told, and a money.Decimal, of any number of places,
// where it is asked for.

// MarshalAmount writes a price as a string with two places.
func MarshalAmount(a money.Amount) graphql.Marshaler { return graphql.MarshalString(a.String()) }

// UnmarshalAmount reads a price.
func UnmarshalAmount(v any) (money.Amount, error) {
	d, err := UnmarshalDecimal(v)
	if err != nil {
		return 0, err
	}
	amount, err := d.Amount()
	if err != nil {
		return 0, fault.BadInput("%v", err)
	}
	return amount, nil
}

// MarshalDecimal writes a decimal as a string, all its places.
func MarshalDecimal(d money.Decimal) graphql.Marshaler { return graphql.MarshalString(d.String()) }

// UnmarshalDecimal reads a decimal from a string, or from a JSON number by its digits.
func UnmarshalDecimal(v any) (money.Decimal, error) {
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
		return money.Decimal{}, fault.BadInput("a Decimal is a string such as \"18.00\"")
	}
	d, err := money.ParseDecimal(text)
	if err != nil {
		return money.Decimal{}, fault.BadInput("%v", err)
	}
	return d, nil
}
