package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/database"
)

func newBackup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of the database to a file, also while the server runs",
		Long: `Writes a copy of the SQLite database to a file that must not exist. It holds all that was committed before
the command began, and is whole or not there. Others may read and write meanwhile.

Password hashes are in it: only its owner may read it. Try it by gatehouse restore --check FILE.
PostgreSQL's databases are copied by pg_dump.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			settings, _, err := settingsOf(cmd)
			if err != nil {
				return err
			}
			path, ok := settings.SQLiteFile()
			if !ok {
				return database.ErrNoCopy
			}
			if _, err := os.Stat(path); err != nil { // opening would make one
				return fmt.Errorf("there is no database to copy: %w", err)
			}
			db, err := database.Open(cmd.Context(), path)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			if err := db.Backup(cmd.Context(), args[0]); errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s exists already; a backup replaces nothing", args[0])
			} else if err != nil {
				return err
			}
			info, err := os.Stat(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Copied the database to %s: %d bytes.\n", args[0], info.Size())
			return err
		},
	}
}
