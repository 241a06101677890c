// Package keyring keeps the keys of tokens in a directory: one file a key, and beside them one small file that says which
// key signs, and when others stopped.
//
// Key files are *.pem and *.json (see [Load]). What begins with a dot and what is a directory is none of ours; any other
// file is refused, as it is probably a key under the wrong name. No error or log line ever has anything of a file's content
// but the ids of keys.
package keyring

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse/gatehouse/internal/token"
)

// maxKeys is how many keys a directory may have. A token without kid is tried against all keys of its algorithm, so their
// number is what a forged one may cost.
const maxKeys = 32

// State is what a key is for at present.
type State string

// The states.
const (
	// Signing: signs, and verifies as all of them do.
	Signing State = "signing"
	// Published: is to sign next. It is told to servers and clients beforehand, so that none meets a token of a key that it
	// does not know.
	Published State = "published"
	// RetiredSoon: has signed, and is kept for the tokens that it signed.
	RetiredSoon State = "retired-soon"
	// VerifyOnly: verifies. Whether it has ever signed is not on record.
	VerifyOnly State = "verify-only"
)

// Entry is a key of the directory.
type Entry struct {
	Key token.Key
	// File is the name of its file in the directory.
	File string
	// State is what the key is for, and Since when; the zero time if that is not on record.
	State State
	Since time.Time
}

// Load reads the keys of a directory. The first one signs, if its state is [Signing]; then there is none that does not
// verify. It changes nothing.
//
// A *.pem file holds one key, private (PKCS #8, PKCS #1 or SEC 1, not encrypted) or public (PKIX or PKCS #1). Its algorithm
// follows from its kind, RS256 for RSA, unless it is in the name: api.PS256.pem. Its id is its RFC 7638 thumbprint. A *.json
// file holds one JSON Web Key, which names its id and algorithm itself; without kid the id is the thumbprint, and of a
// secret the file's name. A key that [token.NewKey] refuses is refused.
//
// Refused as well are files over 64 KiB, those of private keys and secrets that everybody may read, and anything that
// everybody may write, the directory included. Links are followed. Two keys of one id are refused, more than 32 keys, and
// none at all.
//
// A lone private key signs. Which one of several does must be on record, or Load fails and says how to choose.
func Load(path string) ([]Entry, error) {
	c, err := read(path)
	switch {
	case err != nil:
		return nil, err
	case len(c.entries) == 0:
		return nil, fmt.Errorf("%s holds no key; gatehouse keys generate makes one", path)
	}
	return c.entries, c.settled()
}

// contents are what a directory holds.
type contents struct {
	path     string
	entries  []Entry // in the order of their states, then of their ids
	recorded bool    // there is a record of who signs
}

// settled is an error if several keys could sign and nothing says which.
func (c contents) settled() error {
	signers := 0
	for _, e := range c.entries {
		if e.Key.Signs() {
			signers++
		}
	}
	if c.recorded || signers < 2 {
		return nil
	}
	return fmt.Errorf("%s holds %d keys that can sign, and no %s that says which one does; choose it by gatehouse keys rotate --to KID", c.path, signers, recordName)
}

// in is the key of a state that only one can have, or nil.
func (c contents) in(state State) *Entry {
	for i := range c.entries {
		if c.entries[i].State == state {
			return &c.entries[i]
		}
	}
	return nil
}

// named is the key of an id, or nil.
func (c contents) named(kid string) *Entry {
	for i := range c.entries {
		if c.entries[i].Key.ID() == kid {
			return &c.entries[i]
		}
	}
	return nil
}

// read reads the directory. A directory without keys is no mistake to it, nor one where nothing says which key signs.
//
// It takes no lock, as it may not be allowed to write there. When the record was replaced in the meantime, record and files
// may not fit one another, and it reads again.
func read(path string) (c contents, err error) {
	for range 10 {
		before, _ := os.Stat(filepath.Join(path, recordName)) // an error is told by readOnce
		c, err = readOnce(path)
		after, _ := os.Stat(filepath.Join(path, recordName))
		if before == nil && after == nil || os.SameFile(before, after) && before.ModTime().Equal(after.ModTime()) {
			break
		}
	}
	return c, err
}

func readOnce(path string) (contents, error) {
	c := contents{path: path}
	if err := checkDirectory(path); err != nil {
		return contents{}, err
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return contents{}, err
	}
	for _, file := range files {
		if strings.HasPrefix(file.Name(), ".") || file.Name() == recordName {
			continue
		}
		key, found, err := readKey(filepath.Join(path, file.Name()))
		if err != nil {
			return contents{}, err
		}
		if !found {
			continue
		}
		if other := c.named(key.ID()); other != nil {
			return contents{}, fmt.Errorf("%s and %s hold keys of the same id, %s", filepath.Join(path, other.File), file.Name(), key.ID())
		}
		c.entries = append(c.entries, Entry{Key: key, File: file.Name(), State: VerifyOnly})
	}
	if len(c.entries) > maxKeys {
		return contents{}, fmt.Errorf("%s holds %d keys; %d are the most", path, len(c.entries), maxKeys)
	}
	if err := c.readRecord(); err != nil {
		return contents{}, err
	}
	c.sort()
	return c, nil
}

// sort puts the keys into their order.
func (c contents) sort() {
	order := []State{Signing, Published, RetiredSoon, VerifyOnly}
	slices.SortFunc(c.entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State)), cmp.Compare(a.Key.ID(), b.Key.ID()))
	})
}

// checkDirectory refuses what is no directory, and one where anybody could put keys of their own.
func checkDirectory(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the directory of keys %s does not exist; gatehouse keys generate makes it", path)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory of keys, but a file", path)
	}
	return checkWritable(path, info)
}

// checkWritable refuses what everybody may write.
func checkWritable(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o002 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("%s may be written by everybody (mode %#o); run: chmod o-w on it", path, mode)
	}
	return nil
}
