package audit_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/audit"
)

func TestFlushExpired(t *testing.T) {
	w := build(t)
	w.happen(t, -time.Hour, audit.Event{Kind: audit.SignIn})
	w.happen(t, 0, audit.Event{Kind: audit.SignIn})
	kept := w.happen(t, time.Millisecond, audit.Event{Kind: audit.SignIn})
	for _, step := range []struct {
		pass    time.Duration
		deleted int
	}{{0, 0}, {23 * time.Hour, 0}, {24*time.Hour + time.Millisecond, 2}, {0, 0}} {
		w.at = noon.Add(step.pass)
		if deleted, err := w.FlushExpired(t.Context()); err != nil || deleted != step.deleted {
			t.Errorf("%v later: deleted %d, %v; want %d", step.pass, deleted, err, step.deleted)
		}
	}
	if rows := w.rows(t); len(rows) != 1 || rows[0].ID != kept.ID {
		t.Errorf("%v are left", rows)
	}
}

func TestEventsMayBeKeptForEver(t *testing.T) {
	w := build(t, func(s *audit.Settings) { s.Retention = 0 })
	w.happen(t, -1000*24*time.Hour, audit.Event{Kind: audit.SignIn})
	w.at = noon.AddDate(100, 0, 0)
	if deleted, err := w.FlushExpired(t.Context()); err != nil || deleted != 0 || len(w.rows(t)) != 1 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
}

// More than one batch is deleted, each by an index and in a transaction of its own: others write between two.
func TestFlushInBatches(t *testing.T) {
	w := build(t)
	const events = 1201
	old := make([]audit.Event, events)
	for i := range old {
		old[i].Kind = audit.Refresh
	}
	w.record(t, t.Context(), old...)
	w.at = noon.Add(48 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if deleted, err := w.FlushExpired(ctx); !errors.Is(err, context.Canceled) || deleted != 0 {
		t.Errorf("interrupted: %d, %v", deleted, err)
	}
	w.selects()
	if deleted, err := w.FlushExpired(t.Context()); err != nil || deleted != events {
		t.Errorf("deleted %d, %v; want %d", deleted, err, events)
	}
	queries := w.selects()
	if len(queries) != 3 || w.begun != 3 {
		t.Fatalf("%d batches in %d transactions, want 3", len(queries), w.begun)
	}
	if plan := w.explain(t, queries[0]); !strings.Contains(plan, "INDEX auditevent_created_at (created_at<?)") || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
		t.Errorf("the plan is\n%s", plan)
	}
	if n := w.db.Read.AuditEvent.Query().CountX(t.Context()); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestNewRefusesSettingsThatMakeNoSense(t *testing.T) {
	w := build(t)
	for name, s := range map[string]audit.Settings{
		"no log":             {Now: time.Now},
		"no clock":           {Log: slog.New(slog.DiscardHandler)},
		"negative retention": {Log: slog.New(slog.DiscardHandler), Now: time.Now, Retention: -1},
	} {
		if _, err := audit.New(w.db, s); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
