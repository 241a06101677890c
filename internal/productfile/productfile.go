// Package productfile reads and writes products as CSV (RFC 4180, UTF-8), and imports them from such a file.
package productfile

import (
	"strings"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// The columns of a file, in the order in which they are written. A file that is read may have them in any order.
const (
	colSKU         = "sku"
	colName        = "name"
	colSlug        = "slug"
	colDescription = "description"
	colPrice       = "price"
	colStock       = "stock"
	colCategory    = "category" // its slug
	colIsPublished = "is_published"
)

// columns lists them all.
func columns() []string {
	return []string{colSKU, colName, colSlug, colDescription, colPrice, colStock, colCategory, colIsPublished}
}

// required lists those that every file must have.
func required() []string { return []string{colSKU, colName, colPrice, colCategory} }

// formulaSigns are what makes a spreadsheet take a cell for a formula when it begins with one of them. Some of
// them do so in full width as well.
const formulaSigns = "=+-@\t\r\n＝＋－＠"

// Guard puts an apostrophe before a text that a spreadsheet would take for a formula, which keeps it from
// doing so: anybody may name a product, and it is staff who open the file. So that unguard can tell, the
// apostrophe also goes before texts that look guarded already.
func Guard(text string) string {
	if isFormula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// unguard is the text that Guard was given.
func unguard(text string) string {
	if rest, guarded := strings.CutPrefix(text, "'"); guarded && isFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return text
}

func isFormula(text string) bool {
	return strings.IndexAny(text, formulaSigns) == 0
}

// Column is the column that a mistake in a row is about; "line" for the row as a whole.
func Column(m *fault.Mistake) string {
	if column := strings.Join(m.Field, "."); column != "isPublished" {
		return column
	}
	return colIsPublished
}
