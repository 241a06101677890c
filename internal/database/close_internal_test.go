package database

import (
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A database that was closed is one file, even if the connection that writes was lost before, as to an interruption: those that
// only read cannot tidy up.
func TestCloseTidiesUp(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Answers(t.Context()); err != nil { // by a connection that reads
		t.Fatal(err)
	}
	conn, err := db.writePool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(filepath.Join(dir, "test.db"+suffix)); !os.IsNotExist(err) {
			t.Errorf("test.db%s is left: %v", suffix, err)
		}
	}
}
