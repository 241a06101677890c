package graph

import "io"

// written is an answer that is JSON already.
type written []byte

// MarshalGQL writes it. Whoever cannot be written to finds out by themselves.
func (text written) MarshalGQL(w io.Writer) { _, _ = w.Write(text) }
