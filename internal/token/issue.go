// Package token issues and verifies the server's JSON Web Tokens. It is pure: keys and a clock go in, claims come out.
// It does not know whether a token's session or user still exists, and nothing of HTTP, GraphQL or the database.
//
// The format is SimpleJWT's, so that its clients need no change: a compact JWS (RFC 7515) with the header
// {"alg":"HS256","typ":"JWT"} and the claims token_type, exp, iat, jti, user_id, our own sid and gen, and iss and aud
// when configured (RFC 7519). Verification follows RFC 8725 and is stricter than SimpleJWT's where that one guesses.
package token

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// Settings is what an Issuer works with.
type Settings struct {
	// Keys holds one key or more: the first signs, all verify.
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

// Issuer issues and verifies tokens. It never changes and is safe for concurrent use if its clock is.
type Issuer struct {
	signer   Key
	keys     jwt.VerificationKeySet
	parser   *jwt.Parser
	issuer   string
	audience string
	leeway   time.Duration
	now      func() time.Time
}

// New is an Issuer with these settings. It refuses settings without a key or a clock, with a zero Key or a negative
// leeway, and an issuer or audience that would make tokens no one, not even Verify, could read: not UTF-8, or too long
// for a token of 4 KiB.
func New(s Settings) (*Issuer, error) {
	switch {
	case len(s.Keys) == 0:
		return nil, errors.New("token: no key")
	case s.Now == nil:
		return nil, errors.New("token: no clock")
	case s.Leeway < 0:
		return nil, fmt.Errorf("token: negative leeway %v", s.Leeway)
	case !utf8.ValidString(s.Issuer) || !utf8.ValidString(s.Audience):
		return nil, errors.New("token: issuer or audience is not UTF-8")
	}
	i := &Issuer{
		signer:   s.Keys[0],
		issuer:   s.Issuer,
		audience: s.Audience,
		leeway:   s.Leeway,
		now:      s.Now,
	}
	var algorithms []string
	for n, key := range s.Keys {
		if key.method == nil {
			return nil, fmt.Errorf("token: key %d is empty", n)
		}
		i.keys.Keys = append(i.keys.Keys, key.material)
		algorithms = append(algorithms, key.method.Alg())
	}
	// The library validates claims in another order and more laxly than we must, so verify.go does that instead.
	i.parser = jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())

	// The longest token there can be: better to learn that it does not fit now than at the first sign-in.
	_, err := i.Sign(Claims{
		Type: Refresh, ID: strings.Repeat("f", 32), UserID: math.MaxInt64, SessionID: math.MaxInt64,
		Generation: math.MaxInt64, IssuedAt: time.Unix(lastSecond, 0), ExpiresAt: time.Unix(lastSecond, 0),
	})
	if err != nil {
		return nil, fmt.Errorf("token: with this key, issuer and audience: %w", err)
	}
	return i, nil
}

// Sign makes a token of c, signed by the first key; under HS256 the same claims always give the same token. IssuedAt
// and ExpiresAt are taken as they are, whatever the clock says, less their fractions of a second. It refuses claims
// that Verify would not return as they were: see Claims for what each may be.
func (i *Issuer) Sign(c Claims) (string, error) {
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
	raw, err := jwt.NewWithClaims(i.signer.method, wire).SignedString(i.signer.material)
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
