package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/database"
)

// newKeyAdvice is what is left to do after a database went back in time.
const newKeyAdvice = `Before you serve it, give it a new key: delete secret.key beside the database, or change GATEHOUSE_SECRET_KEY, or
begin a new directory in GATEHOUSE_JWT_KEYS. Users and sessions from after the copy are gone, and their numbers are
given out again: tokens of theirs must not be good for others. Everybody signs in again.
`

func newRestore() *cobra.Command {
	var check, force bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a copy in the place of the database, or only tell whether it is whole",
		Long: `Puts a copy that backup has made in the place of the SQLite database of GATEHOUSE_DATABASE_URL. The copy is checked
first, and stays as it is. No program may have the database open. One that is there already is only replaced with --force,
and then kept beside the new one under another name.

With --check nothing is changed: the copy is read, and the exit status is 0 if it is whole and this version can serve
it. Migrations that it has not had are applied when it is served.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if check {
				return checkCopy(cmd, args[0])
			}
			settings, _, err := settingsOf(cmd)
			if err != nil {
				return err
			}
			path, ok := settings.SQLiteFile()
			if !ok {
				return errors.New("only SQLite databases are restored by this program: for PostgreSQL use pg_restore")
			}
			replaced, err := database.Restore(cmd.Context(), args[0], path, force)
			if errors.Is(err, database.ErrOccupied) {
				return fmt.Errorf("%w; with --force it is replaced, and kept under another name", err)
			}
			out := cmd.OutOrStdout()
			if replaced != "" {
				_, _ = fmt.Fprintf(out, "The database that was there is now %s.\n", replaced)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "Restored %s to %s.\n%s", args[0], path, newKeyAdvice)
			return err
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only tell whether the copy is whole")
	cmd.Flags().BoolVar(&force, "force", false, "replace a database that is there already")
	cmd.MarkFlagsMutuallyExclusive("check", "force")
	return cmd
}

// checkCopy tells what is in a copy, and is an error for one that cannot be served.
func checkCopy(cmd *cobra.Command, file string) error {
	report, err := database.Inspect(cmd.Context(), file)
	if err != nil {
		return err
	}
	printReport(cmd.OutOrStdout(), report)
	if len(report.Problems) > 0 {
		return fmt.Errorf("%s: %w", file, database.ErrDamaged)
	}
	return nil
}

// printReport prints a report, a line each.
func printReport(out io.Writer, report *database.Report) {
	line := func(name string, value any) { _, _ = fmt.Fprintf(out, "%-10s  %v\n", name, value) }
	for _, problem := range report.Problems {
		line("problem", problem)
	}
	if len(report.Problems) == 0 {
		line("integrity", "ok")
	}
	switch {
	case len(report.Standing.Unknown) > 0: // a problem
	case len(report.Standing.Pending) > 0:
		line("migrations", "pending: "+strings.Join(report.Standing.Pending, ", "))
	default:
		line("migrations", "all applied")
	}
	line("users", report.Users)
	line("sessions", report.Sessions)
	line("categories", report.Categories)
	line("products", report.Products)
}
