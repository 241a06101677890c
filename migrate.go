package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/database"
)

func newMigrate() *cobra.Command {
	up := withDatabase(migrateUp)
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date, or tell how it stands",
		Args:  cobra.NoArgs,
		RunE:  up,
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "up",
			Short: "Apply the migrations that the database has not had, as migrate alone does",
			Args:  cobra.NoArgs,
			RunE:  up,
		},
		&cobra.Command{
			Use:   "status",
			Short: "List the migrations, and when the database had each",
			Args:  cobra.NoArgs,
			RunE:  withDatabase(migrateStatus),
		},
	)
	return cmd
}

func migrateUp(cmd *cobra.Command, db *database.DB) error {
	applied, err := db.Migrate(cmd.Context())
	if err != nil {
		return err
	}
	for _, m := range applied {
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), "applied", m.Name)
	}
	if len(applied) == 0 {
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), "The database is up to date.")
	}
	return nil
}

func migrateStatus(cmd *cobra.Command, db *database.DB) error {
	list, err := db.Migrations(cmd.Context())
	for _, m := range list {
		state := "pending"
		if !m.AppliedAt.IsZero() {
			state = "applied " + m.AppliedAt.UTC().Format("2006-01-02 15:04:05")
		}
		_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", m.Name, state)
	}
	return err
}

// withDatabase runs a command on the database as it is, migrated or not.
func withDatabase(run func(*cobra.Command, *database.DB) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) (err error) {
		settings, _, err := settingsOf(cmd)
		if err != nil {
			return err
		}
		db, err := openDatabase(cmd.Context(), settings)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		return run(cmd, db)
	}
}
