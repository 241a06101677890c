package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/panics"
)

// expiring is a kind of rows that are deleted once they are of no more use.
type expiring struct {
	rows  string // what to call them
	flush func(context.Context) (deleted int, err error)
}

// expiring are the kinds of such rows that there are.
func (a *app) expiring() []expiring {
	return []expiring{
		{"expired sessions", a.accounts.FlushExpired},
		{"records of foreign tokens", a.accounts.FlushForeign},
		{"rows of forgiven failures", a.guard.Flush},
		{"audit events past their retention", a.trail.FlushExpired},
	}
}

// told are messages among instances that all of them have heard, of which many may come in a minute.
func (a *app) told() []expiring {
	if a.bus == nil {
		return nil
	}
	return []expiring{{"old messages among instances", a.bus.Flush}}
}

func newFlushExpired() *cobra.Command {
	return &cobra.Command{
		Use:   "flushexpired",
		Short: "Delete what is of no more use: expired sessions, forgiven failures, old audit events and more",
		Long: `Deletes sessions and records of foreign tokens that expired more than a day ago, what is remembered of
failed sign-ins that are all forgiven, and audit events older than GATEHOUSE_AUDIT_RETENTION; on PostgreSQL
also what instances told each other more than ten minutes ago. A serving gatehouse does so by itself, every
GATEHOUSE_FLUSH_INTERVAL.`,
		Args: cobra.NoArgs,
		RunE: withApp(func(cmd *cobra.Command, _ []string, app *app) error {
			tell := func(deleted int, rows string) error {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "Deleted %d %s.\n", deleted, rows)
				return err
			}
			return errors.Join(
				flushAll(cmd.Context(), app.expiring(), tell),
				flushAll(cmd.Context(), app.told(), func(int, string) error { return nil }), // the server's own affair
			)
		}),
	}
}

// flushAll deletes all that has expired, and tells how many of each kind that were. A kind that fails does not keep
// the others.
func flushAll(ctx context.Context, kinds []expiring, tell func(deleted int, rows string) error) (failed error) {
	for _, kind := range kinds {
		var deleted int
		err := panics.Caught(func() (err error) {
			deleted, err = kind.flush(ctx)
			return err
		})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("deleting %s: %w", kind.rows, err))
		}
		if err == nil || deleted > 0 {
			failed = errors.Join(failed, tell(deleted, kind.rows))
		}
	}
	return failed
}

// flushExpired does the same at its start and then at every interval, until the context ends, and logs at that level what it
// has deleted. An interval of 0 is never.
func (a *app) flushExpired(ctx context.Context, interval time.Duration, kinds []expiring, level slog.Level) {
	if interval == 0 || len(kinds) == 0 {
		return
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		err := flushAll(ctx, kinds, func(deleted int, rows string) error {
			if deleted > 0 {
				a.log.Log(ctx, level, "deleted "+rows, "rows", deleted)
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "clearing away", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
