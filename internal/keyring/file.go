package keyring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gatehouse/gatehouse/internal/token"
)

// maxFile is the most bytes a file may have. A key of 4,096 bits takes some 4,000.
const maxFile = 64 << 10

// readKey reads a key file. What is a directory is not found, nor what was removed since the directory was listed.
func readKey(path string) (key token.Key, found bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return token.Key{}, false, nil
		}
		return token.Key{}, false, fmt.Errorf("%s is a link to nothing", path)
	}
	if err != nil || info.IsDir() {
		return token.Key{}, false, err
	}
	parse := map[string]func(string, []byte) (token.Key, error){".pem": parsePEM, ".json": parseJWK}[filepath.Ext(path)]
	if parse == nil {
		return token.Key{}, false, fmt.Errorf("%s is neither a .pem nor a .json file; only keys belong into this directory", path)
	}
	text, info, err := readFile(path, info)
	if errors.Is(err, fs.ErrNotExist) {
		return token.Key{}, false, nil // removed this very moment
	}
	if err != nil {
		return token.Key{}, false, err
	}
	if key, err = parse(filepath.Base(path), text); err != nil {
		return token.Key{}, false, fmt.Errorf("%s: %w", path, err)
	}
	if mode := info.Mode().Perm(); key.Signs() && mode&0o004 != 0 && runtime.GOOS != "windows" {
		return token.Key{}, false, fmt.Errorf("%s is a private key that everybody may read (mode %#o); replace it, since somebody may have, or run: chmod o-r on it", path, mode)
	}
	return key, true, nil
}

// readFile reads a small regular file that not everybody may write. The info is what was known of it before: a pipe, for
// one, would never end.
func readFile(path string, info fs.FileInfo) ([]byte, fs.FileInfo, error) {
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }()
	if info, err = file.Stat(); err != nil { // of what is read, should it be another by now
		return nil, nil, err
	}
	if err := checkWritable(path, info); err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(text) > maxFile:
		return nil, nil, fmt.Errorf("%s is too large for a key: more than %d bytes", path, maxFile)
	}
	return text, info, nil
}

// writeFile makes or replaces a file that only its owner may read. Others see all of it or what was there before, and it
// lasts.
func writeFile(path string, text []byte) error {
	dir := filepath.Dir(path)
	draft, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // mode 0600; its dot keeps it from being read
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.Write(text)
	if err == nil {
		err = draft.Sync()
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the names in a directory last.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
