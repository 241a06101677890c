package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/keyring"
	"github.com/gatehouse/gatehouse/internal/token"
)

func newKeys(now func() time.Time) *cobra.Command {
	list := newKeysList(now)
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list, rotate and retire the keys of tokens",
		Long: `Makes, lists, rotates and retires the keys of tokens, in the directory GATEHOUSE_JWT_KEYS.
Serving programs read it at their start, and again on SIGHUP. Run these commands as the user
that serves: nobody else may read what they make. Alone it lists.`,
		Args: cobra.NoArgs,
		RunE: list.RunE,
	}
	cmd.AddCommand(newKeysGenerate(now), list, newKeysRotate(now), newKeysRetire(now))
	return cmd
}

// keysCommand is what a command does with the directory of keys.
type keysCommand func(cmd *cobra.Command, args []string, settings config.Settings, keys keyring.Directory) error

// withKeys runs a command on the directory of keys, as it is.
func withKeys(now func() time.Time, run keysCommand) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		settings, _, err := settingsOf(cmd)
		if err != nil {
			return err
		}
		if settings.JWTKeys == "" {
			return errors.New("GATEHOUSE_JWT_KEYS (--jwt-keys) is not set; it names the directory of the keys")
		}
		return run(cmd, args, settings, keyring.Directory{Path: settings.JWTKeys, Now: now, Random: rand.Reader})
	}
}

func newKeysList(now func() time.Time) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys, and what each is for",
		Long: `Lists the keys, and what each is for:

  signing       signs tokens, and verifies them as all keys do
  published     is to sign next; servers and clients are getting to know it
  retired-soon  has signed, and is kept for the tokens that it signed
  verify-only   verifies; whether it has signed is not on record`,
		Args: cobra.NoArgs,
		RunE: withKeys(now, func(cmd *cobra.Command, _ []string, _ config.Settings, keys keyring.Directory) error {
			entries, err := keys.List()
			switch {
			case err != nil:
				return err
			case asJSON:
				return listJSON(cmd, entries)
			default:
				return listTable(cmd, entries)
			}
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "list as JSON, for programs")
	return cmd
}

func listTable(cmd *cobra.Command, entries []keyring.Entry) error {
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "KID\tALG\tSTATE\tSINCE")
	for _, e := range entries {
		since := "-"
		if !e.Since.IsZero() {
			since = e.Since.UTC().Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", e.Key.ID(), e.Key.Algorithm(), e.State, since)
	}
	return table.Flush()
}

func listJSON(cmd *cobra.Command, entries []keyring.Entry) error {
	type listed struct {
		KID   string          `json:"kid"`
		Alg   token.Algorithm `json:"alg"`
		State keyring.State   `json:"state"`
		Since *time.Time      `json:"since"`
		File  string          `json:"file"`
	}
	list := []listed{}
	for _, e := range entries {
		l := listed{KID: e.Key.ID(), Alg: e.Key.Algorithm(), State: e.State, File: e.File}
		if since := e.Since.UTC(); !since.IsZero() {
			l.Since = &since
		}
		list = append(list, l)
	}
	out := json.NewEncoder(cmd.OutOrStdout())
	out.SetIndent("", "  ")
	return out.Encode(list)
}

// tokenLife is how long after its signature a token may still be accepted.
func tokenLife(settings config.Settings) time.Duration {
	return max(settings.AccessTokenLifetime, settings.RefreshTokenLifetime) + settings.JWTLeeway
}

// algorithmNames are the names to choose from.
func algorithmNames() string {
	var names []string
	for _, algorithm := range token.Algorithms() {
		names = append(names, string(algorithm))
	}
	return strings.Join(names, ", ")
}
