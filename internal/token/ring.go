package token

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
)

// errNoCandidate stays inside: the caller learns only that the token is invalid.
var errNoCandidate = errors.New("no key for this token")

// ring is the keys of one moment. It never changes, but for what it remembers.
type ring struct {
	keys   []Key // the first signs
	parser *jwt.Parser
	// genuine are the claims of access tokens that one of the keys signed, by the SHA-256 of the whole token.
	genuine *lru.Cache[[sha256.Size]byte, map[string]any]
}

// Bounds for what is remembered, which takes 4 MiB with tokens of the usual length. A client shows one access token again and
// again, until the next takes its place.
const (
	rememberedTokens = 2048
	rememberedLength = 1024 // bytes of the longest token of which anything is remembered
)

// newRing refuses no keys at all, zero ones, a first one that cannot sign, and two of one id.
func newRing(keys []Key) (*ring, error) {
	if len(keys) == 0 {
		return nil, errors.New("token: no key")
	}
	var algorithms []string
	seen := map[string]bool{}
	for n, key := range keys {
		switch {
		case key.method == nil:
			return nil, fmt.Errorf("token: key %d is empty", n)
		case n == 0 && !key.Signs():
			return nil, errors.New("token: the first key cannot sign")
		case key.id != "" && seen[key.id]:
			return nil, fmt.Errorf("token: two keys have the id %q", key.id)
		}
		seen[key.id] = true
		algorithms = append(algorithms, key.method.Alg())
	}
	genuine, err := lru.New[[sha256.Size]byte, map[string]any](rememberedTokens)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	return &ring{
		keys: slices.Clone(keys),
		// The library validates claims in another order and more laxly than we must, so verify.go does that instead.
		parser:  jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()),
		genuine: genuine,
	}, nil
}

// candidates are the keys to try on a token: the one that its kid names, or without a kid every one. What is not of the
// algorithm that the token claims is left out, and the key's own implementation of it is used. A kid is only compared.
func (r *ring) candidates(t *jwt.Token) (any, error) {
	kid, named := t.Header["kid"]
	var set jwt.VerificationKeySet
	for _, key := range r.keys {
		if key.method.Alg() != t.Method.Alg() || named && (key.id == "" || kid != key.id) {
			continue
		}
		set.Keys = append(set.Keys, key.public)
		t.Method = key.method // of the same name, so the comparison above goes on as it began
	}
	if len(set.Keys) == 0 {
		return nil, errNoCandidate
	}
	return set, nil
}

// public is the keys that others may verify tokens with.
func (r *ring) public() jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range r.keys {
		if jwk, ok := key.publicJWK(); ok {
			set.Keys = append(set.Keys, jwk)
		}
	}
	return set
}
