package token

import (
	"encoding/hex"
	"fmt"
	"io"
)

// NewID is a fresh token id (jti): 32 lower-case hexadecimal digits, the shape SimpleJWT gives its ids, made of 16
// bytes from random. It fails only if random does.
func NewID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("token: new id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// RefreshID is the id (jti) of the refresh token that is a session's generation-th: 32 lower-case hexadecimal digits,
// the same for the same pair and different for different pairs.
//
// It writes both numbers out instead of hashing them, as then no two pairs can ever collide. Nothing is given away:
// the token carries both numbers anyway, and an id is a name, not a secret.
func RefreshID(sessionID, generation int64) string {
	return fmt.Sprintf("%016x%016x", uint64(sessionID), uint64(generation))
}
