package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/money"
)

func TestAmountString(t *testing.T) {
	for _, tt := range []struct {
		amount money.Amount
		want   string
	}{
		{0, "0.00"},
		{1, "0.01"},
		{10, "0.10"},
		{99, "0.99"},
		{100, "1.00"},
		{1800, "18.00"},
		{money.Max, "99999999.99"},
		{-1, "-0.01"},
		{-5, "-0.05"},
		{-100, "-1.00"},
		{-12345, "-123.45"},
		{math.MaxInt64, "92233720368547758.07"},
		{math.MinInt64, "-92233720368547758.08"},
	} {
		if got := tt.amount.String(); got != tt.want {
			t.Errorf("Amount(%d) is %q, want %q", int64(tt.amount), got, tt.want)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"0", "0"},
		{"-0", "0"},
		{"-0.000", "0"},
		{"00", "0"},
		{"007.50", "7.5"},
		{"18.00", "18"},
		{"18.10", "18.1"},
		{"0.1", "0.1"},
		{"-3.005", "-3.005"},
		{"0.000000000000000001", "0.000000000000000001"}, // 20 characters
		{"-9999999999999999999", "-9999999999999999999"},
		{"99999999999999999999", "99999999999999999999"},
		{"9007199254740993.1", "9007199254740993.1"}, // no float holds it
	} {
		d, err := money.ParseDecimal(tt.in)
		if err != nil || d.String() != tt.want {
			t.Errorf("%q is read as %v, %v; want %s", tt.in, d, err, tt.want)
		}
	}
	for _, in := range []string{
		"", " ", "-", ".", "-.", "+1", "1.", ".5", "-.5", "1e3", "1E3", "1.5e-1", "0x10", "0b1", "1/2", "1_000", "1,5", "1 000", " 1", "1 ", "1\n",
		"1\x00", "--1", "1-", "1.2.3", "NaN", "Inf", "-Inf", "Infinity", "nil", "١٢", "１２", "−1", "1\u00a0",
		"0.0000000000000000001", "100000000000000000000", "-99999999999999999999", // 21 characters
		strings.Repeat("9", 1<<20),
	} {
		if d, err := money.ParseDecimal(in); !errors.Is(err, money.ErrSyntax) {
			t.Errorf("%.40q is read as %v, %v; want ErrSyntax", in, d, err)
		}
	}
}

func TestDecimalAsPrice(t *testing.T) {
	for _, tt := range []struct {
		in      string
		price   money.Amount // -1: none
		floor   money.Amount
		isWhole bool
	}{
		{"0", 0, 0, true},
		{"-0", 0, 0, true},
		{"-0.00", 0, 0, true},
		{"0.01", 1, 1, true},
		{"0.1", 10, 10, true},
		{"0.29", 29, 29, true}, // 28.999… as a float
		{"1.15", 115, 115, true},
		{"18", 1800, 1800, true},
		{"18.000", 1800, 1800, true},
		{"18.001", -1, 1800, false},
		{"0.009", -1, 0, false},
		{"-0.001", -1, -1, false},
		{"-0.01", -1, -1, true},
		{"-5", -1, -1, true},
		{"-9999999999999999999", -1, -1, true},
		{"99999999.98", money.Max - 1, money.Max - 1, true},
		{"99999999.99", money.Max, money.Max, true},
		{"99999999.991", -1, money.Max, false},
		{"100000000", -1, money.Max + 1, true},
		{"100000000.001", -1, money.Max + 1, false},
		{"184467440737095516.16", -1, 0, false}, // too long to be read
		{"92233720368547758.08", -1, money.Max + 1, true},
		{"99999999999999999999", -1, money.Max + 1, true},
	} {
		d, err := money.ParseDecimal(tt.in)
		if err != nil {
			if len(tt.in) <= money.MaxDecimalLen {
				t.Errorf("%s: %v", tt.in, err)
			}
			continue
		}
		price, err := d.Amount()
		switch {
		case tt.price >= 0 && (err != nil || price != tt.price):
			t.Errorf("%s is the price %v, %v; want %v", tt.in, price, err, tt.price)
		case tt.price < 0 && !errors.Is(err, money.ErrNotAPrice):
			t.Errorf("%s is the price %v, %v; want ErrNotAPrice", tt.in, price, err)
		}
		if got := d.Floor(); got != tt.floor {
			t.Errorf("floor of %s is %d, want %d", tt.in, int64(got), int64(tt.floor))
		}
		if got := d.IsAmount(); got != tt.isWhole {
			t.Errorf("%s is a whole number of cents: %v", tt.in, got)
		}
	}
}

func TestZeroDecimal(t *testing.T) {
	var d money.Decimal
	price, err := d.Amount()
	if err != nil || price != 0 || d.Floor() != 0 || !d.IsAmount() || d.String() != "0" {
		t.Errorf("the zero Decimal is %v, price %v, %v", d, price, err)
	}
}

// Every price is told, read back and the same.
func TestPricesComeBack(t *testing.T) {
	for a := money.Amount(0); a <= money.Max; a = a*3/2 + 7 {
		for _, a := range []money.Amount{a, money.Max - a} {
			d, err := money.ParseDecimal(a.String())
			if err != nil {
				t.Fatal(err)
			}
			if back, err := d.Amount(); err != nil || back != a {
				t.Errorf("%d is told as %s and read as %d, %v", int64(a), a, int64(back), err)
			}
		}
	}
}

// Decimals are what arithmetic on their digits says, and are told so that they read as the same again.
func FuzzDecimal(f *testing.F) {
	for _, text := range []string{"0", "-0", "18.00", "0.29", "-0.001", "99999999.99", "99999999.991", "1e5", "1/3", "0x1p-2", "+1", ".5", "5.", "1_0", "\x00", "٣"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := money.ParseDecimal(text)
		digits := strings.TrimPrefix(text, "-")
		whole, fraction, point := strings.Cut(digits, ".")
		isDecimal := len(text) <= money.MaxDecimalLen && whole != "" && (fraction != "" || !point) && strings.Trim(whole+fraction, "0123456789") == ""
		if isDecimal != (err == nil) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		// The value in units of its own last place, and then in cents with a remainder.
		n, _ := new(big.Int).SetString(whole+fraction, 10)
		if digits != text {
			n.Neg(n)
		}
		places := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(fraction))), nil)
		cents, rest := new(big.Int).DivMod(new(big.Int).Mul(n, big.NewInt(100)), places, new(big.Int))
		if d.IsAmount() != (rest.Sign() == 0) {
			t.Errorf("%q is a whole number of cents: %v", text, d.IsAmount())
		}
		inRange := cents.Sign() >= 0 && cents.Cmp(big.NewInt(int64(money.Max))) <= 0
		price, err := d.Amount()
		if isPrice := inRange && rest.Sign() == 0; isPrice != (err == nil) || isPrice && cents.Int64() != int64(price) {
			t.Errorf("%q is the price %v, %v", text, price, err)
		}
		if inRange && int64(d.Floor()) != cents.Int64() || cents.Sign() < 0 && d.Floor() != -1 || cents.Cmp(big.NewInt(int64(money.Max))) > 0 && d.Floor() != money.Max+1 {
			t.Errorf("floor of %q is %d", text, int64(d.Floor()))
		}
		back, err := money.ParseDecimal(d.String())
		if err != nil || back.String() != d.String() || back.Floor() != d.Floor() || back.IsAmount() != d.IsAmount() {
			t.Errorf("%q is told as %s and read as %v, %v", text, d, back, err)
		}
	})
}
