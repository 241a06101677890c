package keyring

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse/gatehouse/internal/token"
)

// parsePEM reads a *.pem file of that name. Errors of the parsers are not passed on: they describe what was read.
func parsePEM(name string, text []byte) (token.Key, error) {
	block, err := onlyBlock(text)
	if err != nil {
		return token.Key{}, err
	}
	var material any
	switch block.Type {
	case "PRIVATE KEY":
		material, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		material, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		material, err = x509.ParseECPrivateKey(block.Bytes)
	case "PUBLIC KEY":
		material, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		material, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return token.Key{}, errors.New("is PEM, but neither a private nor a public key")
	}
	if err != nil {
		return token.Key{}, fmt.Errorf("its %s cannot be read", strings.ToLower(block.Type))
	}
	algorithm, err := algorithmOf(material)
	if err != nil {
		return token.Key{}, err
	}
	if named, ok := algorithmIn(name); ok {
		algorithm = named
	}
	return token.NewKey(algorithm, "", material)
}

// onlyBlock is the one block there is, not counting the parameters that openssl writes before a key on a curve, which says
// itself on which.
func onlyBlock(text []byte) (only *pem.Block, err error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		if block.Type == "EC PARAMETERS" {
			continue
		}
		if only != nil {
			return nil, errors.New("holds more than one key")
		}
		only = block
	}
	switch {
	case only == nil:
		return nil, errors.New("is not PEM")
	case bytes.Contains(text, []byte("-----BEGIN ")):
		return nil, errors.New("ends in PEM that is damaged")
	case only.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(only.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, errors.New("is encrypted, and nobody is there to ask for the passphrase; openssl pkey takes it off")
	}
	return only, nil
}

// algorithmIn is the algorithm that the name of a file ends in, before its extension.
func algorithmIn(name string) (token.Algorithm, bool) {
	parts := strings.Split(name, ".")
	if len(parts) < 3 {
		return "", false
	}
	for _, algorithm := range token.Algorithms() {
		if strings.EqualFold(parts[len(parts)-2], string(algorithm)) {
			return algorithm, true
		}
	}
	return "", false
}

// algorithmOf is what keys of this kind are used for unless something else is said. A secret's has to be said.
func algorithmOf(material any) (token.Algorithm, error) {
	var curve elliptic.Curve
	switch key := material.(type) {
	case *rsa.PrivateKey, *rsa.PublicKey:
		return token.RS256, nil
	case ed25519.PrivateKey, ed25519.PublicKey:
		return token.EdDSA, nil
	case *ecdsa.PrivateKey:
		curve = key.Curve
	case *ecdsa.PublicKey:
		curve = key.Curve
	case []byte:
		return "", errors.New(`is a secret without "alg", for example HS256`)
	}
	switch curve {
	case elliptic.P256():
		return token.ES256, nil
	case elliptic.P384():
		return token.ES384, nil
	case elliptic.P521():
		return token.ES512, nil
	default:
		return "", errors.New("is a key of a kind or on a curve that signs no tokens")
	}
}
