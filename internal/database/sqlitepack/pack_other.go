//go:build !cgo || windows

package sqlitepack

// Available says that there is the function that [Query] calls: rows are read by the driver here.
const Available = false

// Add does nothing here.
func Add() error { return nil }
