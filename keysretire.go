package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/keyring"
)

func newKeysRetire(now func() time.Time) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "retire KID",
		Short: "Delete a key that is not needed any more",
		Long: `Deletes the file of a key that does not sign any more. Tokens that it signed are refused once
all servers are reloaded; so as long as one may be alive, which is for the longest lifetime of
a token plus the leeway, it takes --force. A KID that begins with - goes behind --.`,
		Args: cobra.ExactArgs(1),
		RunE: withKeys(now, func(cmd *cobra.Command, args []string, settings config.Settings, keys keyring.Directory) error {
			retired, err := keys.Retire(args[0], tokenLife(settings), force)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Deleted %s. Reload all servers (kill -HUP PID): until then they go on with it.\n", filepath.Join(keys.Path, retired.File))
			return err
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "delete it although tokens that it signed may be alive: their holders are signed out")
	return cmd
}

// argument is a key's id as an argument of a command in a shell.
func argument(kid string) string {
	if strings.Trim(kid, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		kid = "'" + strings.ReplaceAll(kid, "'", `'\''`) + "'"
	}
	if strings.HasPrefix(kid, "-") {
		return "-- " + kid
	}
	return kid
}
