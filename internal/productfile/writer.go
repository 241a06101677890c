package productfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/gatehouse/gatehouse/ent"
)

// Writer writes products to a file, so that a Reader reads the same.
type Writer struct{ csv *csv.Writer }

// NewWriter writes a file's first line.
func NewWriter(file io.Writer) (*Writer, error) {
	w := &Writer{csv: csv.NewWriter(file)}
	return w, w.record(columns()...)
}

// Write writes a product, which was loaded with its category.
func (w *Writer) Write(p *ent.Product) error {
	shelf, err := p.Edges.CategoryOrErr()
	if err != nil {
		return fmt.Errorf("product %d: %w", p.ID, err)
	}
	sku := ""
	if p.Sku != nil {
		sku = *p.Sku
	}
	return w.record(Guard(sku), Guard(p.Name), Guard(p.Slug), Guard(p.Description),
		p.Price.String(), strconv.Itoa(p.Stock), Guard(shelf.Slug), strconv.FormatBool(p.IsPublished))
}

func (w *Writer) record(cells ...string) error {
	if err := w.csv.Write(cells); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return nil
}

// Flush writes what is still held back.
func (w *Writer) Flush() error {
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return nil
}
