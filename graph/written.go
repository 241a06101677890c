package graph

import (
	"io"

	"github.com/gatehouse/gatehouse/internal/scratch"
)

// written is an answer that is JSON already, in memory of a pool.
type written struct {
	text *scratch.Text
	of   *scratch.Pool
}

// MarshalGQL writes it, once, as gqlgen does: the memory is for others then. Whoever cannot be written to finds out by themselves.
func (w *written) MarshalGQL(to io.Writer) {
	text := w.text
	w.text = nil
	_, _ = to.Write(text.Bytes)
	w.of.Give(text)
}
