package main

import (
	"math"
	"testing"
)

// same takes NaN for NaN.
func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestTable(t *testing.T) {
	var of table[float64]
	itself := func(f float64) float64 { return f }
	for _, f := range []float64{30, 10, 500} { // the median is neither the mean nor the middle one
		of.add("products", gatehouse, f)
	}
	of.add("products", floor, 20)
	of.add("search", gatehouse, 7)
	of.add("search", gatehouse, 9)
	for _, c := range []struct {
		name, server string
		median, sum  float64
	}{
		{"products", gatehouse, 30, 540},
		{"products", floor, 20, 20},
		{"search", gatehouse, 8, 16},
		{"search", floor, math.NaN(), math.NaN()},
	} {
		r := of.find(c.name, c.server)
		if median, sum := r.median(itself), r.sum(itself); !same(median, c.median) || !same(sum, c.sum) {
			t.Errorf("%s, %s: median %v and sum %v, not %v and %v", c.name, c.server, median, sum, c.median, c.sum)
		}
	}
	if len(of.rows) != 3 || of.rows[0].server != gatehouse || of.rows[1].server != floor || of.rows[2].name != "search" {
		t.Errorf("rows are not in the order in which they came: %v", of.rows)
	}
}
