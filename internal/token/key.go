package token

import (
	"bytes"
	"fmt"
	"io"

	"github.com/golang-jwt/jwt/v5"
)

// minSecret is the least length of an HS256 secret in bytes: that of the hash (RFC 7518 section 3.2, RFC 8725
// section 3.5). A shorter one can be guessed offline from any one token.
const minSecret = 32

// Key signs tokens and verifies them. It is bound to one algorithm: what a token's header says never decides how a key
// is used (RFC 8725 section 3.1). Make one with NewHMACKey; the zero Key is none.
type Key struct {
	method   jwt.SigningMethod
	material any // as method wants it: []byte for HMAC
}

// NewHMACKey is a key for HS256 (HMAC with SHA-256). The secret is raw bytes, at least 32 of them, or it is refused;
// it is copied.
func NewHMACKey(secret []byte) (Key, error) {
	if len(secret) < minSecret {
		return Key{}, fmt.Errorf("token: an HS256 secret needs at least %d bytes, this one has %d", minSecret, len(secret))
	}
	return Key{method: jwt.SigningMethodHS256, material: bytes.Clone(secret)}, nil
}

// Format writes a placeholder whatever the verb, so that no log line or error ever shows the secret.
func (Key) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "token.Key{…}") // nowhere to report it: fmt keeps the writer's error itself
}
