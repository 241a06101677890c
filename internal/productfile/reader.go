package productfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// FormatError says that a file cannot be read on from a line: what follows could be anything.
type FormatError struct {
	Line   int
	Reason string
}

func (e *FormatError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Reader reads products from a file.
type Reader struct {
	source *source
	csv    *csv.Reader
	header []string
	line   int // the last one of the record before
}

// NewReader reads a file's first line, which names its columns. Its error may be a *FormatError.
func NewReader(file io.Reader) (*Reader, error) {
	in := bufio.NewReaderSize(file, 64<<10)
	start, err := in.Peek(3)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("reading the file: %w", err)
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3) // they are there
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, &FormatError{1, "the file is UTF-16: save it as UTF-8"}
	}
	r := &Reader{source: &source{in: in}}
	r.csv = csv.NewReader(r.source)
	r.csv.ReuseRecord = true
	header, err := r.record()
	if errors.Is(err, io.EOF) {
		return nil, &FormatError{1, "the file is empty: its first line must name the columns"}
	}
	if err != nil {
		return nil, err
	}
	r.header = make([]string, len(header))
	for i, name := range header {
		r.header[i] = strings.TrimSpace(name)
	}
	return r, r.checkHeader()
}

// checkHeader tells all that is wrong with the columns at once.
func (r *Reader) checkHeader() error {
	var wrong []string
	for i, name := range r.header {
		switch {
		case !slices.Contains(columns(), name):
			wrong = append(wrong, fmt.Sprintf("there is no column %.40q", name))
		case slices.Contains(r.header[:i], name):
			wrong = append(wrong, fmt.Sprintf("column %s is there twice", name))
		}
		if len(wrong) > 10 {
			break
		}
	}
	for _, name := range required() {
		if !slices.Contains(r.header, name) {
			wrong = append(wrong, fmt.Sprintf("column %s is missing", name))
		}
	}
	if len(wrong) > 0 {
		return &FormatError{1, strings.Join(wrong, "; ") + ". The columns are " + strings.Join(columns(), ", ") +
			", separated by commas, of which " + strings.Join(required(), ", ") + " are required"}
	}
	return nil
}

// Offset is how many bytes the records took that have been read.
func (r *Reader) Offset() int64 { return r.csv.InputOffset() }

// Read reads the next product. Its error is io.EOF at the end, and may be a *FormatError.
func (r *Reader) Read() (catalog.ImportRow, error) {
	record, err := r.record()
	wrongCount := errors.Is(err, csv.ErrFieldCount)
	if err != nil && !wrongCount {
		return catalog.ImportRow{}, err
	}
	line, _ := r.csv.FieldPos(0)
	if wrongCount {
		row := catalog.ImportRow{Line: line}
		row.Mistakes.Add("line", fault.Invalid, fmt.Sprintf("It has %d cells, and the header %d.", len(record), len(r.header)))
		return row, nil
	}
	return r.parse(line, record), nil
}

// record reads a record. Its error is io.EOF, csv.ErrFieldCount with a record, a *FormatError or the file's own.
func (r *Reader) record() ([]string, error) {
	r.source.allowRecord()
	record, err := r.csv.Read()
	begin := r.line + 1
	if len(record) > 0 {
		begin, _ = r.csv.FieldPos(0)
		r.line = begin + strings.Count(strings.Join(record, ""), "\n")
	}
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, errTooLong):
		return nil, &FormatError{begin, fmt.Sprintf("this is longer than %d bytes; is a quote missing?", MaxRecord)}
	case errors.Is(err, csv.ErrFieldCount):
		return record, err
	case errors.As(err, &syntax):
		return nil, &FormatError{syntax.StartLine, fmt.Sprintf(
			"the quotes are wrong (%v, in line %d): a cell with quotes in it is quoted as a whole, and its quotes are doubled", syntax.Err, syntax.Line)}
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	return record, err
}
