package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/keyring"
)

func newKeysRotate(now func() time.Time) *cobra.Command {
	var to string
	var force bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Have a new key sign, in two steps",
		Long: `Has a new key sign, in two steps, so that nobody is signed out. The first call makes and
publishes a key of the signing one's algorithm: it verifies, but does not sign yet. The second
one has it sign, when all servers and clients have had the time to learn of it. Each call says
what to do next.`,
		Args: cobra.NoArgs,
		RunE: withKeys(now, func(cmd *cobra.Command, _ []string, settings config.Settings, keys keyring.Directory) error {
			change, err := keys.Rotate(to, force)
			switch {
			case err != nil:
				return err
			case change.Key.State == keyring.Published:
				return sayPublished(cmd, change.Key)
			default:
				return saySigning(cmd, change, tokenLife(settings))
			}
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "the kid of a key in the directory to rotate to, instead of a new one; if it is retired-soon it signs at once")
	cmd.Flags().BoolVar(&force, "force", false, "have the published key sign now; whoever does not know it yet refuses its tokens")
	return cmd
}

func sayPublished(cmd *cobra.Command, key keyring.Entry) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), `Published %s (%s). It verifies tokens, but does not sign any yet. Next:
  1. reload all servers: kill -HUP PID
  2. from %s on, or %v after the last reload if that is later: gatehouse keys rotate
`, key.Key.ID(), key.Key.Algorithm(), key.Since.Add(keyring.FetchTime).UTC().Format(time.RFC3339), keyring.FetchTime)
	return err
}

func saySigning(cmd *cobra.Command, change keyring.Change, life time.Duration) error {
	out := cmd.OutOrStdout()
	_, err := fmt.Fprintf(out, `%s (%s) signs from now on. Next:
  1. reload all servers: kill -HUP PID
`, change.Key.Key.ID(), change.Key.Key.Algorithm())
	if kid := change.Stopped.Key.ID(); kid != "" {
		_, err = fmt.Fprintf(out, `  2. from %s on, when the last token of the old key has expired: gatehouse keys retire %s
  3. reload them once more
`, change.Stopped.Since.Add(life).UTC().Format(time.RFC3339), argument(kid))
	}
	return err
}
