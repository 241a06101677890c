// Package token issues and verifies the server's JSON Web Tokens. It is pure: keys and a clock go in, claims come out.
// It does not know whether a token's session or user still exists, and nothing of HTTP, GraphQL or the database.
//
// The format is SimpleJWT's, so that its clients need no change: a compact JWS (RFC 7515) with the header
// {"alg":"HS256","typ":"JWT"}, and kid if the key has an id, and the claims token_type, exp, iat, jti, user_id, our own
// sid and gen, and iss and aud when configured (RFC 7519). Verification follows RFC 8725 and is stricter than SimpleJWT's
// where that one guesses.
package token

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// Settings is what an Issuer works with.
type Settings struct {
	// Keys holds one key or more, no two of one id: the first signs, all verify.
	Keys []Key
	// Issuer is the iss claim. Empty: none is written and none required.
	Issuer string
	// Audience is the aud claim. Empty: none is written and none required.
	Audience string
	// Leeway is how long after its exp a token is still good, 0 or more.
	Leeway time.Duration
	// Now is the clock. Required.
	Now func() time.Time
}

// Issuer issues and verifies tokens. Only its keys ever change, and it is safe for concurrent use if its clock is.
type Issuer struct {
	ring     atomic.Pointer[ring]
	issuer   string
	audience string
	leeway   time.Duration
	now      func() time.Time
}

// New is an Issuer with these settings. It refuses settings without a key or a clock, with a zero Key, a first one that
// cannot sign, two of one id or a negative leeway, and an issuer or audience that would make tokens no one, not even
// Verify, could read: not UTF-8, or too long for a token of 4 KiB.
func New(s Settings) (*Issuer, error) {
	switch {
	case s.Now == nil:
		return nil, errors.New("token: no clock")
	case s.Leeway < 0:
		return nil, fmt.Errorf("token: negative leeway %v", s.Leeway)
	case !utf8.ValidString(s.Issuer) || !utf8.ValidString(s.Audience):
		return nil, errors.New("token: issuer or audience is not UTF-8")
	}
	i := &Issuer{
		issuer:   s.Issuer,
		audience: s.Audience,
		leeway:   s.Leeway,
		now:      s.Now,
	}
	if err := i.SetKeys(s.Keys); err != nil {
		return nil, err
	}
	return i, nil
}

// SetKeys replaces all keys at once, while the Issuer is in use: each call of another method works with the keys of
// before or with these, never with some of both. It refuses keys that New would refuse, and then nothing changes.
func (i *Issuer) SetKeys(keys []Key) error {
	r, err := newRing(keys)
	if err != nil {
		return err
	}
	// The longest token there can be: better to learn that it does not fit now than at the first sign-in.
	_, err = i.sign(r.keys[0], Claims{
		Type: Refresh, ID: strings.Repeat("f", 32), UserID: math.MaxInt64, SessionID: math.MaxInt64,
		Generation: math.MaxInt64, IssuedAt: time.Unix(lastSecond, 0), ExpiresAt: time.Unix(lastSecond, 0),
	})
	if err != nil {
		return fmt.Errorf("token: with this key, issuer and audience: %w", err)
	}
	i.ring.Store(r)
	return nil
}

// Keys are the keys in use; the first signs.
func (i *Issuer) Keys() []Key {
	return slices.Clone(i.ring.Load().keys)
}

// PublicKeys is the keys that others may verify this Issuer's tokens with (RFC 7517): the public part of each key that
// has one, with kid, alg and use. Secrets are not in it. It may be empty.
func (i *Issuer) PublicKeys() jose.JSONWebKeySet {
	return i.ring.Load().public()
}

// Sign makes a token of c, signed by the first key. Under HMAC, RS… and EdDSA the same claims always give the same token
// with the same key; PS… and ES… are random. IssuedAt and ExpiresAt are taken as they are, whatever the clock says, less
// their fractions of a second. It refuses claims that Verify would not return as they were: see Claims for what each may
// be.
func (i *Issuer) Sign(c Claims) (string, error) {
	return i.sign(i.ring.Load().keys[0], c)
}

func (i *Issuer) sign(key Key, c Claims) (string, error) {
	if err := c.check(); err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	wire := c.wire()
	if i.issuer != "" {
		wire["iss"] = i.issuer
	}
	if i.audience != "" {
		wire["aud"] = i.audience
	}
	unsigned := jwt.NewWithClaims(key.method, wire)
	if key.id != "" {
		unsigned.Header["kid"] = key.id
	}
	raw, err := unsigned.SignedString(key.private)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	if len(raw) > maxLength {
		return "", fmt.Errorf("token: sign: %d bytes are more than the %d a token may have", len(raw), maxLength)
	}
	return raw, nil
}

// Format writes a placeholder whatever the verb: an Issuer holds secrets (see Key.Format).
func (*Issuer) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "token.Issuer{…}")
}
