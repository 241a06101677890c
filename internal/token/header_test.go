package token_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha512"
	"fmt"
	"hash"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/token"
)

func TestAlgorithm(t *testing.T) {
	signed := func(header string) string { return segment(header) + "." + segment(claims()) }
	for _, alg := range []string{
		`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `"none "`, `"hs256"`, `"Hs256"`, `"HS256 "`, `" HS256"`, `"HS256\u0000"`, `"ＨＳ256"`,
		`"HS384"`, `"HS512"`, `"RS256"`, `"RS384"`, `"RS512"`, `"PS256"`, `"ES256"`, `"ES384"`, `"EdDSA"`, `"dir"`, `"A256KW"`, `"HS1"`, `"SHA256"`,
		`""`, `null`, `0`, `256`, `true`, `["HS256"]`, `{"alg":"HS256"}`,
	} {
		t.Run(alg, func(t *testing.T) {
			first := signed(fmt.Sprintf(`{"alg":%s,"typ":"JWT"}`, alg))
			invalid(t, issuer(t), first+"."+mac(secret, first)) // an RS256 token, for one, "signed" with our HMAC secret
			invalid(t, issuer(t), first+".")
			invalid(t, issuer(t), first)
		})
	}
	for name, head := range map[string]string{"no alg": `{"typ":"JWT"}`, "an empty header": `{}`, "Alg": `{"Alg":"HS256"}`, "ALG": `{"ALG":"HS256"}`} {
		t.Run(name, func(t *testing.T) { invalid(t, issuer(t), mint(head, claims())) })
	}
	accepted(t, issuer(t), mint(`{"alg":"\u0048S256"}`, claims())) // one string, escaped or not
	accepted(t, issuer(t), mint(`{"alg":"HS256","ALG":"none","Alg":"RS256"}`, claims()))
}

// A key is for one algorithm: our own secret under its longer sisters does not count.
func TestSameSecretOtherHash(t *testing.T) {
	for alg, hash := range map[string]func() hash.Hash{"HS384": sha512.New384, "HS512": sha512.New} {
		signed := segment(`{"alg":"`+alg+`","typ":"JWT"}`) + "." + segment(claims())
		h := hmac.New(hash, []byte(secret))
		h.Write([]byte(signed))
		invalid(t, issuer(t), signed+"."+segment(string(h.Sum(nil))))
	}
}

func TestSignedByAKeyOfTheHeader(t *testing.T) {
	public, private, err := ed25519.GenerateKey(strings.NewReader(strings.Repeat("seed", 20)))
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range []string{
		fmt.Sprintf(`{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":%q}}`, segment(string(public))),
		`{"alg":"EdDSA","jku":"https://attacker.example/jwks.json"}`,
	} {
		signed := segment(head) + "." + segment(claims())
		invalid(t, issuer(t), signed+"."+segment(string(ed25519.Sign(private, []byte(signed)))))
	}
	for _, head := range []string{
		`{"alg":"HS256","jwk":{"kty":"oct","k":"` + segment(otherSecret) + `"}}`,
		`{"alg":"HS256","jku":"https://attacker.example/jwks.json"}`,
		`{"alg":"HS256","x5u":"https://attacker.example/cert.pem"}`,
		`{"alg":"HS256","x5c":["MIIB"]}`,
	} {
		for _, theirs := range []string{otherSecret, "", "\x00", "the secret of another issuer 32b", "1"} {
			signed := segment(head) + "." + segment(claims())
			invalid(t, issuer(t), signed+"."+mac(theirs, signed))
		}
		accepted(t, issuer(t), mint(head, claims())) // and by ours: what the header says of keys does not matter
	}
}

func TestIgnoredParameters(t *testing.T) {
	for _, more := range []string{
		`"KID":"x"`, `"Kid":7`,
		`"jwk":null`, `"jwk":7`, `"jku":7`, `"x5u":""`, `"x5c":[]`, `"x5t":"x"`, `"x5t#S256":"x"`, `"cty":"JWT"`, `"zip":"DEF"`, `"b64":false`, `"enc":"A256GCM"`, `"CRIT":["x"]`,
	} {
		t.Run(more, func(t *testing.T) {
			if got := accepted(t, issuer(t), mint(`{"alg":"HS256",`+more+`}`, claims())); got != refresh() {
				t.Errorf("claims %+v, want %+v", got, refresh())
			}
		})
	}
}

func TestTyp(t *testing.T) {
	for _, typ := range []string{`"JWT"`, `"jwt"`, `"Jwt"`, `"\u004aWT"`} {
		accepted(t, issuer(t), mint(`{"alg":"HS256","typ":`+typ+`}`, claims()))
	}
	accepted(t, issuer(t), mint(`{"alg":"HS256"}`, claims()))
	for _, typ := range []string{`""`, `"JWS"`, `"JWE"`, `"at+jwt"`, `"JWT "`, `"application/jwt"`, `"JOSE+JSON"`, `null`, `7`, `true`, `["JWT"]`, `{}`} {
		t.Run(typ, func(t *testing.T) { invalid(t, issuer(t), mint(`{"alg":"HS256","typ":`+typ+`}`, claims())) })
	}
}

func TestCritical(t *testing.T) {
	for _, crit := range []string{`["exp"]`, `["b64"],"b64":true`, `["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true`, `["alg"]`, `[]`, `""`, `"exp"`, `null`, `7`, `false`, `{}`, `[""]`} {
		t.Run(crit, func(t *testing.T) {
			invalid(t, issuer(t), mint(`{"alg":"HS256","typ":"JWT","crit":`+crit+`}`, claims()))
		})
	}
	// In the claims it is a claim like any other.
	if _, err := issuer(t).Verify(mint(header, claims("crit", `["exp"]`)), token.Refresh); err != nil {
		t.Errorf("a claim named crit: %v", err)
	}
}
