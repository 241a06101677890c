package main

import "testing"

func TestStir(t *testing.T) {
	times := map[int64]int{}
	for n := range int64(300) {
		times[stir(n)]++
	}
	for turn := range int64(100) {
		if times[turn] != 3 {
			t.Errorf("%d comes %d times in 300, not 3 times", turn, times[turn])
		}
	}
}
