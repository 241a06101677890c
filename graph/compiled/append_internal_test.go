package compiled

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/graph/scalar"
	"github.com/gatehouse/gatehouse/internal/money"
)

// asGqlgen is what gqlgen writes.
func asGqlgen(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}

func FuzzAppendText(f *testing.F) {
	for _, text := range []string{"", "plain", "\"\\/", "\x00\x01\x1f\x20\x7f", "\t\r\n\b\f", "é東京😀\u2028", "\xff\xc3", "a\xffb\"", strings.Repeat("\n", 100)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := string(appendText([]byte("x"), text)), "x"+asGqlgen(graphql.MarshalString(text)); got != want {
			t.Errorf("%q is written as %s; gqlgen writes %s", text, got, want)
		}
	})
}

func TestAppend(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 99, 100, 12345, math.MaxInt64, math.MinInt64} {
		if got, want := string(appendID(nil, n)), asGqlgen(scalar.MarshalID(n)); got != want {
			t.Errorf("the id %d is written as %s; want %s", n, got, want)
		}
		if got, want := string(appendInt(nil, int(n))), asGqlgen(scalar.MarshalInt(int(n))); got != want {
			t.Errorf("%d is written as %s; want %s", n, got, want)
		}
		if got, want := string(appendAmount(nil, money.Amount(n))), asGqlgen(scalar.MarshalAmount(money.Amount(n))); got != want {
			t.Errorf("the price %d is written as %s; want %s", n, got, want)
		}
	}
	for _, moment := range []time.Time{{}, time.Unix(0, 999_999_999), time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600))} {
		if got, want := string(appendMoment(nil, moment)), asGqlgen(scalar.MarshalDateTime(moment)); got != want {
			t.Errorf("%v is written as %s; want %s", moment, got, want)
		}
	}
}
