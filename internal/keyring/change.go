package keyring

import (
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Directory is a directory of keys that is to be changed. Any number of programs may change one at once: they take turns.
type Directory struct {
	Path string
	// Now is the clock, and Random what secrets and their names are made of.
	Now    func() time.Time
	Random io.Reader
}

// List is the keys there are, in the order of [Load]. Unlike that it does not mind if there are none, or nothing says which
// one signs.
func (d Directory) List() ([]Entry, error) {
	c, err := read(d.Path)
	return c.entries, err
}

// now is the time as it is put on record.
func (d Directory) now() time.Time { return d.Now().UTC().Truncate(time.Second) }

// change changes the directory while no other program does, and puts on record which key signs.
func (d Directory) change(change func(*contents) error) (err error) {
	if err := checkDirectory(d.Path); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(d.Path, ".lock"), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	c, err := read(d.Path)
	if err != nil {
		return err
	}
	if err := change(&c); err != nil {
		return err
	}
	if c.in(Signing) == nil {
		return nil // nothing to put on record: a lone key signs, or the next command chooses one
	}
	return c.writeRecord()
}
