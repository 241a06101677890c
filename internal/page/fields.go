package page

// Fields are the fields a client selected, with those selected below them: a tree of field names. Nil below a field that has
// fields says that all of them are wanted.
type Fields map[string]Fields

// Has says whether the field was selected.
func (f Fields) Has(name string) bool {
	_, ok := f[name]
	return ok
}

// Add notes that the field was selected, with what was selected below it.
func (f Fields) Add(name string, below Fields) { f[name] = merge(f[name], below) }

// Rows are the fields selected of a connection's rows, whether through nodes or through edges.
func (f Fields) Rows() Fields {
	return merge(f["nodes"], f["edges"]["node"])
}

// merge is what either selects.
func merge(a, b Fields) Fields {
	if len(a) == 0 {
		return b
	}
	both := make(Fields, len(a)+len(b))
	for name, below := range a {
		both[name] = below
	}
	for name, below := range b {
		both[name] = merge(both[name], below)
	}
	return both
}
