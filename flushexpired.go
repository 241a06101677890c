package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func newFlushExpired() *cobra.Command {
	return &cobra.Command{
		Use:   "flushexpired",
		Short: "Delete sessions that expired more than a day ago, and failures that are forgiven",
		Long: `Deletes sessions that expired more than a day ago, and what is remembered of failed
sign-ins that are all forgiven. A serving gatehouse does so by itself, every
GATEHOUSE_FLUSH_INTERVAL.`,
		Args: cobra.NoArgs,
		RunE: withApp(func(cmd *cobra.Command, _ []string, app *app) error {
			deleted, err := app.accounts.FlushExpired(cmd.Context())
			if err != nil {
				return err
			}
			forgiven, err := app.guard.Flush(cmd.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Deleted %d expired sessions.\nDeleted %d rows of forgiven failures.\n", deleted, forgiven)
			return err
		}),
	}
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
		deleted, err := a.accounts.FlushExpired(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			a.log.ErrorContext(ctx, "deleting expired sessions", "error", err)
		case deleted > 0:
			a.log.InfoContext(ctx, "deleted expired sessions", "sessions", deleted)
		}
		forgiven, err := a.guard.Flush(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			a.log.ErrorContext(ctx, "deleting forgiven failures", "error", err)
		case forgiven > 0:
			a.log.InfoContext(ctx, "deleted forgiven failures", "rows", forgiven)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
