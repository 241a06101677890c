//go:build unix

package keyring_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gatehouse/gatehouse/internal/keyring"
)

// A pipe would be read for ever.
func TestPipeIsRefused(t *testing.T) {
	w := newWorld(t)
	if err := syscall.Mkfifo(filepath.Join(w.Path, "a.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := keyring.Load(w.Path)
	wrong(t, err, "a.pem is not a regular file")
}
