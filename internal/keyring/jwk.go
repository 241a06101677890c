package keyring

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // as encoding/json, but it refuses names that come twice

	"github.com/gatehouse/gatehouse/internal/token"
)

// parseJWK reads a *.json file of that name. Errors of the parsers are not passed on: they describe what was read.
func parseJWK(name string, text []byte) (token.Key, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return token.Key{}, errors.New("is not a JSON object, or has a name twice")
	}
	if _, set := members["keys"]; set {
		return token.Key{}, errors.New("is a set of keys; give each a file of its own")
	}
	var jwk jose.JSONWebKey
	if jwk.UnmarshalJSON(text) != nil {
		return token.Key{}, errors.New("is not a JSON Web Key, or one whose parts do not fit, or of a kind that signs no tokens")
	}
	if err := checkUse(jwk, members["key_ops"]); err != nil {
		return token.Key{}, err
	}
	algorithm := token.Algorithm(jwk.Algorithm)
	if algorithm == "" {
		var err error
		if algorithm, err = algorithmOf(jwk.Key); err != nil {
			return token.Key{}, err
		}
	}
	if !slices.Contains(token.Algorithms(), algorithm) {
		return token.Key{}, errors.New(`its "alg" is not an algorithm that signs tokens`)
	}
	id := jwk.KeyID
	if _, secret := jwk.Key.([]byte); secret && id == "" {
		id = strings.TrimSuffix(name, ".json")
	}
	return token.NewKey(algorithm, id, jwk.Key)
}

// checkUse refuses a key that is not for signatures (RFC 7517 sections 4.2 and 4.3).
func checkUse(jwk jose.JSONWebKey, operations json.RawMessage) error {
	if jwk.Use != "" && jwk.Use != "sig" {
		return errors.New(`is not for signatures: its "use" is another`)
	}
	if operations == nil {
		return nil
	}
	need := "sign"
	if jwk.IsPublic() {
		need = "verify"
	}
	var list []string
	if json.Unmarshal(operations, &list) != nil || !slices.Contains(list, need) {
		return fmt.Errorf(`its "key_ops" do not have %q`, need)
	}
	return nil
}
