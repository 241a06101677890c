package token_test

import "testing"

func TestDuplicateNames(t *testing.T) {
	with := func(more string) string { return claims()[:len(claims())-1] + "," + more + "}" }
	for name, text := range map[string]string{
		"user_id":                `{"user_id":"1",` + claims()[1:],
		"user_id at the end":     with(`"user_id":"1"`),
		"the same value":         with(`"user_id":"42"`),
		"escaped":                with(`"\u0075ser_id":"1"`),
		"exp":                    with(`"exp":9999999999`),
		"token_type":             with(`"token_type":"access"`),
		"an unknown claim":       with(`"x":1,"x":1`),
		"the empty name":         with(`"":1,"":1`),
		"in an object":           with(`"x":{"a":1,"a":2}`),
		"in an object in arrays": with(`"x":[1,[{"b":{"a":1,"c":3,"a":2}}]]`),
		"null twice":             with(`"x":null,"x":null`),
	} {
		t.Run("claims: "+name, func(t *testing.T) { invalid(t, issuer(t), mint(header, text)) })
	}
	for name, head := range map[string]string{
		"alg none first":   `{"alg":"none","alg":"HS256"}`,
		"alg none last":    `{"alg":"HS256","alg":"none"}`,
		"the same alg":     `{"alg":"HS256","alg":"HS256"}`,
		"escaped":          `{"alg":"none","\u0061lg":"HS256"}`,
		"typ":              `{"alg":"HS256","typ":"JWT","typ":"JWT"}`,
		"kid":              `{"alg":"HS256","kid":"a","kid":"b"}`,
		"in the jwk":       `{"alg":"HS256","jwk":{"kty":"oct","kty":"RSA"}}`,
		"in arrays":        `{"alg":"HS256","x5c":[[{"a":1,"a":1}]]}`,
		"a crit that goes": `{"alg":"HS256","crit":["x"],"crit":null}`,
	} {
		t.Run("header: "+name, func(t *testing.T) { invalid(t, issuer(t), mint(head, claims())) })
	}
	// The same name in different objects, or in another case, is not the same member.
	accepted(t, issuer(t), mint(header, with(`"x":{"a":{"a":1},"exp":1},"y":[{"a":1},{"a":1}],"EXP":1,"Exp":1`)))
}

func TestJSON(t *testing.T) {
	for _, text := range []string{
		``, ` `, `null`, `true`, `7`, `"x"`, `[]`, `[` + claims() + `]`, `{`, `}`, `{]`, claims() + claims(), claims() + `,`, claims() + `}`, claims() + ` x`, claims() + "\x00",
		claims()[:len(claims())-1], claims()[:len(claims())-1] + `,}`, `{"a":1` + claims()[1:], `{'a':1,` + claims()[1:], `{a:1,` + claims()[1:], `{1:1,` + claims()[1:],
		`{"a":[1,],` + claims()[1:], `{"a":,` + claims()[1:], `{"a",` + claims()[1:], `/**/` + claims(), "\ufeff" + claims(), "\xa0" + claims(), "\x0b" + claims(),
		"{\"a\":\"\xff\"," + claims()[1:], "{\"\xff\":1," + claims()[1:], "{\"a\":\"\xed\xa0\x80\"," + claims()[1:], "{\"a\":\"\xc0\x80\"," + claims()[1:], "{\"a\":\"\n\"," + claims()[1:],
		`{"a":"\x",` + claims()[1:], `{"a":"\ud8",` + claims()[1:], `{"a":tru,` + claims()[1:], `{"a":True,` + claims()[1:], `{"a":undefined,` + claims()[1:],
	} {
		t.Run("claims "+text, func(t *testing.T) { invalid(t, issuer(t), mint(header, text)) })
	}
	for _, text := range []string{
		``, `null`, `[]`, `"HS256"`, `["alg","HS256"]`, `[` + header + `]`, header + header, header + `,`, header + ` x`, header + "\x00", header[:len(header)-1], "\ufeff" + header,
		`{"alg":"HS256",}`, `{alg:"HS256"}`, `{'alg':'HS256'}`, "{\"alg\":\"HS256\",\"kid\":\"\xff\"}", "{\"alg\":\"HS256\",\"\xff\":1}",
	} {
		t.Run("header "+text, func(t *testing.T) { invalid(t, issuer(t), mint(text, claims())) })
	}
	for _, space := range []string{" ", "\t", "\n", "\r\n", "  \n "} {
		accepted(t, issuer(t), mint(space+header+space, space+claims()+space))
	}
}
