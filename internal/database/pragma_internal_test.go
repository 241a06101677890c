package database

import (
	"path/filepath"
	"testing"
)

// TestPragmas asks the connections themselves: a misspelled parameter of the driver is silently ignored.
func TestPragmas(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pragma, want := range map[string]string{
		"journal_mode": "wal",
		"synchronous":  "2", // FULL
		"foreign_keys": "1",
		"busy_timeout": "5000",
	} {
		var got string
		if err := db.writePool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
		}
	}
	if n := db.writePool.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d connections may write at once", n)
	}
}
