package keyring

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gatehouse/gatehouse/internal/token"
)

const (
	newSecretBytes = 64   // as many as the longest hash has
	newRSABits     = 3072 // 128 bits of security, as P-256 and Ed25519 have
)

// Generate makes a key and, if need be, the directory. The first key that can sign does so at once; another is [Published],
// of which there can be one at a time. The id is at most 64 letters, digits and ._- and begins with none of these three;
// empty, it is the thumbprint, or for a secret random.
func (d Directory) Generate(algorithm token.Algorithm, kid string) (made Entry, err error) {
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		return Entry{}, err
	}
	err = d.change(func(c *contents) error {
		if err := c.settled(); err != nil {
			return err
		}
		made, err = d.add(c, algorithm, kid)
		return err
	})
	return made, err
}

// add makes a key and its file.
func (d Directory) add(c *contents, algorithm token.Algorithm, kid string) (Entry, error) {
	if published := c.in(Published); published != nil {
		return Entry{}, errPublished(published)
	}
	if len(c.entries) >= maxKeys { // with one more nobody could read the directory, not even to retire one
		return Entry{}, fmt.Errorf("%s holds %d keys, which are the most; gatehouse keys retire removes one", d.Path, len(c.entries))
	}
	if name := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`); kid != "" && !name.MatchString(kid) {
		return Entry{}, errors.New("the id of a new key must be 1 to 64 letters, digits and ._- and begin with a letter or digit")
	}
	key, err := d.newKey(algorithm, kid)
	if err != nil {
		return Entry{}, err
	}
	entry := Entry{Key: key, File: key.ID() + ".json", State: Published, Since: d.now()}
	if c.in(Signing) == nil {
		entry.State = Signing
	}
	path := filepath.Join(d.Path, entry.File)
	if _, err := os.Lstat(path); c.named(key.ID()) != nil || !errors.Is(err, fs.ErrNotExist) {
		return Entry{}, fmt.Errorf("there is a key %s, or a file of that name, already", key.ID())
	}
	text, err := json.MarshalIndent(key.JWK(), "", "  ")
	if err != nil {
		return Entry{}, err
	}
	if c.in(Signing) != nil && !c.recorded {
		// A lone key signs unrecorded, but not beside another one: not even for the moment until that is on record.
		if err := c.writeRecord(); err != nil {
			return Entry{}, err
		}
	}
	if err := writeFile(path, append(text, '\n')); err != nil {
		return Entry{}, err
	}
	c.entries = append(c.entries, entry)
	return entry, nil
}

// newKey makes a key. An id never begins with a dash: on the command line it would be a flag.
func (d Directory) newKey(algorithm token.Algorithm, kid string) (token.Key, error) {
	for {
		material, err := d.material(algorithm)
		if err != nil {
			return token.Key{}, err
		}
		if _, secret := material.([]byte); secret && kid == "" {
			if kid, err = token.NewID(d.Random); err != nil {
				return token.Key{}, err
			}
		}
		key, err := token.NewKey(algorithm, kid, material)
		if err != nil || !strings.HasPrefix(key.ID(), "-") {
			return key, err
		}
	}
}

// material is what a new key of an algorithm is made of.
func (d Directory) material(algorithm token.Algorithm) (any, error) {
	switch algorithm {
	case token.HS256, token.HS384, token.HS512:
		secret := make([]byte, newSecretBytes)
		_, err := io.ReadFull(d.Random, secret)
		return secret, err
	case token.RS256, token.RS384, token.RS512, token.PS256, token.PS384, token.PS512:
		return rsa.GenerateKey(d.Random, newRSABits)
	case token.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), d.Random)
	case token.ES384:
		return ecdsa.GenerateKey(elliptic.P384(), d.Random)
	case token.ES512:
		return ecdsa.GenerateKey(elliptic.P521(), d.Random)
	case token.EdDSA:
		_, private, err := ed25519.GenerateKey(d.Random)
		return private, err
	default:
		return nil, fmt.Errorf("%q is not an algorithm that signs tokens", algorithm)
	}
}
