package token

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// maxLength is the most bytes a token may have. Ours have some 300; a header of 4 KiB is what proxies let through.
	maxLength = 4096
	// skew is how far ahead of ours the clock of the server that issued a token may be, always.
	skew = 10 * time.Second
)

// Verify says what a token says, if it is genuine, good now, and of the wanted type (Any: of either).
//
// Otherwise the error is an *Error, never another, and the Claims are zero. The checks come in this order, and the
// first that fails gives the reason:
//
//  1. shape: three parts of unpadded base64url, strictly decoded, at most 4 KiB in all: Invalid
//  2. one of our keys made the signature by its own algorithm, which the header's alg names: with a kid the key of
//     that very id, without one any key; header and claims are JSON objects without duplicate names, and the header's
//     typ, if any, is JWT: Invalid
//  3. the header has no crit, as we understand no extension (RFC 7515 section 4.1.11): Invalid
//  4. iat and nbf, if any, are dates no more than 10 seconds ahead: Invalid
//  5. exp, if any, is a date (Invalid) and now is before exp plus the leeway (Expired)
//  6. iss is ours, if we have one: Invalid
//  7. aud is or contains ours, if we have one: Invalid
//  8. exp, jti, user_id and token_type are there and right: Invalid, with a message of its own for each; for a
//     token_type other than the wanted: WrongType
//  9. sid and gen, if any, are right: Invalid
//
// Everything else is ignored. In particular no header parameter carries or fetches a key (jwk, jku, x5u, x5c), and a kid
// is compared with the ids of our keys and used for nothing else.
func (i *Issuer) Verify(raw string, want Type) (Claims, error) {
	return i.verify(raw, want, false)
}

// VerifyGenuine is Verify without Expired: a token whose time is over passes, if it is right otherwise. It is for
// revoking, where an expired refresh token still proves whose session it is.
func (i *Issuer) VerifyGenuine(raw string, want Type) (Claims, error) {
	return i.verify(raw, want, true)
}

// verify does the checks; late lets expired tokens pass.
func (i *Issuer) verify(raw string, want Type, late bool) (Claims, error) {
	claims, ok := i.open(raw)
	if !ok {
		return Claims{}, NewError(Invalid)
	}
	now := i.now()
	if !begun(claims, "iat", now) || !begun(claims, "nbf", now) {
		return Claims{}, NewError(Invalid)
	}
	if exp, present := claims["exp"]; present {
		end, ok := date(exp)
		if !ok {
			return Claims{}, NewError(Invalid)
		}
		if !late && !now.Before(end.Add(i.leeway)) {
			return Claims{}, NewError(Expired)
		}
	}
	if i.issuer != "" && claims["iss"] != i.issuer {
		return Claims{}, NewError(Invalid)
	}
	if i.audience != "" && !addressed(claims["aud"], i.audience) {
		return Claims{}, NewError(Invalid)
	}
	c, refusal := read(claims, want)
	if refusal != nil {
		return Claims{}, refusal
	}
	return c, nil
}

// open does checks 1 to 3 and returns the claims as they were signed, which the caller must not change. Of an access token
// that passed, it is remembered that it did: neither the token nor, as long as they are the same, the keys can say otherwise
// later. What depends on the time is no part of this. Refresh tokens are shown once and not remembered, nor is what did not
// pass: anybody could make any number of such.
func (i *Issuer) open(raw string) (map[string]any, bool) {
	// base64 skips CR and LF, in strict decoding too: a token would have many spellings.
	if len(raw) > maxLength || strings.ContainsAny(raw, "\r\n") {
		return nil, false
	}
	keys := i.ring.Load()
	name := sha256.Sum256([]byte(raw))
	if claims, known := keys.genuine.Get(name); known {
		return claims, true
	}
	claims, ok := keys.open(raw)
	if ok && claims["token_type"] == string(Access) && len(raw) <= rememberedLength {
		keys.genuine.Add(name, claims)
	}
	return claims, ok
}

// open is as the Issuer's, for a token of no forbidden length or character, of which nothing is known yet.
func (r *ring) open(raw string) (map[string]any, bool) {
	var body payload
	if _, err := r.parser.ParseWithClaims(raw, &body, r.candidates); err != nil {
		return nil, false
	}
	if body.MapClaims == nil { // null, of which encoding/json tells no Unmarshaler
		return nil, false
	}
	// The library's own reading of the header cannot tell whether a name came twice.
	first, _, _ := strings.Cut(raw, ".")
	text, err := r.parser.DecodeSegment(first)
	if err != nil {
		return nil, false
	}
	header, err := object(text)
	if err != nil || !isJWT(header) {
		return nil, false
	}
	if _, critical := header["crit"]; critical {
		return nil, false
	}
	return body.MapClaims, true
}

// isJWT looks at typ, where another kind of JWS signed by the same key would say so (RFC 8725 section 3.11). It is
// optional, and case does not matter (RFC 7519 section 5.1).
func isJWT(header map[string]any) bool {
	typ, present := header["typ"]
	text, _ := typ.(string)
	return !present || strings.EqualFold(text, "JWT")
}

// begun says whether iat or nbf is not ahead of now by more than the skew. Without it there is nothing to wait for.
func begun(claims map[string]any, name string, now time.Time) bool {
	claim, present := claims[name]
	start, ok := date(claim)
	return !present || ok && !start.After(now.Add(skew))
}

// addressed says whether aud is the audience or an array of strings with it (RFC 7519 section 4.1.3).
func addressed(aud any, audience string) bool {
	list, isList := aud.([]any)
	if !isList {
		return aud == audience
	}
	ours := func(v any) bool { return v == audience }
	strange := func(v any) bool { _, ok := v.(string); return !ok }
	return slices.ContainsFunc(list, ours) && !slices.ContainsFunc(list, strange)
}

// payload has the parser read claims our way; the methods it needs of them come with MapClaims.
type payload struct{ jwt.MapClaims }

// UnmarshalJSON reads the claims with object.
func (p *payload) UnmarshalJSON(text []byte) (err error) {
	p.MapClaims, err = object(text)
	return err
}

var _ json.Unmarshaler = (*payload)(nil)
