package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/internal/catalog"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Fill an empty catalogue with the Northwind sample",
		Args:  cobra.NoArgs,
		RunE: withApp(func(cmd *cobra.Command, _ []string, app *app) error {
			loaded, err := app.catalog.LoadDemo(cmd.Context())
			if errors.Is(err, catalog.ErrNotEmpty) {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "The catalogue is not empty: nothing was loaded.")
				return err
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Loaded the Northwind sample: %d categories and %d products, %d of them unpublished.\n",
				loaded.Categories, loaded.Products, loaded.Unpublished)
			return err
		}),
	}
}
