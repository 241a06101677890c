package main

import (
	"context"
	"errors"
	"fmt"
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

func newFlushExpired() *cobra.Command {
	return &cobra.Command{
		Use:   "flushexpired",
		Short: "Delete what is of no more use: expired sessions, forgiven failures, old audit events and more",
		Long: `Deletes sessions and records of foreign tokens that expired more than a day ago, what is remembered of
failed sign-ins that are all forgiven, and audit events older than GATEHOUSE_AUDIT_RETENTION. A serving
gatehouse does so by itself, every GATEHOUSE_FLUSH_INTERVAL.`,
		Args: cobra.NoArgs,
		RunE: withApp(func(cmd *cobra.Command, _ []string, app *app) error {
			return flushAll(cmd.Context(), app.expiring(), func(deleted int, rows string) error {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "Deleted %d %s.\n", deleted, rows)
				return err
			})
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

// flushExpired does the same at its start and then at every interval, until the context ends. An interval of 0
// is never.
func (a *app) flushExpired(ctx context.Context, interval time.Duration) {
	if interval == 0 {
		return
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		err := flushAll(ctx, a.expiring(), func(deleted int, rows string) error {
			if deleted > 0 {
				a.log.InfoContext(ctx, "deleted "+rows, "rows", deleted)
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
