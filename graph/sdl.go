package graph

import (
	"errors"
	"io"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/gatehouse/gatehouse/graph/generated"
)

// WriteSDL writes the whole schema in GraphQL's schema definition language.
func WriteSDL(w io.Writer) error {
	checked := &checkedWriter{w: w}
	formatter.NewFormatter(checked, formatter.WithIndent("  ")).FormatSchema(Schema())
	return checked.err
}

// Schema is what the API promises.
func Schema() *ast.Schema {
	return generated.NewExecutableSchema(generated.Config{}).Schema()
}

// checkedWriter keeps the first error of a writer, which gqlparser's formatter ignores.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.err = errors.Join(c.err, err)
	return n, err
}
