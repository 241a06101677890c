package main

import (
	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/graph"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the API's schema, in GraphQL's schema definition language",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return graph.WriteSDL(cmd.OutOrStdout()) },
	}
}
