// Package bounded keeps things in memory, and not too many.
package bounded

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Cache keeps what was last asked for, up to a number of entries and of bytes. It is safe for concurrent use.
type Cache[V any] struct {
	most int // bytes

	mu    sync.Mutex
	lru   *simplelru.LRU[string, sized[V]]
	bytes int
}

type sized[V any] struct {
	value V
	bytes int
}

// New is an empty cache. Both bounds are positive.
func New[V any](entries, bytes int) *Cache[V] {
	c := &Cache[V]{most: bytes}
	lru, err := simplelru.NewLRU(entries, func(_ string, gone sized[V]) { c.bytes -= gone.bytes })
	if err != nil {
		panic(err) // entries is not positive
	}
	c.lru = lru
	return c
}

// Get is what is kept under a key.
func (c *Cache[V]) Get(key string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.lru.Get(key)
	return kept.value, ok
}

// Add keeps a value under a key, in the place of any other, and drops as many of the longest unused as there is no room
// for. It takes the given number of bytes, and the key's. What would take more than a sixteenth of the room is not kept:
// few must not be able to drive out all others.
func (c *Cache[V]) Add(key string, value V, bytes int) {
	bytes += len(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(key)
	if bytes > c.most/16 {
		return
	}
	c.bytes += bytes
	c.lru.Add(key, sized[V]{value, bytes})
	for c.bytes > c.most {
		c.lru.RemoveOldest()
	}
}

// Purge drops everything.
func (c *Cache[V]) Purge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Purge()
}

// Size is how many entries are kept, and how many bytes they take.
func (c *Cache[V]) Size() (entries, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Len(), c.bytes
}
