package main

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the program's version, as far as it was built with one.
func version() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		return build.Main.Version
	}
	return ""
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the program's version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			build, ok := debug.ReadBuildInfo()
			if !ok {
				return errors.New("this program was built without its version")
			}
			revision := "unknown"
			for _, setting := range build.Settings {
				if setting.Key == "vcs.revision" {
					revision = setting.Value
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "gatehouse %s, revision %s, built with %s\n", build.Main.Version, revision, build.GoVersion)
			return err
		},
	}
}
