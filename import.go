package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/productfile"
)

// toldRejections is how many rejected rows are told one by one; a file has them all.
const toldRejections = 20

func newImport(now func() time.Time) *cobra.Command {
	var options productfile.Options
	var rejected string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make and change products as a CSV file says",
		Long: `Makes and changes products as a CSV file says (UTF-8, separated by commas). "-" is the standard input.

The first line names the columns: sku, name, price and category (its slug) must be there, slug, description,
stock and is_published may be. A product is known by its sku, case ignored; one without a sku by its slug.
A cell that is empty, or whose column is missing, leaves what is there; an empty description clears it.

The whole file is checked before anything is written. If a row cannot be imported, nothing is, the first
of these rows are listed with their lines, and the exit status is 1.

Rows are written in batches, each as a whole, so that others can write in between. An import that was
interrupted goes on when it is run again: rows that are in the catalogue already are left alone.`,
		Args: cobra.ExactArgs(1),
		RunE: withApp(func(cmd *cobra.Command, args []string, app *app) error {
			file, err := openSeekable(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // it was only read
			report, err := newRejections(cmd.ErrOrStderr(), rejected)
			if err != nil {
				return err
			}
			return errors.Join(importProducts(cmd, app.catalog, file, options, report, now), report.close())
		}),
	}
	flags := cmd.Flags()
	flags.BoolVar(&options.DryRun, "dry-run", false, "only say what would happen")
	flags.BoolVar(&options.Partial, "partial", false, "import the rows that can be, when others cannot")
	flags.BoolVar(&options.Atomic, "atomic", false, "write all rows or none, also when interrupted; nobody else can write meanwhile")
	flags.StringVar(&rejected, "rejected", "", "write all rejected rows to this CSV `file`, with the reasons")
	return cmd
}

// importProducts imports the file and tells what came of it.
func importProducts(cmd *cobra.Command, into *catalog.Catalog, file io.ReadSeeker, o productfile.Options, report *rejections, now func() time.Time) error {
	o.Reject, o.Now = report.add, now
	bar := newBar(cmd.ErrOrStderr())
	o.Progress = bar.set
	began := now()
	sum, err := productfile.Import(cmd.Context(), into, file, o)
	took := now().Sub(began)
	bar.clear()
	report.tell()
	switch {
	case err != nil && sum.Rows > 0:
		return fmt.Errorf("the import ended after %d rows, which are in the catalogue; run it again to go on: %w", sum.Rows, err)
	case err != nil:
		return fmt.Errorf("nothing was imported: %w", err)
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), describe(sum, o.DryRun, took)); err != nil {
		return err
	}
	if sum.Rejected > 0 {
		return fmt.Errorf("%d of %d rows cannot be imported", sum.Rejected, sum.Rows)
	}
	return nil
}

// describe is the line that tells what came of an import.
func describe(sum productfile.Summary, dryRun bool, took time.Duration) string {
	what := "Imported the products: "
	switch {
	case dryRun:
		what = "This is a dry run, nothing was imported. It would be: "
	case !sum.Written:
		what = "Nothing was imported. It would have been: "
	}
	seconds := max(took.Seconds(), 0.001)
	return what + fmt.Sprintf("%d created, %d updated, %d unchanged, %d rejected (%d rows in %.1f s, %.0f a second).",
		sum.Created, sum.Updated, sum.Unchanged, sum.Rejected, sum.Rows, seconds, float64(sum.Rows)/seconds)
}

// openSeekable opens a file to be read twice. What cannot be, such as a pipe, is copied to a temporary file.
func openSeekable(stdin io.Reader, name string) (*os.File, error) {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return file, nil
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	spool, err := os.CreateTemp("", "gatehouse-import-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(spool.Name()) // it lives on until it is closed, and goes away however the program ends
	if _, err := io.Copy(spool, in); err != nil {
		return nil, errors.Join(fmt.Errorf("keeping a copy of the input: %w", err), spool.Close())
	}
	return spool, nil
}

// bar shows at a terminal how far an import is; elsewhere it shows nothing.
type bar struct {
	out   io.Writer // nil: no terminal
	doing string
	shown *progressbar.ProgressBar
}

func newBar(out io.Writer) *bar {
	file, isFile := out.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return &bar{}
	}
	return &bar{out: out}
}

// set shows that so many bytes of so many are done. What goes wrong in showing it is of no account.
func (b *bar) set(doing string, done, total int64) {
	if b.out == nil {
		return
	}
	if b.doing != doing {
		b.clear()
		b.doing = doing
		b.shown = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(b.out),
			progressbar.OptionSetDescription(doing),
			progressbar.OptionShowBytes(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetRenderBlankState(true),
		)
	}
	_ = b.shown.Set64(done)
}

// clear takes the bar away.
func (b *bar) clear() {
	if b.shown != nil {
		_ = b.shown.Clear()
	}
}

// rejections tells of the rows that are not imported: the first ones to people, all of them to a file.
type rejections struct {
	out   io.Writer
	first []string
	count int
	file  *os.File // nil: none was asked for
	csv   *csv.Writer
}

// newRejections makes the file, unless its name is empty. One that was there is replaced.
func newRejections(out io.Writer, name string) (*rejections, error) {
	r := &rejections{out: out}
	if name == "" {
		return r, nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	r.file, r.csv = file, csv.NewWriter(file)
	return r, r.csv.Write([]string{"line", "sku", "column", "code", "reason"})
}

// add notes a rejected row.
func (r *rejections) add(rejected catalog.Rejection) error {
	r.count++
	var reasons []string
	for _, m := range rejected.Mistakes {
		column := productfile.Column(m)
		reasons = append(reasons, column+": "+m.Message)
		if r.csv != nil {
			if err := r.csv.Write([]string{strconv.Itoa(rejected.Line), productfile.Guard(rejected.SKU), column, string(m.Code), m.Message}); err != nil {
				return fmt.Errorf("writing the rejected rows: %w", err)
			}
		}
	}
	if len(r.first) < toldRejections {
		r.first = append(r.first, fmt.Sprintf("line %d (sku %.70q): %s", rejected.Line, rejected.SKU, strings.Join(reasons, " ")))
	}
	return nil
}

// tell tells people of the first ones, and how many more there are.
func (r *rejections) tell() {
	for _, text := range r.first {
		_, _ = fmt.Fprintln(r.out, text)
	}
	if more := r.count - len(r.first); more > 0 {
		_, _ = fmt.Fprintf(r.out, "and %d more rows; --rejected FILE keeps them all\n", more)
	}
}

// close finishes the file.
func (r *rejections) close() error {
	if r.file == nil {
		return nil
	}
	r.csv.Flush()
	if err := errors.Join(r.csv.Error(), r.file.Close()); err != nil {
		return fmt.Errorf("writing the rejected rows: %w", err)
	}
	return nil
}
