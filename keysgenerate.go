package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/keyring"
	"github.com/gatehouse/gatehouse/internal/token"
)

func newKeysGenerate(now func() time.Time) *cobra.Command {
	var algorithm, kid string
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make a key, and the directory",
		Long: `Makes a key, and the directory if it is not there. The first key signs from the next start or
reload on. Any further one is published, as by gatehouse keys rotate, whose next call has it sign:
so keys of one algorithm give way to those of another.`,
		Args: cobra.NoArgs,
		RunE: withKeys(now, func(cmd *cobra.Command, _ []string, _ config.Settings, keys keyring.Directory) error {
			made, err := keys.Generate(token.Algorithm(algorithm), kid)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "Made the key %s (%s), %s.\n", made.Key.ID(), made.Key.Algorithm(), filepath.Join(keys.Path, made.File))
			if made.State == keyring.Published {
				return sayPublished(cmd, made)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "It signs as soon as the servers that have this directory are started or reloaded (SIGHUP).")
			return err
		}),
	}
	cmd.Flags().StringVar(&algorithm, "alg", string(token.ES256), "what it signs by: "+algorithmNames())
	cmd.Flags().StringVar(&kid, "kid", "", "the name of the key in tokens (default its RFC 7638 thumbprint; random for HS256, HS384 and HS512)")
	return cmd
}
