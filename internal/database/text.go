package database

import "strings"

// PostgreSQL's texts are valid UTF-8 without NUL, and it fails on an argument that is not. SQLite takes anything, and so
// may a client ask for anything, or a program name itself so in its User-Agent. No stored text that clients can ask for
// has a control character but line breaks and tabs, so NUL finds, and sorts, as U+0001 does: nothing is the same, and
// everything that is more is more.

// storable is a text as PostgreSQL takes it.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\x01")
}

// storableArgs are the arguments of a statement, the same where there is nothing to change. Ent hands on its own.
func storableArgs(args any) any {
	list, ok := args.([]any)
	if !ok {
		return args
	}
	changed := false
	for i, arg := range list {
		text, ok := arg.(string)
		if !ok {
			continue
		}
		if fit := storable(text); fit != text {
			if !changed {
				list, changed = append([]any(nil), list...), true
			}
			list[i] = fit
		}
	}
	return list
}
