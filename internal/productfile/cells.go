package productfile

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// parse makes a row of a record. What only the catalogue can know to be wrong is left to it.
//
// An empty cell is one that says nothing, as if its column were missing; but an empty description is one, and an
// empty sku is none.
func (r *Reader) parse(line int, record []string) catalog.ImportRow {
	row := catalog.ImportRow{Line: line}
	for i, column := range r.header {
		cell := record[i]
		switch {
		case !utf8.ValidString(cell):
			row.Mistakes.Add(column, fault.Invalid, "This is not UTF-8.")
		case column == colDescription:
			row.Changes.Description = patch.Set(unguard(cell))
		default:
			parseCell(&row, column, unguard(strings.TrimSpace(cell)))
		}
	}
	return row
}

func parseCell(row *catalog.ImportRow, column, cell string) {
	empty := cell == ""
	switch column {
	case colSKU:
		row.SKU = cell
		row.Changes.SKU = patch.Set(cell)
		if empty {
			row.Changes.SKU = patch.Null[string]()
		}
	case colName:
		row.Changes.Name = patch.Set(cell)
	case colSlug:
		if !empty {
			row.Changes.Slug = patch.Set(cell)
		}
	case colPrice:
		row.Changes.Price = valueOf(row, column, cell, true, money.ParseDecimal)
	case colStock:
		row.Changes.Stock = valueOf(row, column, cell, false, parseStock)
	case colCategory:
		if row.Category = cell; empty {
			row.Mistakes.Add(column, fault.Required, "This cell may not be empty.")
		}
	case colIsPublished:
		row.Changes.IsPublished = valueOf(row, column, cell, false, parseBool)
	}
}

// valueOf is what a cell says, or absent where it is empty or wrong, which is then noted.
func valueOf[T any](row *catalog.ImportRow, column, cell string, required bool, parse func(string) (T, error)) patch.Field[T] {
	if cell == "" {
		if required {
			row.Mistakes.Add(column, fault.Required, "This cell may not be empty.")
		}
		return patch.Field[T]{}
	}
	value, err := parse(cell)
	if err != nil {
		row.Mistakes.Add(column, fault.Invalid, "This is "+err.Error()+".")
		return patch.Field[T]{}
	}
	return patch.Set(value)
}

var (
	errStock = errors.New("not a whole number: write digits only")
	errBool  = errors.New("neither true nor false")
)

// parseStock reads a whole number of 32 bits, as the API does.
func parseStock(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, errStock
	}
	return int(n), nil
}

// parseBool reads true and false as spreadsheets write them, too.
func parseBool(text string) (bool, error) {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, errBool
	}
	return value, nil
}
