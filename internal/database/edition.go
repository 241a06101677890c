package database

import (
	"sync"
	"sync/atomic"
	"time"
)

// Editions number the states of the catalogue, for whoever keeps what was read of it. Who asks for the edition before reading,
// and keeps what was read under its number, may give that away for as long as the number stays the same.
//
// A change that was made through this program has its own edition before anybody is told that it is committed: no such
// change is ever followed by what was read before it. What others change is noticed a little later, and at the latest after
// SQLitePace or PostgresPace.
//
// Many goroutines may use it at once.
type Editions struct {
	pace time.Duration
	// changed finds out whether others may have changed the catalogue since it was last asked. Nobody asks it while
	// another does.
	changed func() bool
	now     func() time.Time
	begun   time.Time

	current atomic.Uint64
	heard   atomic.Bool
	blind   bool // what is read may be older than the last change, whatever its edition
	looking sync.Mutex
	looked  atomic.Int64 // when others were last looked for: nanoseconds since the beginning
}

const (
	// SQLitePace is for how long another program's change of an SQLite file may go unnoticed: no longer than it takes until whoever ran
	// that program, and saw it end, has asked a question.
	SQLitePace = 5 * time.Millisecond
	// PostgresPace is for how long another program's change may go unnoticed that PostgreSQL does not tell of, as it does in
	// moments: its connection may be dead without anybody having noticed.
	PostgresPace = 5 * time.Second
)

// newEditions numbers editions. Until it is told otherwise, it does not hear of what others change.
func newEditions(pace time.Duration, changed func() bool, now func() time.Time) *Editions {
	e := &Editions{pace: pace, changed: changed, now: now, begun: now()}
	e.current.Store(1)
	e.looked.Store(-int64(pace))
	return e
}

// Now is the number of the edition that is read from now on. Without one, for which there is no number, nothing may be kept.
func (e *Editions) Now() (number uint64, ok bool) {
	if !e.heard.Load() || e.blind {
		return 0, false
	}
	if e.overdue() {
		e.look()
	}
	return e.current.Load(), true
}

func (e *Editions) overdue() bool {
	return int64(e.now().Sub(e.begun))-e.looked.Load() >= int64(e.pace)
}

// look looks for what others have changed. Who comes meanwhile waits: what was current once may be long out of date.
func (e *Editions) look() {
	e.looking.Lock()
	defer e.looking.Unlock()
	if !e.overdue() {
		return
	}
	at := int64(e.now().Sub(e.begun)) // before it is looked
	if e.changed() {
		e.Next()
	}
	e.looked.Store(at)
}

// Next begins another edition: something that answers may depend on has changed, or may have.
func (e *Editions) Next() { e.current.Add(1) }

// Hears says whether this program hears from now on of what others change. While it does not, there is no edition.
func (e *Editions) Hears(others bool) {
	e.Next() // of what was changed until now it may not have heard
	e.heard.Store(others)
}
