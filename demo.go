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
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			settings, log, err := settingsOf(cmd)
			if err != nil {
				return err
			}
			app, err := open(cmd.Context(), settings, log)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, app.db.Close()) }()

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
		},
	}
}
