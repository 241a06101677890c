//go:build unix

package database

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Where SQLite locks a database, in bytes from the file's beginning (https://www.sqlite.org/fileformat2.html#the_lock_byte_page).
// Whoever has a database open that has a log holds a lock there, by itself or with others.
const (
	lockBegin  = 1 << 30
	lockLength = 512
)

// seize keeps others from opening the database at path until it is closed. It is ErrInUse if somebody has it open. It reads
// nothing of it, so the database may be damaged, or not be there.
func seize(path string) (io.Closer, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return io.NopCloser(nil), nil
	}
	if err != nil {
		return nil, err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: lockBegin, Len: lockLength}
	err = syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return file, nil
}
