package databasetest

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Cable is between a program and a PostgreSQL server, and can be cut.
type Cable struct {
	// Source names the database, at the program's end of the cable.
	Source string

	server   string
	near     string // the address at the program's end
	mu       sync.Mutex
	listener net.Listener
	cutAt    []byte // what cuts the connection over which it is sent, once; nil: nothing does
	cuts     int
	silent   chan struct{} // closed when words may pass; nil: they may
	ends     []net.Conn    // of all connections
}

// NewCable lays a cable to the server of the database that the source names.
func NewCable(t testing.TB, source string) *Cable {
	t.Helper()
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	port := u.Port()
	if port == "" {
		port = "5432"
	}
	c := &Cable{server: net.JoinHostPort(u.Hostname(), port), near: "127.0.0.1:0"}
	c.Back(t)
	u.Host = c.near
	c.Source = u.String()
	t.Cleanup(func() {
		c.Speak()
		c.Away()
	})
	return c
}

// Away has the server be away: connections are cut, and new ones refused, until it is Back.
func (c *Cable) Away() {
	c.mu.Lock()
	_ = c.listener.Close()
	c.mu.Unlock()
	c.Cut()
}

// Back has the server be there, at the same address as before.
func (c *Cable) Back(t testing.TB) {
	t.Helper()
	if c.listener != nil {
		_ = c.listener.Close()
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", c.near)
	if err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listener, c.near = listener, listener.Addr().String()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go c.connect(near)
		}
	}()
}

// connect carries what is said over one connection.
func (c *Cable) connect(near net.Conn) {
	far, err := net.Dial("tcp", c.server) //nolint:noctx // it ends with the test
	if err != nil {
		_ = near.Close()
		return
	}
	c.mu.Lock()
	c.ends = append(c.ends, near, far)
	c.mu.Unlock()
	go func() {
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}()
	defer far.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := near.Read(buffer)
		if err != nil {
			return
		}
		c.hold()
		cut := c.cutsAt(buffer[:n])
		if cut {
			_ = near.Close() // before the server can answer
		}
		if _, err := far.Write(buffer[:n]); err != nil || cut {
			return
		}
	}
}

// hold waits for as long as the cable is silent.
func (c *Cable) hold() {
	c.mu.Lock()
	silent := c.silent
	c.mu.Unlock()
	if silent != nil {
		<-silent
	}
}

func (c *Cable) cutsAt(words []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cutAt == nil || !bytes.Contains(words, c.cutAt) {
		return false
	}
	c.cutAt = nil
	c.cuts++
	return true
}

// CutAt has the connection cut over which the words are sent next: the server gets them, and its answer is lost.
func (c *Cable) CutAt(words string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cutAt = []byte(words)
}

// Cuts is how often a connection was cut by words.
func (c *Cable) Cuts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cuts
}

// Cut cuts all connections that there are.
func (c *Cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range c.ends {
		_ = end.Close()
	}
	c.ends = nil
}

// Silence has connections stay and carry nothing to the server, until Speak.
func (c *Cable) Silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = make(chan struct{})
}

// Speak ends a silence.
func (c *Cable) Speak() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent != nil {
		close(c.silent)
		c.silent = nil
	}
}
