package transport_test

import (
	"fmt"
	"testing"
)

const tooMany = `{"type":"error","id":"one more","payload":[{"message":"At most 100 operations may run at a time in one WebSocket.","extensions":{"code":"OPERATION_LIMIT_EXCEEDED"}}]}`

// A socket has room for a hundred operations. One more is refused, and the others go on.
func TestOperationsOfASocket(t *testing.T) {
	s := stageFor(t, nil)
	c, other := s.join(), s.join()
	for i := range 100 {
		c.subscribe(fmt.Sprint(i), "hanging on")
	}
	for range 2 {
		c.subscribe("one more", "query")
		c.hears(tooMany)
	}
	other.answers("one more")
	s.eventually("a hundred run", func() bool { return s.running == 100 })

	// There is room again as soon as one is ended, by the client or by itself.
	for range 50 {
		c.say(`{"type":"complete","id":"7"}`)
		c.subscribe("7", "hanging on")
	}
	c.say(`{"type":"complete","id":"7"}`)
	for range 50 {
		c.answers("7")
	}
	c.subscribe("7", "hanging on")
	c.subscribe("one more", "query")
	c.hears(tooMany)
}
