//go:build !cgo || windows

package sqliteplan

// Keep does nothing here: SQLite serves as well, and slower.
func Keep() error { return nil }
