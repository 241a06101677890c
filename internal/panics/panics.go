// Package panics keeps a panic from being more than an error: of a request, or of one turn of what runs in the
// background. Nobody else catches those of goroutines, and one that nobody catches ends the program.
package panics

import (
	"fmt"
	"runtime/debug"
)

// Error is the error that a recovered panic is, with the stack of the goroutine that panicked: for the log, and never for a
// client. Call it in the deferred function that recovers.
func Error(panicked any) error { return fmt.Errorf("panic: %v\n%s", panicked, debug.Stack()) }

// Caught answers the error of f, or the [Error] of its panic.
func Caught(f func() error) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = Error(panicked)
		}
	}()
	return f()
}
