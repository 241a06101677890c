package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newChangePassword() *cobra.Command {
	return &cobra.Command{
		Use:   "changepassword USER",
		Short: "Set a user's password and end all of their sessions",
		Long: `Sets the password of a user, named by username or e-mail address, and ends all of their sessions.
The password is asked for twice at the terminal and not shown; when the input is no terminal, it is
its first line.`,
		Args: cobra.ExactArgs(1),
		RunE: withApp(func(cmd *cobra.Command, args []string, app *app) error {
			password, err := newPrompt(cmd).newPassword()
			if err != nil {
				return err
			}
			user, err := app.accounts.SetPassword(cmd.Context(), args[0], password)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Changed the password of %s; all sessions are ended.\n", user.Username)
			return err
		}),
	}
}
