package keyring_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/keyring"
	"github.com/gatehouse/gatehouse/internal/token"
)

// pairs are made once, as RSA keys take their time.
var pairs = sync.OnceValue(func() (p struct {
	rsa, small *rsa.PrivateKey
	p224, p256 *ecdsa.PrivateKey
	p384, p521 *ecdsa.PrivateKey
	ed         ed25519.PrivateKey
},
) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var err error
	p.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	p.small, err = rsa.GenerateKey(rand.Reader, 1024)
	must(err)
	for key, curve := range map[**ecdsa.PrivateKey]elliptic.Curve{&p.p224: elliptic.P224(), &p.p256: elliptic.P256(), &p.p384: elliptic.P384(), &p.p521: elliptic.P521()} {
		*key, err = ecdsa.GenerateKey(curve, rand.Reader)
		must(err)
	}
	_, p.ed, err = ed25519.GenerateKey(rand.Reader)
	must(err)
	return p
})

// world is a directory of keys at a moment that the test sets.
type world struct {
	keyring.Directory
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 1, 31, 9, 30, 0, 123456789, time.UTC)}
	w.Directory = keyring.Directory{
		Path:   filepath.Join(t.TempDir(), "keys"),
		Now:    func() time.Time { return w.now },
		Random: rand.Reader,
	}
	if err := os.Mkdir(w.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	return w
}

// put writes a file that only its owner may read.
func (w *world) put(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.Path, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// load is what Load reads, written as: state kid alg file, a line for each.
func (w *world) load(t *testing.T) string {
	t.Helper()
	entries, err := keyring.Load(w.Path)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return described(entries)
}

func described(entries []keyring.Entry) string {
	var lines []string
	for _, e := range entries {
		lines = append(lines, strings.Join([]string{string(e.State), e.Key.ID(), string(e.Key.Algorithm()), e.File}, " "))
	}
	return strings.Join(lines, "\n")
}

// generate makes a key that must be good.
func (w *world) generate(t *testing.T, alg token.Algorithm, kid string) keyring.Entry {
	t.Helper()
	e, err := w.Generate(alg, kid)
	if err != nil {
		t.Fatalf("Generate: %v", err)
	}
	return e
}

// rotate must succeed.
func (w *world) rotate(t *testing.T) keyring.Change {
	t.Helper()
	c, err := w.Rotate("", false)
	if err != nil {
		t.Fatalf("Rotate: %v", err)
	}
	return c
}

// wrong fails unless the error says something like this.
func wrong(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("the error is %v, want one that says %q", err, says)
	}
}

func block(kind string, der []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// private is a key as PKCS #8.
func private(key any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return block("PRIVATE KEY", der, err)
}

// public is the public part of a key as PKIX.
func public(key any) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	return block("PUBLIC KEY", der, err)
}

// jwk is a key as a JSON Web Key, with members added or replaced: pairs of a name and a value; nil removes it.
func jwk(t *testing.T, alg token.Algorithm, kid string, material any, members ...any) []byte {
	t.Helper()
	key, err := token.NewKey(alg, kid, material)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(key.JWK())
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(members); i += 2 {
		if object[members[i].(string)] = members[i+1]; members[i+1] == nil {
			delete(object, members[i].(string))
		}
	}
	text, err = json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// idOf is the thumbprint of a key.
func idOf(t *testing.T, alg token.Algorithm, material any) string {
	t.Helper()
	key, err := token.NewKey(alg, "", material)
	if err != nil {
		t.Fatal(err)
	}
	return key.ID()
}

const secret = "a secret as long as the hash of HS512, which is sixty-four bytes."
