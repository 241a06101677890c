package scalar

import (
	"errors"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/token"
)

// MarshalTokenType writes a token's type as the API spells it: ACCESS, REFRESH.
func MarshalTokenType(t token.Type) graphql.Marshaler {
	return graphql.MarshalString(strings.ToUpper(string(t)))
}

// UnmarshalTokenType is there because gqlgen wants the pair; no argument is a token type.
func UnmarshalTokenType(any) (token.Type, error) {
	return "", errors.New("a token type is not an input")
}
