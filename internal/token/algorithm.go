package token

import (
	"crypto/rsa"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is how a key signs: a name of RFC 7518 section 3.1 or RFC 8037 section 3.1.
type Algorithm string

// The algorithms there are. EdDSA is Ed25519.
const (
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
	RS256 Algorithm = "RS256"
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256"
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256"
	ES384 Algorithm = "ES384"
	ES512 Algorithm = "ES512"
	EdDSA Algorithm = "EdDSA"
)

// Algorithms are all of them.
func Algorithms() []Algorithm {
	return []Algorithm{HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA}
}

// method is the library's implementation, or nil for what is no Algorithm. It is never asked by name: its registry has
// "none", and whatever else a package of the program may have put there.
func (a Algorithm) method() jwt.SigningMethod {
	methods := map[Algorithm]jwt.SigningMethod{
		HS256: jwt.SigningMethodHS256, HS384: jwt.SigningMethodHS384, HS512: jwt.SigningMethodHS512,
		RS256: jwt.SigningMethodRS256, RS384: jwt.SigningMethodRS384, RS512: jwt.SigningMethodRS512,
		PS256: strictPSS(jwt.SigningMethodPS256), PS384: strictPSS(jwt.SigningMethodPS384), PS512: strictPSS(jwt.SigningMethodPS512),
		ES256: jwt.SigningMethodES256, ES384: jwt.SigningMethodES384, ES512: jwt.SigningMethodES512,
		EdDSA: jwt.SigningMethodEdDSA,
	}
	return methods[a]
}

// strictPSS is a method of the library's that takes no salt but one as long as the hash (RFC 7518 section 3.5). The
// library itself, for old times' sake, takes any.
func strictPSS(method *jwt.SigningMethodRSAPSS) jwt.SigningMethod {
	strict := *method
	strict.VerifyOptions = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	return &strict
}
