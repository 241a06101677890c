package token

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

const (
	// minSecret is the least length of any secret in bytes (RFC 8725 section 3.5). A shorter one can be guessed offline
	// from any one token.
	minSecret = 32
	// minModulus and maxModulus bound an RSA key, in bits: what RFC 7518 section 3.3 asks for, and what is still quick
	// to verify and fits into a token.
	minModulus, maxModulus = 2048, 4096
	// minExponent is the least public exponent of an RSA key (FIPS 186-5 section 5.1).
	minExponent = 65537
	// maxID is the most bytes a key's id may have.
	maxID = 128
)

// Key verifies tokens, and signs them unless it is only the public part of a pair. It is bound to one algorithm: what a
// token's header says never decides how a key is used (RFC 8725 section 3.1). Make one with NewKey or NewHMACKey; the
// zero Key is none.
type Key struct {
	id        string
	algorithm Algorithm
	method    jwt.SigningMethod
	// private and public are as method wants them to sign and to verify: []byte for both with HMAC; private is nil in a
	// key that only verifies.
	private, public any
}

// NewHMACKey is a key for HS256 (HMAC with SHA-256) without an id. The secret is raw bytes, at least 32 of them, or it
// is refused; it is copied.
func NewHMACKey(secret []byte) (Key, error) {
	return NewKey(HS256, "", secret)
}

// NewKey is a key for an algorithm. The material is a secret ([]byte) for HS256, HS384 and HS512; an *rsa.PrivateKey or
// *rsa.PublicKey for RS… and PS…; an *ecdsa.PrivateKey or *ecdsa.PublicKey on the algorithm's curve for ES…; an
// ed25519.PrivateKey or ed25519.PublicKey for EdDSA. A public one makes a key that only verifies. A secret is copied; do
// not change the others afterwards.
//
// The id is what tokens name the key by (kid): at most 128 visible ASCII characters. Empty, it is the key's RFC 7638
// thumbprint (SHA-256), or for a secret none at all: its thumbprint would be a hash of the secret.
//
// Refused are secrets shorter than their hash and RSA keys of under 2,048 bits (RFC 7518 sections 3.2 and 3.3) or over
// 4,096, or with a public exponent under 65,537; secrets that are PEM, since those tend to be public; and private parts
// that do not fit the public one. No error tells anything of the key but its kind and size.
func NewKey(algorithm Algorithm, id string, material any) (Key, error) {
	key := Key{id: id, algorithm: algorithm, method: algorithm.method()}
	var err error
	switch method := key.method.(type) {
	case *jwt.SigningMethodHMAC:
		err = key.useSecret(material, max(minSecret, method.Hash.Size()))
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
		err = key.useRSA(material)
	case *jwt.SigningMethodECDSA:
		err = key.useEC(material)
	case *jwt.SigningMethodEd25519:
		err = key.useEd25519(material)
	default:
		err = errors.New("is not an algorithm for keys")
	}
	if err != nil {
		return Key{}, fmt.Errorf("token: %q: %w", algorithm, err)
	}
	if !key.symmetric() {
		name, err := thumbprint(key.public) // also refuses the Ed25519 keys under which anything is signed
		if err != nil {
			return Key{}, fmt.Errorf("token: %q: %w", algorithm, err)
		}
		key.id = cmp.Or(id, name)
	}
	if len(key.id) > maxID || strings.ContainsFunc(key.id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Key{}, fmt.Errorf("token: the id of a key must be at most %d visible ASCII characters", maxID)
	}
	return key, nil
}

// ID is what tokens name the key by (kid), or empty.
func (k Key) ID() string { return k.id }

// Algorithm is what the key is used for, and nothing else.
func (k Key) Algorithm() Algorithm { return k.algorithm }

// Signs says whether the key can sign, or only verify.
func (k Key) Signs() bool { return k.private != nil }

// JWK is the key as a JSON Web Key (RFC 7517) with everything that is secret about it.
func (k Key) JWK() jose.JSONWebKey {
	material := k.private
	if material == nil {
		material = k.public
	}
	return jose.JSONWebKey{Key: material, KeyID: k.id, Algorithm: string(k.algorithm), Use: "sig"}
}

// publicJWK is the public part of a key, which a secret does not have.
func (k Key) publicJWK() (_ jose.JSONWebKey, ok bool) {
	return jose.JSONWebKey{Key: k.public, KeyID: k.id, Algorithm: string(k.algorithm), Use: "sig"}, !k.symmetric()
}

func (k Key) symmetric() bool {
	_, secret := k.public.([]byte)
	return secret
}

// Format writes a placeholder whatever the verb, so that no log line or error ever shows the secret.
func (Key) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "token.Key{…}") // nowhere to report it: fmt keeps the writer's error itself
}

func (k *Key) useSecret(material any, least int) error {
	secret, ok := material.([]byte)
	switch {
	case !ok:
		return errors.New("needs a secret, not a key of another kind")
	case len(secret) < least:
		return fmt.Errorf("a secret needs at least %d bytes, this one has %d", least, len(secret))
	case bytes.Contains(secret, []byte("-----BEGIN ")):
		return errors.New("this secret is a key or certificate in PEM, which may be public")
	}
	secret = bytes.Clone(secret)
	k.private, k.public = secret, secret
	return nil
}

func (k *Key) useRSA(material any) error {
	switch key := material.(type) {
	case *rsa.PrivateKey:
		if err := checkRSA(&key.PublicKey); err != nil {
			return err
		}
		if key.Validate() != nil {
			return errors.New("the parts of this RSA key do not fit one another")
		}
		k.private, k.public = key, &key.PublicKey
		return nil
	case *rsa.PublicKey:
		k.public = key
		return checkRSA(key)
	default:
		return errors.New("needs an RSA key, not a key of another kind")
	}
}

func checkRSA(key *rsa.PublicKey) error {
	bits := key.N.BitLen()
	switch {
	case bits < minModulus:
		return fmt.Errorf("an RSA key needs at least %d bits, this one has %d", minModulus, bits)
	case bits > maxModulus:
		return fmt.Errorf("an RSA key may have at most %d bits, this one has %d", maxModulus, bits)
	case key.E < minExponent || key.E%2 == 0 || key.N.Bit(0) == 0:
		return fmt.Errorf("an RSA key needs an odd modulus and an odd public exponent of at least %d", minExponent)
	}
	return nil
}

func (k *Key) useEC(material any) error {
	switch key := material.(type) {
	case *ecdsa.PrivateKey:
		k.private, k.public = key, &key.PublicKey
	case *ecdsa.PublicKey:
		k.public = key
	default:
		return errors.New("needs a key on an elliptic curve, not a key of another kind")
	}
	curve := map[Algorithm]elliptic.Curve{ES256: elliptic.P256(), ES384: elliptic.P384(), ES512: elliptic.P521()}[k.algorithm]
	public := k.public.(*ecdsa.PublicKey)
	if public.Curve != curve {
		return fmt.Errorf("needs a key on the curve %s", curve.Params().Name)
	}
	point, err := public.ECDH() // looks whether it is on the curve
	if err != nil {
		return errors.New("this key is not a point on its curve")
	}
	if private, ok := k.private.(*ecdsa.PrivateKey); ok {
		if scalar, err := private.ECDH(); err != nil || !scalar.PublicKey().Equal(point) {
			return errors.New("the private part of this key is not that of its public part")
		}
	}
	return nil
}

func (k *Key) useEd25519(material any) error {
	switch key := material.(type) {
	case ed25519.PrivateKey:
		// A private key with another's public part would give itself away by its signatures.
		if len(key) != ed25519.PrivateKeySize || !ed25519.NewKeyFromSeed(key.Seed()).Equal(key) {
			return errors.New("the private part of this key is not that of its public part")
		}
		k.private, k.public = key, key.Public()
		return nil
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return errors.New("this key has not the length of an Ed25519 key")
		}
		k.public = key
		return nil
	default:
		return errors.New("needs an Ed25519 key, not a key of another kind")
	}
}

// thumbprint names a public key by its RFC 7638 thumbprint.
func thumbprint(public any) (string, error) {
	key := jose.JSONWebKey{Key: public}
	sum, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}
