package productfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gatehouse/gatehouse/internal/catalog"
)

const (
	// batchRows and batchBytes are the most that one transaction writes: others can write between two.
	batchRows  = 500
	batchBytes = 4 << 20
	// restShare is how much longer a transaction takes than the rest after it. SQLite has no queue: who waits for the
	// lock looks again now and then, and must find it free some time.
	restShare = 4
)

// Options are how a file is imported. The zero Options import all of it or, when a row cannot be, nothing.
type Options struct {
	DryRun  bool // change nothing, only say what would come of it
	Partial bool // import the rows that can be, when others cannot
	// Atomic writes all rows in one transaction, so that an interruption leaves none of them. Nobody else can
	// write while it lasts. Otherwise each batch has its own, and an interruption leaves whole batches.
	Atomic bool
	// Now is the clock by which rests between two batches are measured. Nil takes none.
	Now func() time.Time
	// Reject is told of every row that is not imported. Nil tells nobody.
	Reject func(catalog.Rejection) error
	// Progress is told now and then what is being done, and with how many bytes of how many. Nil tells nobody.
	Progress func(what string, done, total int64)
}

// Summary is what came of an import, or would come.
type Summary struct {
	Rows, Created, Updated, Unchanged, Rejected int
	Written                                     bool // rows that were not rejected are in the catalogue
}

func (s *Summary) add(did catalog.Imported) {
	s.Created += did.Created
	s.Updated += did.Updated
	s.Unchanged += did.Unchanged
	s.Rejected += len(did.Rejected)
	s.Rows += did.Created + did.Updated + did.Unchanged + len(did.Rejected)
}

// Import brings a file's products into the catalogue: it reads the file once to check it and, if nothing is wrong
// or the import is partial, once more to write what differs. Its error may be a *FormatError; whatever it is,
// importing the file again goes on where this ended. The summary then tells what was written until there.
func Import(ctx context.Context, into *catalog.Catalog, file io.ReadSeeker, o Options) (Summary, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return Summary{}, fmt.Errorf("reading the file: %w", err)
	}
	i := &importing{Options: o, of: into.NewImport(), file: file, size: size, doing: "Checking"}
	checked, err := i.check(ctx)
	if err != nil {
		return Summary{}, err
	}
	if o.DryRun || checked.Rejected > 0 && !o.Partial {
		return checked, nil
	}
	i.doing = "Importing"
	if o.Atomic {
		return i.writeTogether(ctx)
	}
	return i.write(ctx, i.writeAndRest)
}

// importing is an import under way.
type importing struct {
	Options
	of      *catalog.Import
	file    io.ReadSeeker
	size    int64 // bytes
	doing   string
	settled []bool // by batch: there is nothing in it to write or to reject
}

// check reads the file and finds out what would come of it.
func (i *importing) check(ctx context.Context) (sum Summary, err error) {
	err = i.batches(func(_ int, rows []catalog.ImportRow) error {
		would, err := i.of.Check(ctx, rows)
		if err != nil {
			return err
		}
		sum.add(would)
		i.settled = append(i.settled, would.Unchanged == len(rows))
		if i.Partial && !i.DryRun { // told when it is written
			return nil
		}
		return i.reject(would.Rejected)
	})
	return sum, err
}

// write reads the file again and writes it.
func (i *importing) write(ctx context.Context, write catalog.Writer) (Summary, error) {
	sum := Summary{Written: true}
	err := i.batches(func(n int, rows []catalog.ImportRow) error {
		if n < len(i.settled) && i.settled[n] {
			sum.add(catalog.Imported{Unchanged: len(rows)})
			return ctx.Err()
		}
		did, err := write(ctx, rows, i.Partial)
		if rejected := i.reject(did.Rejected); rejected != nil || err != nil {
			return errors.Join(err, rejected)
		}
		sum.add(did)
		return nil
	})
	return sum, err
}

// writeAndRest writes rows in a transaction of their own, and then lets others write.
func (i *importing) writeAndRest(ctx context.Context, rows []catalog.ImportRow, partial bool) (catalog.Imported, error) {
	if i.Now == nil {
		return i.of.Write(ctx, rows, partial)
	}
	began := i.Now()
	did, err := i.of.Write(ctx, rows, partial)
	select {
	case <-time.After(i.Now().Sub(began) / restShare):
	case <-ctx.Done(): // the next batch tells
	}
	return did, err
}

// writeTogether does so in one transaction.
func (i *importing) writeTogether(ctx context.Context) (sum Summary, err error) {
	err = i.of.WriteTogether(ctx, func(write catalog.Writer) (err error) {
		sum, err = i.write(ctx, write)
		return err
	})
	if err != nil {
		return Summary{}, err
	}
	return sum, nil
}

func (i *importing) reject(rejected []catalog.Rejection) error {
	if i.Reject == nil {
		return nil
	}
	for _, r := range rejected {
		if err := i.Reject(r); err != nil {
			return err
		}
	}
	return nil
}

// batches reads the file from its start, with the same batches each time.
func (i *importing) batches(each func(n int, rows []catalog.ImportRow) error) error {
	if _, err := i.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the file: %w", err)
	}
	reader, err := NewReader(i.file)
	if err != nil {
		return err
	}
	var rows []catalog.ImportRow
	for n, more := 0, true; more; n++ {
		if rows, more, err = nextBatch(reader, rows[:0]); err != nil || len(rows) == 0 {
			return err
		}
		if err := each(n, rows); err != nil {
			return err
		}
		if i.Progress != nil {
			i.Progress(i.doing, min(reader.Offset(), i.size), i.size)
		}
	}
	return nil
}

// nextBatch appends the rows of the next batch, and says whether there may be more.
func nextBatch(reader *Reader, rows []catalog.ImportRow) (_ []catalog.ImportRow, more bool, err error) {
	start := reader.Offset()
	for len(rows) < batchRows && reader.Offset()-start < batchBytes {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, true, nil
}
