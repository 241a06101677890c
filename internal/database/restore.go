package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

var (
	// ErrDamaged says that a copy is not whole.
	ErrDamaged = errors.New("the copy is not whole")
	// ErrInUse says that a program has the database open.
	ErrInUse = errors.New("a program has the database open: stop the server first")
	// ErrOccupied says that there is a database where another is to be put.
	ErrOccupied = errors.New("there is a database already")
)

// Restore puts a copy in the place of the SQLite database at path, and answers under which name the database is now that was
// there before; empty if there was none. Without replace, that is ErrOccupied. It is ErrDamaged for a copy that Inspect has
// something against, and ErrInUse while a program has the database open, even one that is damaged. Nobody may open it meanwhile.
//
// The copy itself stays as it is. Whatever interrupts the rest, the old database is whole, with its log, under its name or
// the one that it is given; and at path there is it, or nothing, or the new one as a whole.
func Restore(ctx context.Context, file, path string, replace bool) (replaced string, err error) {
	report, err := Inspect(ctx, file)
	if err != nil {
		return "", err
	}
	if len(report.Problems) > 0 {
		return "", fmt.Errorf("%w: %s", ErrDamaged, strings.Join(report.Problems, "; "))
	}
	if same(file, path) {
		return "", fmt.Errorf("%s is the database itself", file)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil { // a link stays one
		path = target
	}
	seized, err := seize(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, seized.Close()) }()
	if !replace && !vacant(path) {
		return "", fmt.Errorf("%s: %w", path, ErrOccupied)
	}
	aside, err := freeName(path + ".replaced")
	if err != nil {
		return "", err
	}
	draft, err := drafted(ctx, copyDSN(file), aside) // to the same folder: the name itself is still taken
	if err != nil {
		return "", err
	}
	if replaced, err = moveAside(path, aside); err != nil {
		return replaced, errors.Join(err, draft.discard())
	}
	return replaced, draft.publish(path)
}

func same(file, path string) bool {
	a, errA := os.Stat(file)
	b, errB := os.Stat(path)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// vacant says whether there is no database at path, nor the log of one.
func vacant(path string) bool {
	for _, suffix := range append(sideFiles(), "") {
		if info, err := os.Lstat(path + suffix); err == nil && info.Size() > 0 {
			return false
		}
	}
	return true
}

// freeName is a name like that one that no database has.
func freeName(like string) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s-%d", like, n)
		taken, err := filepath.Glob(name + "*")
		if err != nil {
			return "", err
		}
		if len(taken) == 0 {
			return name, nil
		}
	}
}

// moveAside gives a database another name, and with it all that belongs to it, which has both names for a moment. The index
// of its log (-shm) is not of use to anybody else. It answers the name, or nothing when there was no database.
func moveAside(path, aside string) (moved string, err error) {
	for _, suffix := range []string{"-wal", "-journal", ""} {
		switch err := os.Link(path+suffix, aside+suffix); {
		case err == nil:
			moved = aside
		case !errors.Is(err, fs.ErrNotExist):
			return moved, err
		}
	}
	for _, suffix := range []string{"", "-wal", "-journal", "-shm"} { // without the database first: its log is nothing then
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return moved, err
		}
	}
	return moved, syncFolder(filepath.Dir(path))
}
