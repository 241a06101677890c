package keyring_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/keyring"
	"github.com/gatehouse/gatehouse/internal/token"
)

func TestKindsOfFiles(t *testing.T) {
	p := pairs()
	sec1, err := x509.MarshalECPrivateKey(p.p384)
	if err != nil {
		t.Fatal(err)
	}
	ecParameters := block("EC PARAMETERS", []byte{6, 5, 43, 129, 4, 0, 34}, nil)
	for name, row := range map[string]struct {
		file string
		text []byte
		want string // state, id and algorithm
	}{
		"PKCS 8, RSA":              {"a.pem", private(p.rsa), "signing " + idOf(t, "RS256", p.rsa) + " RS256"},
		"PKCS 8, P-256":            {"a.pem", private(p.p256), "signing " + idOf(t, "ES256", p.p256) + " ES256"},
		"PKCS 8, P-521":            {"a.pem", private(p.p521), "signing " + idOf(t, "ES512", p.p521) + " ES512"},
		"PKCS 8, Ed25519":          {"a.pem", private(p.ed), "signing " + idOf(t, "EdDSA", p.ed) + " EdDSA"},
		"PKCS 1":                   {"a.pem", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(p.rsa), nil), "signing " + idOf(t, "RS256", p.rsa) + " RS256"},
		"SEC 1":                    {"a.pem", block("EC PRIVATE KEY", sec1, nil), "signing " + idOf(t, "ES384", p.p384) + " ES384"},
		"as openssl writes it":     {"a.pem", append(ecParameters, block("EC PRIVATE KEY", sec1, nil)...), "signing " + idOf(t, "ES384", p.p384) + " ES384"},
		"text around it":           {"a.pem", slices.Concat([]byte("Bag Attributes\n"), private(p.ed), []byte("\n\n")), "signing " + idOf(t, "EdDSA", p.ed) + " EdDSA"},
		"PKIX":                     {"a.pem", public(p.p256.Public()), "verify-only " + idOf(t, "ES256", p.p256) + " ES256"},
		"PKCS 1, public":           {"a.pem", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&p.rsa.PublicKey), nil), "verify-only " + idOf(t, "RS256", p.rsa) + " RS256"},
		"an algorithm in the name": {"api.PS384.pem", private(p.rsa), "signing " + idOf(t, "PS384", p.rsa) + " PS384"},
		"in lower case":            {"api.rs512.pem", private(p.rsa), "signing " + idOf(t, "RS512", p.rsa) + " RS512"},
		"a name with dots":         {"api.example.com.pem", private(p.rsa), "signing " + idOf(t, "RS256", p.rsa) + " RS256"},
		"JWK, RSA":                 {"a.json", jwk(t, "PS256", "", p.rsa), "signing " + idOf(t, "PS256", p.rsa) + " PS256"},
		"JWK without alg":          {"a.json", jwk(t, "RS512", "", p.rsa, "alg", nil), "signing " + idOf(t, "RS256", p.rsa) + " RS256"},
		"JWK with a kid":           {"a.json", jwk(t, "ES256", "spring", p.p256), "signing spring ES256"},
		"JWK without kid":          {"a.json", jwk(t, "EdDSA", "spring", p.ed, "kid", nil), "signing " + idOf(t, "EdDSA", p.ed) + " EdDSA"},
		"JWK, public":              {"a.json", jwk(t, "EdDSA", "spring", p.ed.Public()), "verify-only spring EdDSA"},
		"JWK, a secret":            {"a.json", jwk(t, "HS512", "spring", []byte(secret)), "signing spring HS512"},
		"a secret without kid":     {"autumn.json", jwk(t, "HS256", "", []byte(secret)), "signing autumn HS256"},
		"without use":              {"a.json", jwk(t, "ES256", "a", p.p256, "use", nil), "signing a ES256"},
		"for signing":              {"a.json", jwk(t, "ES256", "a", p.p256, "key_ops", []string{"sign", "verify"}), "signing a ES256"},
		"for verifying":            {"a.json", jwk(t, "ES256", "a", p.p256.Public(), "key_ops", []string{"verify"}), "verify-only a ES256"},
		"with strange members":     {"a.json", jwk(t, "ES256", "a", p.p256, "ext", true, "tenant", map[string]any{"name": "x"}), "signing a ES256"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.put(t, row.file, row.text)
			if got := w.load(t); got != row.want+" "+row.file {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func TestFilesRefused(t *testing.T) {
	p := pairs()
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	legacy := block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(p.rsa), nil)
	legacy = []byte(strings.Replace(string(legacy), "-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n", 1))
	set := slices.Concat([]byte(`{"keys":[`), jwk(t, "ES256", "a", p.p256), []byte(`]}`))
	twice := slices.Concat([]byte(`{"kid":"b",`), jwk(t, "ES256", "a", p.p256)[1:])
	for name, row := range map[string]struct {
		file string
		text []byte
		says string
	}{
		"no extension":             {"key", private(p.ed), "neither a .pem nor a .json file"},
		"another extension":        {"key.pub", public(p.ed.Public()), "neither a .pem nor a .json file"},
		"a backup":                 {"key.pem~", private(p.ed), "neither a .pem nor a .json file"},
		"an extension in capitals": {"KEY.PEM", private(p.ed), "neither a .pem nor a .json file"},
		"the wrong extension":      {"a.json", private(p.ed), "is not a JSON object"},
		"JWK by the name of PEM":   {"a.pem", jwk(t, "ES256", "a", p.p256), "is not PEM"},
		"empty":                    {"a.pem", nil, "is not PEM"},
		"half":                     {"a.pem", private(p.rsa)[:200], "is not PEM"},
		"one and a half":           {"a.pem", append(private(p.ed), private(p.rsa)[:200]...), "damaged"},
		"two":                      {"a.pem", append(private(p.ed), private(p.p256)...), "more than one key"},
		"a pair in two parts":      {"a.pem", append(private(p.ed), public(p.ed.Public())...), "more than one key"},
		"a certificate":            {"a.pem", block("CERTIFICATE", []byte("x"), nil), "neither a private nor a public key"},
		"parameters alone":         {"a.pem", block("EC PARAMETERS", []byte("x"), nil), "is not PEM"},
		"encrypted":                {"a.pem", block("ENCRYPTED PRIVATE KEY", []byte("x"), nil), "is encrypted"},
		"encrypted the old way":    {"a.pem", legacy, "is encrypted"},
		"not what it says":         {"a.pem", block("PRIVATE KEY", []byte("x"), nil), "its private key cannot be read"},
		"not a public key":         {"a.pem", block("PUBLIC KEY", []byte("x"), nil), "its public key cannot be read"},
		"RSA of 1,024 bits":        {"a.pem", private(p.small), "at least 2048 bits, this one has 1024"},
		"public, of 1,024 bits":    {"a.pem", public(p.small.Public()), "at least 2048 bits, this one has 1024"},
		"P-224":                    {"a.pem", private(p.p224), "signs no tokens"},
		"X25519":                   {"a.pem", private(x25519), "signs no tokens"},
		"the name of another":      {"a.ES384.pem", private(p.p256), "needs a key on the curve P-384"},
		"RSA for ES256":            {"a.ES256.pem", private(p.rsa), "not a key of another kind"},
		"RSA for HS256":            {"a.HS256.pem", private(p.rsa), "not a key of another kind"},
		"not JSON":                 {"a.json", []byte("{"), "is not a JSON object"},
		"an array":                 {"a.json", []byte("[]"), "is not a JSON object"},
		"null":                     {"a.json", []byte("null"), "is not a JSON Web Key"},
		"an empty object":          {"a.json", []byte("{}"), "is not a JSON Web Key"},
		"a set":                    {"a.json", set, "is a set of keys"},
		"a name twice":             {"a.json", twice, "has a name twice"},
		"more after it":            {"a.json", append(jwk(t, "ES256", "a", p.p256), '}'), "is not a JSON object"},
		"a secret without alg":     {"a.json", jwk(t, "HS256", "a", []byte(secret), "alg", nil), `a secret without "alg"`},
		"a short secret":           {"a.json", jwk(t, "HS256", "a", []byte(secret), "k", "c2hvcnQ"), "at least 32 bytes, this one has 5"},
		"too short for HS512":      {"a.json", jwk(t, "HS256", "a", make([]byte, 32), "alg", "HS512"), "at least 64 bytes, this one has 32"},
		"alg none":                 {"a.json", jwk(t, "ES256", "a", p.p256, "alg", "none"), `its "alg" is not an algorithm`},
		"alg of encryption":        {"a.json", jwk(t, "RS256", "a", p.rsa, "alg", "RSA-OAEP"), "is not an algorithm"},
		"something else as alg":    {"a.json", jwk(t, "HS256", "a", []byte(secret), "alg", "a passphrase in the wrong place"), "is not an algorithm"},
		"alg of another curve":     {"a.json", jwk(t, "ES256", "a", p.p256, "alg", "ES512"), "needs a key on the curve P-521"},
		"a public key for HMAC":    {"a.json", jwk(t, "RS256", "a", p.rsa.Public(), "alg", "HS256"), "needs a secret"},
		"for encryption":           {"a.json", jwk(t, "RS256", "a", p.rsa, "use", "enc"), `its "use" is another`},
		"only for verifying":       {"a.json", jwk(t, "RS256", "a", p.rsa, "key_ops", []string{"verify"}), `do not have "sign"`},
		"only for wrapping":        {"a.json", jwk(t, "HS256", "a", []byte(secret), "key_ops", []string{"wrapKey"}), `do not have "sign"`},
		"public, only for signing": {"a.json", jwk(t, "RS256", "a", p.rsa.Public(), "key_ops", []string{"sign"}), `do not have "verify"`},
		"for nothing":              {"a.json", jwk(t, "ES256", "a", p.p256, "key_ops", []string{}), `do not have "sign"`},
		"for what is no list":      {"a.json", jwk(t, "ES256", "a", p.p256, "key_ops", "sign"), `do not have "sign"`},
		"another's point":          {"a.json", jwk(t, "ES256", "a", p.p256, "x", strings.Repeat("A", 43)), "is not a JSON Web Key"},
		"another's private part":   {"a.json", jwk(t, "ES256", "a", p.p256, "d", strings.Repeat("A", 42)+"E"), "not that of its public part"},
		"a kid that is a number":   {"a.json", jwk(t, "ES256", "a", p.p256, "kid", 7), "is not a JSON Web Key"},
		"a kid with a blank":       {"a.json", jwk(t, "ES256", "a", p.p256, "kid", "a b"), "visible ASCII"},
		"a kid with a line break":  {"a.json", jwk(t, "ES256", "a", p.p256, "kid", "a\nsigning"), "visible ASCII"},
		"a long kid":               {"a.json", jwk(t, "ES256", "a", p.p256, "kid", strings.Repeat("k", 129)), "visible ASCII"},
		"a secret's odd file name": {"my secret.json", jwk(t, "HS256", "", []byte(secret)), "visible ASCII"},
		"too large":                {"a.pem", append(private(p.ed), make([]byte, 64<<10)...), "too large"},
		"a key of two primes less": {"a.json", jwk(t, "RS256", "a", p.rsa, "p", nil), "is not a JSON Web Key"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.put(t, "good.pem", private(p.p521))
			w.put(t, row.file, row.text)
			entries, err := keyring.Load(w.Path)
			if err == nil || entries != nil {
				t.Fatalf("Load: %s, %v", described(entries), err)
			}
			wrong(t, err, row.says)
			wrong(t, err, row.file) // it names the file, and tells nothing of what is in it
			for _, part := range strings.FieldsFunc(string(row.text), func(r rune) bool { return strings.ContainsRune("\n\"", r) }) {
				if len(part) > 20 && strings.Contains(err.Error(), part[:20]) {
					t.Errorf("the error quotes the file: %v", err)
				}
			}
		})
	}
}

func TestModes(t *testing.T) {
	for _, row := range []struct {
		file string
		text []byte
		mode os.FileMode
		good bool
	}{
		{"a.pem", private(pairs().ed), 0o600, true},
		{"a.pem", private(pairs().ed), 0o400, true},
		{"a.pem", private(pairs().ed), 0o440, true}, // as Kubernetes has it
		{"a.pem", private(pairs().ed), 0o660, true},
		{"a.pem", private(pairs().ed), 0o604, false},
		{"a.pem", private(pairs().ed), 0o644, false},
		{"a.pem", private(pairs().ed), 0o602, false},
		{"a.pem", private(pairs().ed), 0o666, false},
		{"a.json", jwk(t, "HS256", "a", []byte(secret)), 0o644, false},
		{"a.pem", public(pairs().ed.Public()), 0o644, true},
		{"a.pem", public(pairs().ed.Public()), 0o646, false}, // or anybody could put their own in its place
		{"rotation.txt", []byte("signing good -\n"), 0o644, true},
		{"rotation.txt", []byte("signing good -\n"), 0o646, false},
	} {
		t.Run(fmt.Sprintf("%s %#o", row.file, row.mode), func(t *testing.T) {
			w := newWorld(t)
			w.put(t, "good.json", jwk(t, "ES256", "good", pairs().p256))
			w.put(t, "rotation.txt", []byte("signing good -\n"))
			w.put(t, row.file, row.text)
			path := filepath.Join(w.Path, row.file)
			if err := os.Chmod(path, row.mode); err != nil {
				t.Fatal(err)
			}
			_, err := keyring.Load(w.Path)
			if row.good != (err == nil) {
				t.Errorf("Load: %v", err)
			}
			if !row.good {
				wrong(t, err, fmt.Sprintf("%s ", path))
				wrong(t, err, fmt.Sprintf("mode %#o", row.mode))
			}
		})
	}
}

func TestDirectoryRefused(t *testing.T) {
	w := newWorld(t)
	_, err := keyring.Load(w.Path)
	wrong(t, err, "holds no key")
	w.put(t, "a.pem", private(pairs().ed))
	if err := os.Chmod(w.Path, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err = keyring.Load(w.Path)
	wrong(t, err, "may be written by everybody")
	_, err = w.Generate("ES256", "")
	wrong(t, err, "may be written by everybody")
	_, err = keyring.Load(filepath.Join(w.Path, "missing"))
	wrong(t, err, "does not exist; gatehouse keys generate makes it")
	_, err = keyring.Load(filepath.Join(w.Path, "a.pem"))
	wrong(t, err, "is not a directory")
}

// Kubernetes mounts a secret so that everybody may write beside it (1777). The directory to name is the one that ..data
// links to, which is another one after each change.
func TestKubernetes(t *testing.T) {
	mount := filepath.Join(t.TempDir(), "keys")
	write := func(name string, text []byte) {
		t.Helper()
		path := filepath.Join(mount, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o440); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(mount, name)); err != nil {
			t.Fatal(err)
		}
	}
	write("..1/a.json", jwk(t, "ES256", "a", pairs().p256))
	write("..1/rotation.txt", []byte("signing a -\n"))
	write("..2/b.json", jwk(t, "EdDSA", "b", pairs().ed))
	write("..2/rotation.txt", []byte("signing b -\nretired-soon a -\n"))
	link("..1", "..data")
	link("..data/a.json", "a.json")
	link("..data/rotation.txt", "rotation.txt")
	if err := os.Chmod(mount, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	_, err := keyring.Load(mount)
	wrong(t, err, "may be written by everybody")
	for _, want := range []string{"signing a ES256 a.json", "signing b EdDSA b.json"} {
		entries, err := keyring.Load(filepath.Join(mount, "..data"))
		if err != nil || described(entries) != want {
			t.Errorf("%s, %v; want %s", described(entries), err, want)
		}
		link("..2", "..data_tmp")
		if err := os.Rename(filepath.Join(mount, "..data_tmp"), filepath.Join(mount, "..data")); err != nil {
			t.Fatal(err)
		}
	}
}

// What is no key and says so, and links.
func TestWhatIsIgnoredAndFollowed(t *testing.T) {
	w := newWorld(t)
	if err := os.MkdirAll(filepath.Join(w.Path, "..2026_01_31", "deeper"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.put(t, "..2026_01_31/a.pem", private(pairs().ed))
	w.put(t, ".hidden.pem", []byte("nonsense"))
	w.put(t, ".lock", nil)
	for to, name := range map[string]string{"..2026_01_31": "..data", "..data/a.pem": "a.pem", "..data/deeper": "a-directory.pem"} {
		if err := os.Symlink(to, filepath.Join(w.Path, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := w.load(t), "signing "+idOf(t, "EdDSA", pairs().ed)+" EdDSA a.pem"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// The mode that counts is that of what is linked to.
	if err := os.Chmod(filepath.Join(w.Path, "..2026_01_31/a.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := keyring.Load(w.Path)
	wrong(t, err, "that everybody may read")
	if err := os.Remove(filepath.Join(w.Path, "..2026_01_31/a.pem")); err != nil {
		t.Fatal(err)
	}
	_, err = keyring.Load(w.Path)
	wrong(t, err, "a.pem is a link to nothing")
}

func TestSeveralKeys(t *testing.T) {
	w := newWorld(t)
	w.put(t, "a.json", jwk(t, "ES256", "a", pairs().p256))
	w.put(t, "b.json", jwk(t, "EdDSA", "b", pairs().ed.Public()))
	w.put(t, "c.json", jwk(t, "ES384", "c", pairs().p384.Public()))
	if got := w.load(t); got != "signing a ES256 a.json\nverify-only b EdDSA b.json\nverify-only c ES384 c.json" {
		t.Errorf("a lone pair: %s", got)
	}
	w.put(t, "b.json", jwk(t, "EdDSA", "b", pairs().ed))
	_, err := keyring.Load(w.Path)
	wrong(t, err, "holds 2 keys that can sign, and no rotation.txt that says which one does; choose it by gatehouse keys rotate --to KID")
	entries, err := w.List()
	if err != nil || described(entries) != "verify-only a ES256 a.json\nverify-only b EdDSA b.json\nverify-only c ES384 c.json" {
		t.Errorf("List: %s, %v", described(entries), err)
	}

	w.put(t, "rotation.txt", []byte("# a comment\n\n  retired-soon  a   2026-01-31T10:00:00+01:00 \nsigning b 2026-01-31T09:00:00Z\nretired-soon gone -\n"))
	if got := w.load(t); got != "signing b EdDSA b.json\nretired-soon a ES256 a.json\nverify-only c ES384 c.json" {
		t.Errorf("with a record: %s", got)
	}
	if entries, err := keyring.Load(w.Path); err != nil || !entries[1].Since.Equal(entries[0].Since) || entries[0].Since.IsZero() || !entries[2].Since.IsZero() {
		t.Errorf("Load: %v, %v", entries, err)
	}

	w.put(t, "d.pem", private(pairs().p256))
	w.put(t, "e.pem", public(pairs().p256.Public()))
	_, err = keyring.Load(w.Path)
	wrong(t, err, "d.pem and e.pem hold keys of the same id")
}

func TestOnlyPublicKeys(t *testing.T) {
	w := newWorld(t)
	w.put(t, "a.json", jwk(t, "ES256", "a", pairs().p256.Public()))
	if got := w.load(t); got != "verify-only a ES256 a.json" {
		t.Errorf("%s", got)
	}
	_, err := w.Rotate("", false)
	wrong(t, err, "holds no key that can sign")
	_, err = w.Rotate("a", true)
	wrong(t, err, "is only a public part")
}

func TestTooManyKeys(t *testing.T) {
	w := newWorld(t)
	for n := range 33 {
		w.put(t, fmt.Sprintf("%d.json", n), jwk(t, "ES256", fmt.Sprint(n), pairs().p256.Public()))
		if _, err := keyring.Load(w.Path); (err == nil) != (n < 32) {
			t.Fatalf("%d keys: %v", n+1, err)
		}
	}
}

func TestRecordRefused(t *testing.T) {
	for name, row := range map[string]struct{ text, says string }{
		"empty":                  {"", "says of no key that it is signing"},
		"nobody signs":           {"retired-soon a -\n", "says of no key that it is signing"},
		"a state too many":       {"signing a -\nsigning b -\n", "line 2: a second key is signing"},
		"two to come":            {"signing a -\npublished b 2026-01-31T09:00:00Z\npublished c 2026-01-31T09:00:00Z\n", "line 3: a second key is published"},
		"one key, two states":    {"signing a -\nretired-soon a -\n", "line 2: key a has two states"},
		"a key that is not here": {"signing gone -\n", "line 1: key gone is to sign, but no file holds it"},
		"a public key":           {"signing c -\n", "line 1: key c is to sign, but its file c.json holds only the public part"},
		"a public key to come":   {"signing a -\npublished c 2026-01-31T09:00:00Z\n", "line 2: key c is to sign"},
		"published at some time": {"signing a -\npublished b -\n", "line 2: of a published key it must be known"},
		"another state":          {"signing a -\nSIGNING b -\n", "line 2: that is not a state"},
		"two words":              {"signing a\n", "line 1: a line is"},
		"four words":             {"signing a - -\n", "line 1: a line is"},
		"no time":                {"signing a yesterday\n", "line 1: that is not a time"},
		"JSON":                   {`{"signing":"a"}`, "line 1: a line is"},
		"too large":              {strings.Repeat("#", 65<<10), "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.put(t, "a.json", jwk(t, "ES256", "a", pairs().p256))
			w.put(t, "b.json", jwk(t, "EdDSA", "b", pairs().ed))
			w.put(t, "c.json", jwk(t, "ES384", "c", pairs().p384.Public()))
			w.put(t, "rotation.txt", []byte(row.text))
			_, err := keyring.Load(w.Path)
			wrong(t, err, row.says)
			wrong(t, err, "rotation.txt")
		})
	}
}

// FuzzKeyFiles throws anything at the parsers: no file may make them panic, what they take is a key that works, and no
// error quotes the file.
func FuzzKeyFiles(f *testing.F) {
	key, err := token.NewKey("HS256", "a", []byte(secret))
	if err != nil {
		f.Fatal(err)
	}
	text, err := key.JWK().MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a.json", text)
	f.Add("a.pem", private(pairs().ed))
	f.Add("a.ES256.pem", public(pairs().p256.Public()))
	f.Add("rotation.txt", []byte("signing a -\n"))
	f.Add("a.json", []byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if name == "" || strings.ContainsAny(name, "/\x00") || len(name) > 100 || strings.HasPrefix(name, ".") {
			return
		}
		w := newWorld(t)
		w.put(t, name, text)
		entries, err := w.List()
		switch {
		case err == nil && len(entries) == 1 && entries[0].Key.Signs():
			if _, err := token.New(token.Settings{Keys: []token.Key{entries[0].Key}, Now: w.Now}); err != nil {
				t.Errorf("the key does not work: %v", err)
			}
		case err != nil && len(text) >= 40 && strings.Contains(strings.ReplaceAll(err.Error(), name, ""), string(text[:40])):
			t.Errorf("the error quotes the file: %v", err)
		}
	})
}

func TestErrorsOfTheSystem(t *testing.T) {
	w := newWorld(t)
	w.put(t, "a.pem", private(pairs().ed))
	if err := os.Chmod(filepath.Join(w.Path, "a.pem"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(filepath.Join(w.Path, "a.pem")); err == nil {
		t.Log("this user may read everything") // root
		return
	}
	if _, err := keyring.Load(w.Path); !errors.Is(err, os.ErrPermission) {
		t.Errorf("Load: %v", err)
	}
}

// No way of printing an entry shows what is secret about it.
func TestEntriesKeepTheirSecret(t *testing.T) {
	w := newWorld(t)
	w.put(t, "a.json", jwk(t, "HS256", "a", []byte(secret)))
	entries, err := keyring.Load(w.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if text := fmt.Sprintf(verb, entries); strings.Contains(text, secret) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
			t.Errorf("%s shows the secret", verb)
		}
	}
}
