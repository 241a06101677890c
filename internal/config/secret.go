package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	minSecretBytes = 32      // of a key that may sign tokens
	maxSecretBytes = 1 << 16 // of a key file: what is larger is some other file
	newSecretBytes = 48      // of randomness in a key that is created
	makeSecretHint = "openssl rand -base64 48 makes one"
)

// Secret is text that does not show when it is printed, logged or encoded. [Secret.Bytes] has the text itself.
type Secret string

const redacted = "[redacted]"

// Bytes is the secret itself.
func (s Secret) Bytes() []byte { return []byte(s) }

// String tells no more than whether there is a secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString is String, quoted.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format writes String whatever the verb; fmt would print the text itself for a verb that does not suit. (It still does for
// %p, without asking; go vet refuses that.)
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && f.Flag('#') {
		text = s.GoString()
	}
	_, _ = io.WriteString(f, text)
}

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LoadOrCreateSecret returns the key that is kept in the file at path, creating it on the first run, with the directory
// it is in. The key is the file's text without the newline at its end: base64 of 48 bytes from random, if created here,
// and at least 32 bytes in any case.
//
// However many processes come here at once, the file is only ever seen whole, and all of them return the same key. It is
// refused if it is anything but a regular file, or if anyone but its owner has access to it. No error contains the key.
func LoadOrCreateSecret(path string, random io.Reader) ([]byte, error) {
	key, err := readOwnKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKeyFile(path, random); err != nil {
		return nil, fmt.Errorf("creating the secret key: %w", err)
	}
	return readOwnKeyFile(path)
}

// createKeyFile makes the file, unless someone else was faster. Only a complete one is given its name, and a name that is
// taken is left alone.
func createKeyFile(path string, random io.Reader) error {
	key := make([]byte, newSecretBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return fmt.Errorf("no randomness: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = io.WriteString(draft, base64.StdEncoding.EncodeToString(key)+"\n")
	if err == nil {
		err = draft.Sync()
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w (does the file system lack hard links? then set GATEHOUSE_SECRET_KEY)", err)
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

// readOwnKeyFile reads a key file that the server made for itself, and which nobody else may have access to.
func readOwnKeyFile(path string) ([]byte, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !named.Mode().IsRegular() {
		return nil, fmt.Errorf("the secret key %s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	opened, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(named, opened) {
		return nil, fmt.Errorf("the secret key %s was replaced while it was read", path)
	}
	if mode := opened.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the secret key %s is open to others (mode %#o); run: chmod 600 %s", path, mode, quote(path))
	}
	return readKey(file, path)
}

// readKeyFile reads a key file that someone provided. Who may read it is their business: containers are commonly given
// secrets in files that all may read.
func readKeyFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return readKey(file, path)
}

// readKey reads a key, leaving out one newline at its end.
func readKey(file io.Reader, path string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	if err != nil {
		return nil, err
	}
	key := strings.TrimSuffix(string(text), "\n")
	if len(key) < len(text) {
		key = strings.TrimSuffix(key, "\r")
	}
	switch {
	case len(text) > maxSecretBytes:
		return nil, fmt.Errorf("%s is too large for a secret key: more than %d bytes", path, maxSecretBytes)
	case len(key) < minSecretBytes:
		return nil, fmt.Errorf("the secret key in %s must have at least %d bytes, has %d; %s", path, minSecretBytes, len(key), makeSecretHint)
	}
	return []byte(key), nil
}

// quote makes a path one word of a shell command.
func quote(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
