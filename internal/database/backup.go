package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"entgo.io/ent/dialect"
)

// ErrNoCopy says that the database is not one that this program makes copies of.
var ErrNoCopy = errors.New("only SQLite databases are copied by this program: for PostgreSQL use pg_dump")

// Backup writes a copy of the database to a file, for this user's eyes only: password hashes are in it. The copy holds all
// that was committed before the call, and all or nothing of what is committed during it; others read and write meanwhile.
//
// The file must not exist, or the error is fs.ErrExist: two who write to one name do not replace each other's either. Whatever
// interrupts it, there is a whole copy under that name or none, and once it has returned a whole one that lasts. A program
// that is killed may leave a file .gatehouse-copy-* in the same folder.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.readDriver.Dialect() != dialect.SQLite {
		return ErrNoCopy
	}
	draft, err := drafted(ctx, dsn(db.path, url.Values{"mode": {"rw"}, "_busy_timeout": {milliseconds(busyTimeout)}}), file)
	if err != nil {
		return err
	}
	return draft.publish(file)
}

// draft is a whole copy of a database that has no name yet.
type draft struct{ path string }

// drafted copies a database to where file will be. The source is a URI.
func drafted(ctx context.Context, source, file string) (_ draft, err error) {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s: %w", file, fs.ErrExist)
		}
		return draft{}, err
	}
	made, err := os.CreateTemp(filepath.Dir(file), ".gatehouse-copy-*") // with mode 0600
	if err != nil {
		return draft{}, err
	}
	d := draft{made.Name()}
	defer func() {
		err = errors.Join(err, made.Close())
		if err != nil {
			err = errors.Join(err, d.discard())
		}
	}()
	if err := vacuumInto(ctx, source, d.path); err != nil {
		return draft{}, err
	}
	if err := made.Sync(); err != nil { // VACUUM INTO does not
		return draft{}, fmt.Errorf("writing the copy: %w", err)
	}
	return d, nil
}

// vacuumInto copies a database into an empty file, within one reading transaction.
func vacuumInto(ctx context.Context, source, file string) (err error) {
	pool, err := sql.Open("sqlite3", source)
	if err != nil {
		return fmt.Errorf("opening the database to copy: %w", err)
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	if _, err := pool.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	return nil
}

// publish gives the copy its name, unless another file has it by now.
func (d draft) publish(file string) error {
	err := os.Link(d.path, file) // unlike a renaming, it replaces nothing
	if err = errors.Join(err, d.discard()); err != nil {
		return fmt.Errorf("naming the copy: %w", err)
	}
	return syncFolder(filepath.Dir(file))
}

// discard removes the draft, under this name.
func (d draft) discard() error {
	err := os.Remove(d.path)
	for _, suffix := range sideFiles() {
		if side := os.Remove(d.path + suffix); !errors.Is(side, fs.ErrNotExist) {
			err = errors.Join(err, side)
		}
	}
	return err
}

// sideFiles are the endings of the names of what SQLite keeps beside a database (https://www.sqlite.org/tempfiles.html).
func sideFiles() []string { return []string{"-wal", "-shm", "-journal"} }

// syncFolder has the names in a folder last.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // where folders cannot be opened for that
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
