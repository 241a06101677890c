package bounded_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/internal/bounded"
)

func wantKept(t *testing.T, c *bounded.Cache[int], keys string) {
	t.Helper()
	var kept string
	for _, key := range "abcdef" {
		if _, ok := c.Get(string(key)); ok {
			kept += string(key)
		}
	}
	if kept != keys {
		t.Errorf("kept are %q, want %q", kept, keys)
	}
}

func TestEntriesAreBounded(t *testing.T) {
	c := bounded.New[int](3, 1600)
	for i, key := range "abcd" {
		c.Add(string(key), i, 1)
	}
	wantKept(t, c, "bcd")
	c.Get("b")
	c.Add("e", 5, 1) // c is the one that was not asked for
	if v, ok := c.Get("b"); !ok || v != 1 {
		t.Errorf("b is %d, %v", v, ok)
	}
	wantKept(t, c, "bde")
}

func TestBytesAreBounded(t *testing.T) {
	c := bounded.New[int](100, 160)
	for i := range 100 {
		c.Add(fmt.Sprintf("%09d", i), i, 1)
		if entries, bytes := c.Size(); bytes > 160 || bytes != 10*entries {
			t.Fatalf("%d entries in %d bytes", entries, bytes)
		}
	}
	if entries, _ := c.Size(); entries != 16 {
		t.Errorf("%d entries", entries)
	}
	c.Add(strings.Repeat("x", 10), 0, 1) // more than a sixteenth
	if entries, bytes := c.Size(); entries != 16 || bytes != 160 {
		t.Errorf("%d entries in %d bytes", entries, bytes)
	}
}

func TestReplacedIsCountedOnce(t *testing.T) {
	c := bounded.New[int](10, 160)
	for i := range 5 {
		c.Add("a", i, 2*i)
	}
	if v, _ := c.Get("a"); v != 4 {
		t.Errorf("a is %d", v)
	}
	if entries, bytes := c.Size(); entries != 1 || bytes != 9 {
		t.Errorf("%d entries in %d bytes", entries, bytes)
	}
	c.Add("a", 5, 1000) // what is too large does not leave the old value behind
	if entries, bytes := c.Size(); entries != 0 || bytes != 0 {
		t.Errorf("%d entries in %d bytes", entries, bytes)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := bounded.New[int](10, 1600)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 1000 {
				key := fmt.Sprint(i % 20)
				c.Add(key, i%20, i%50)
				if v, ok := c.Get(key); ok && fmt.Sprint(v) != key {
					t.Errorf("%s is %d", key, v)
				}
			}
		})
	}
	group.Wait()
}
