package transport

import (
	"sync/atomic"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// Figures say how much is going on in streams, at one moment.
type Figures struct {
	Sockets int64 // WebSockets that are open
	Streams int64 // subscriptions that have begun and not ended, however they are told
	Events  int64 // of subscriptions that were told, ever
	Dropped int64 // clients that were given up, ever, because they did not take what they were told in time
}

// figures are the same while they are counted.
type figures struct{ sockets, streams, events, dropped atomic.Int64 }

// Figures may be asked for at any time.
func (g *GraphQL) Figures() Figures {
	f := &g.figures
	return Figures{Sockets: f.sockets.Load(), Streams: f.streams.Load(), Events: f.events.Load(), Dropped: f.dropped.Load()}
}

// lagged counts a client to which a stream ends because it lagged behind.
func (f *figures) lagged(why response) {
	if why.code() == fault.LimitExceeded {
		f.dropped.Add(1)
	}
}
