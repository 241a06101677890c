package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/account"
)

// superuserPassword names the variable that holds the password where nobody can be asked for it.
const superuserPassword = "GATEHOUSE_SUPERUSER_PASSWORD"

func newCreateSuperuser() *cobra.Command {
	var username, email string
	cmd := &cobra.Command{
		Use:   "createsuperuser",
		Short: "Make an account that is staff",
		Long: `Makes an account that is staff. What is not given by a flag is asked for at the terminal.
The password is asked for twice and not shown, unless ` + superuserPassword + ` holds it.`,
		Args: cobra.NoArgs,
		RunE: withApp(func(cmd *cobra.Command, _ []string, app *app) (err error) {
			ask := newPrompt(cmd)
			if username == "" {
				if username, err = ask.line("Username: "); err != nil {
					return err
				}
			}
			if email == "" {
				if email, err = ask.line("E-mail address: "); err != nil {
					return err
				}
			}
			password := os.Getenv(superuserPassword)
			if password == "" {
				if password, err = ask.newPassword(); err != nil {
					return err
				}
			}
			user, err := app.accounts.CreateSuperuser(cmd.Context(), account.Registration{
				Username: username, Email: email, Password: password,
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Made the staff account %s.\n", user.Username)
			return err
		}),
	}
	cmd.Flags().StringVar(&username, "username", "", "the name to sign in with")
	cmd.Flags().StringVar(&email, "email", "", "the e-mail address")
	return cmd
}
