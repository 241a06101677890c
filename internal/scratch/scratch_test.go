package scratch_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/internal/scratch"
)

// What is taken is empty, and nobody else has it, however many take and give at once.
func TestPool(t *testing.T) {
	var pool scratch.Pool
	var group sync.WaitGroup
	for who := range 8 {
		group.Go(func() {
			for length := range 500 {
				text := pool.Take()
				if len(text.Bytes) != 0 {
					t.Errorf("%d bytes are in what was taken", len(text.Bytes))
				}
				want := bytes.Repeat([]byte{byte(who)}, length)
				text.Bytes = append(text.Bytes, want...)
				if !bytes.Equal(text.Bytes, want) {
					t.Error("somebody else wrote in it")
				}
				pool.Give(text)
			}
		})
	}
	group.Wait()
}

// A single large answer does not keep its memory.
func TestLargeTextsAreNotKept(t *testing.T) {
	var pool scratch.Pool
	for range 100 {
		text := pool.Take()
		if room := cap(text.Bytes); room >= 100<<10 {
			t.Fatalf("room for %d bytes was kept", room)
		}
		text.Bytes = append(text.Bytes, make([]byte, 100<<10)...)
		pool.Give(text)
	}
}
