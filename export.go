package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/productfile"
)

func newExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write all products to a CSV file, as import reads them",
		Long: `Writes all products, unpublished ones too, to a CSV file or to the standard output, in the form that
import reads. An existing file is replaced once the new one is complete.

A cell that a spreadsheet would take for a formula begins with an apostrophe, which import takes off again.`,
		Args: cobra.MaximumNArgs(1),
		RunE: withApp(func(cmd *cobra.Command, args []string, app *app) error {
			count := 0
			write := func(out io.Writer) error {
				buffered := bufio.NewWriterSize(out, 64<<10)
				file, err := productfile.NewWriter(buffered)
				if err != nil {
					return err
				}
				err = app.catalog.Export(cmd.Context(), func(p *ent.Product) error {
					count++
					return file.Write(p)
				})
				return errors.Join(err, file.Flush(), buffered.Flush())
			}
			err := exportTo(cmd.OutOrStdout(), args, write)
			if err == nil {
				_, err = fmt.Fprintf(cmd.ErrOrStderr(), "Exported %d products.\n", count)
			}
			return err
		}),
	}
}

// exportTo has a file written as a whole or not at all. What is no ordinary file is written as it is.
func exportTo(stdout io.Writer, args []string, write func(io.Writer) error) (err error) {
	if len(args) == 0 || args[0] == "-" {
		return write(stdout)
	}
	name := args[0]
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	}
	draft, err := os.CreateTemp(filepath.Dir(name), ".gatehouse-export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(draft.Name()))
		}
	}()
	if err := errors.Join(write(draft), draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), name)
}
