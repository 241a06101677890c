package token_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/token"
)

func TestHMACKeyLength(t *testing.T) {
	for length, good := range map[int]bool{0: false, 1: false, 31: false, 32: true, 33: true, 64: true, 1000: true} {
		if _, err := token.NewHMACKey(make([]byte, length)); (err == nil) != good {
			t.Errorf("NewHMACKey of %d bytes: %v", length, err)
		}
	}
}

func TestHMACKeyCopiesItsSecret(t *testing.T) {
	mine := []byte(secret)
	k, err := token.NewHMACKey(mine)
	if err != nil {
		t.Fatal(err)
	}
	clear(mine)
	i := issuer(t, func(s *token.Settings) { s.Keys = []token.Key{k} })
	accepted(t, i, mint(header, claims()))
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	k := key(t, secret)
	s := token.Settings{Keys: []token.Key{k}, Now: at(0)}
	i := issuer(t)
	forms := []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]")[:29]} //nolint:staticcheck // its bytes as numbers
	for _, value := range []any{k, &k, s, &s, i, []any{k, i}, struct{ I *token.Issuer }{i}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%o"} {
			checkNoSecret(t, verb, fmt.Sprintf(verb, value), forms)
		}
	}
	for _, value := range []any{k, i} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		checkNoSecret(t, "JSON", string(text), forms)
	}
	_, err := token.NewHMACKey([]byte(secret[:31]))
	checkNoSecret(t, "the error", err.Error(), []string{secret[:31], fmt.Sprintf("%x", secret[:31])})
}

func checkNoSecret(t *testing.T, how, text string, forms []string) {
	t.Helper()
	for _, form := range forms {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
}
