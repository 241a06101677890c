// Package audit keeps the record of what happened to accounts: who did what to whose, when and from where.
//
// The record never holds a secret: no password, hash or token, no part or name of one, and nothing that was typed
// into a form. What a User-Agent says is the client's to choose.
package audit

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gatehouse/gatehouse/internal/database"
)

// Trail is the record: a table, and lines in the log. Many goroutines may use it at once.
type Trail struct {
	db       *database.DB
	settings Settings
}

// Settings are what a Trail is made with.
type Settings struct {
	// Log is told of every event that was committed. Required.
	Log *slog.Logger
	// Retention is how long events are kept; 0: for ever.
	Retention time.Duration
	// Now is the clock. Required.
	Now func() time.Time
}

// New is a Trail over the database, whose schema must be current. Its error names the setting that makes no sense.
func New(db *database.DB, s Settings) (*Trail, error) {
	switch {
	case s.Log == nil:
		return nil, errors.New("audit: no log")
	case s.Retention < 0:
		return nil, fmt.Errorf("audit: negative retention %v", s.Retention)
	case s.Now == nil:
		return nil, errors.New("audit: no clock")
	}
	return &Trail{db: db, settings: s}, nil
}

// now is the time as it is stored: UTC, whole milliseconds.
func (t *Trail) now() time.Time {
	return t.settings.Now().UTC().Truncate(time.Millisecond)
}
