package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // crypto.SHA256
	_ "crypto/sha512" // crypto.SHA384, crypto.SHA512
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/internal/token"
)

// material is key material for every algorithm, made once: two pairs or secrets of each kind.
type material struct {
	rsa, otherRSA *rsa.PrivateKey
	ec, otherEC   map[token.Algorithm]*ecdsa.PrivateKey
	ed, otherEd   ed25519.PrivateKey
}

var made = sync.OnceValue(func() material {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	m := material{ec: map[token.Algorithm]*ecdsa.PrivateKey{}, otherEC: map[token.Algorithm]*ecdsa.PrivateKey{}}
	var err error
	m.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	m.otherRSA, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	for alg, curve := range map[token.Algorithm]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		m.ec[alg], err = ecdsa.GenerateKey(curve, rand.Reader)
		must(err)
		m.otherEC[alg], err = ecdsa.GenerateKey(curve, rand.Reader)
		must(err)
	}
	_, m.ed, err = ed25519.GenerateKey(rand.Reader)
	must(err)
	_, m.otherEd, err = ed25519.GenerateKey(rand.Reader)
	must(err)
	return m
})

const longSecret = "a secret as long as the hash of HS512, which is sixty-four bytes."

// privateOf is what signs for an algorithm.
func privateOf(alg token.Algorithm) any {
	switch alg[:2] {
	case "HS":
		return []byte(longSecret)
	case "RS", "PS":
		return made().rsa
	case "ES":
		return made().ec[alg]
	default:
		return made().ed
	}
}

// publicOf is what verifies.
func publicOf(alg token.Algorithm) any {
	if private, ok := privateOf(alg).(crypto.Signer); ok {
		return private.Public()
	}
	return privateOf(alg)
}

// foreignOf is what signs for somebody else.
func foreignOf(alg token.Algorithm) any {
	switch alg[:2] {
	case "HS":
		return []byte(strings.ToUpper(longSecret))
	case "RS", "PS":
		return made().otherRSA
	case "ES":
		return made().otherEC[alg]
	default:
		return made().otherEd
	}
}

// newKey is a key that must be good.
func newKey(t testing.TB, alg token.Algorithm, id string, material any) token.Key {
	t.Helper()
	k, err := token.NewKey(alg, id, material)
	if err != nil {
		t.Fatalf("NewKey: %v", err)
	}
	return k
}

func keys(keys ...token.Key) func(*token.Settings) {
	return func(s *token.Settings) { s.Keys = keys }
}

func hashOf(alg token.Algorithm) crypto.Hash {
	switch {
	case strings.HasSuffix(string(alg), "384"):
		return crypto.SHA384
	case strings.HasSuffix(string(alg), "512"):
		return crypto.SHA512
	default:
		return crypto.SHA256
	}
}

// signature is the third part of a token for the first two, made without any library of tokens.
func signature(t testing.TB, alg token.Algorithm, private any, signed string) string {
	t.Helper()
	hash := hashOf(alg)
	sum := func() []byte { h := hash.New(); h.Write([]byte(signed)); return h.Sum(nil) }
	var sig []byte
	var err error
	switch alg[:2] {
	case "HS":
		h := hmac.New(hash.New, private.([]byte))
		h.Write([]byte(signed))
		sig = h.Sum(nil)
	case "RS":
		sig, err = rsa.SignPKCS1v15(nil, private.(*rsa.PrivateKey), hash, sum())
	case "PS":
		sig, err = rsa.SignPSS(rand.Reader, private.(*rsa.PrivateKey), hash, sum(), &rsa.PSSOptions{SaltLength: hash.Size()})
	case "ES":
		size := (private.(*ecdsa.PrivateKey).Curve.Params().BitSize + 7) / 8
		r, s, signErr := ecdsa.Sign(rand.Reader, private.(*ecdsa.PrivateKey), sum())
		sig, err = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), signErr
	default:
		sig = ed25519.Sign(private.(ed25519.PrivateKey), []byte(signed))
	}
	if err != nil {
		t.Fatal(err)
	}
	return segment(string(sig))
}

// mintBy is a token signed by some key, whatever its header and claims are.
func mintBy(t testing.TB, alg token.Algorithm, private any, header, claims string) string {
	t.Helper()
	signed := segment(header) + "." + segment(claims)
	return signed + "." + signature(t, alg, private, signed)
}

func TestEveryAlgorithm(t *testing.T) {
	for _, alg := range token.Algorithms() {
		t.Run(string(alg), func(t *testing.T) {
			signer := newKey(t, alg, "", privateOf(alg))
			i := issuer(t, keys(signer))
			raw, err := i.Sign(refresh())
			if err != nil {
				t.Fatal(err)
			}
			if got := accepted(t, i, raw); got != refresh() {
				t.Errorf("read back %+v, want %+v", got, refresh())
			}
			// What it signs and what the standard library signs are alike, and its public part verifies.
			bare := `{"alg":"` + string(alg) + `"}`
			accepted(t, i, mintBy(t, alg, privateOf(alg), bare, claims()))
			if signer.Algorithm() != alg || !signer.Signs() {
				t.Errorf("Algorithm is %q, Signs is %v", signer.Algorithm(), signer.Signs())
			}
			if alg[:2] == "HS" {
				return
			}
			verifier := newKey(t, alg, "", publicOf(alg))
			if verifier.ID() != signer.ID() || verifier.ID() == "" || verifier.Signs() {
				t.Errorf("the public part is %q, %v, the pair %q", verifier.ID(), verifier.Signs(), signer.ID())
			}
			accepted(t, issuer(t, keys(key(t, secret), verifier)), raw)
			if _, err := token.New(token.Settings{Keys: []token.Key{verifier}, Now: at(0)}); err == nil || err.Error() != "token: the first key cannot sign" {
				t.Errorf("a key that only verifies, to sign: %v", err)
			}
		})
	}
}

// The header names the key by its id, and has no kid when the key has none.
func TestKeyIDInHeader(t *testing.T) {
	for _, row := range []struct {
		alg        token.Algorithm
		id, header string
	}{
		{"HS256", "", `{"alg":"HS256","typ":"JWT"}`},
		{"HS384", "spring", `{"alg":"HS384","kid":"spring","typ":"JWT"}`},
		{"ES256", "spring", `{"alg":"ES256","kid":"spring","typ":"JWT"}`},
		{"EdDSA", "", `{"alg":"EdDSA","kid":"` + newKey(t, "EdDSA", "", made().ed).ID() + `","typ":"JWT"}`},
	} {
		raw, err := issuer(t, keys(newKey(t, row.alg, row.id, privateOf(row.alg)))).Sign(refresh())
		if first, _, _ := strings.Cut(raw, "."); err != nil || first != segment(row.header) {
			t.Errorf("%s %q: %s, %v, want %s", row.alg, row.id, raw, err, row.header)
		}
	}
}

// The keys' ids are RFC 7638 thumbprints: its own example, and RFC 8037's.
func TestThumbprints(t *testing.T) {
	modulus, ok := new(big.Int).SetString(segmentHex(t, "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"), 16)
	if !ok {
		t.Fatal("the test itself is broken")
	}
	point, _ := new(big.Int).SetString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", 16)
	for want, k := range map[string]token.Key{
		"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs": newKey(t, "RS256", "", &rsa.PublicKey{N: modulus, E: 65537}),
		"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k": newKey(t, "EdDSA", "", ed25519.PublicKey(point.Bytes())),
	} {
		if k.ID() != want {
			t.Errorf("the id is %s, want %s", k.ID(), want)
		}
	}
	if k := newKey(t, "HS512", "", []byte(longSecret)); k.ID() != "" {
		t.Errorf("a secret is named %s", k.ID())
	}
}

func segmentHex(t *testing.T, part string) string {
	t.Helper()
	return fmt.Sprintf("%x", decodeSegment(t, part))
}

func TestNewKeyRefuses(t *testing.T) {
	m := made()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	mixedEC := *m.ec["ES256"]
	mixedEC.PublicKey = m.otherEC["ES256"].PublicKey
	mixedEd := slices.Concat(m.ed.Seed(), m.otherEd.Public().(ed25519.PublicKey))
	mixedRSA := *m.rsa
	mixedRSA.N = m.otherRSA.N
	offCurve := ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)} //nolint:staticcheck // nothing else makes a bad one
	modulus := func(bits int) *big.Int { return new(big.Int).SetBit(big.NewInt(1), bits-1, 1) }
	anything := make(ed25519.PublicKey, 32)
	anything[0] = 1 // the neutral element: under it a signature of zeros and itself is one of any text

	for name, row := range map[string]struct {
		alg      token.Algorithm
		id       string
		material any
	}{
		"no algorithm":                        {"", "", []byte(longSecret)},
		"none":                                {"none", "", nil},
		"another algorithm":                   {"ES256K", "", m.ec["ES256"]},
		"an algorithm in lower case":          {"hs256", "", []byte(longSecret)},
		"nothing":                             {"HS256", "", nil},
		"an empty secret":                     {"HS256", "", []byte{}},
		"31 bytes":                            {"HS256", "", make([]byte, 31)},
		"47 bytes for HS384":                  {"HS384", "", make([]byte, 47)},
		"63 bytes for HS512":                  {"HS512", "", make([]byte, 63)},
		"a string":                            {"HS256", "", longSecret},
		"a public key as a secret":            {"HS256", "", publicPEM(t, m.rsa.Public())},
		"an RSA key for HMAC":                 {"HS256", "", &m.rsa.PublicKey},
		"a secret for RSA":                    {"RS256", "", []byte(longSecret)},
		"a secret for EC":                     {"ES256", "", []byte(longSecret)},
		"a secret for EdDSA":                  {"EdDSA", "", []byte(longSecret)},
		"1,024 bits":                          {"RS256", "", small},
		"1,024 bits, public":                  {"PS256", "", &small.PublicKey},
		"2,047 bits":                          {"RS256", "", &rsa.PublicKey{N: modulus(2047), E: 65537}},
		"4,097 bits":                          {"RS256", "", &rsa.PublicKey{N: modulus(4097), E: 65537}},
		"exponent 1":                          {"RS256", "", &rsa.PublicKey{N: m.rsa.N, E: 1}},
		"exponent 3":                          {"RS256", "", &rsa.PublicKey{N: m.rsa.N, E: 3}},
		"an even exponent":                    {"RS256", "", &rsa.PublicKey{N: m.rsa.N, E: 65538}},
		"an even modulus":                     {"RS256", "", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2048), E: 65537}},
		"another's modulus":                   {"RS256", "", &mixedRSA},
		"P-384 for ES256":                     {"ES256", "", m.ec["ES384"]},
		"P-256 for ES384":                     {"ES384", "", m.ec["ES256"]},
		"P-256 for ES512":                     {"ES512", "", &m.ec["ES256"].PublicKey},
		"an EC key for RSA":                   {"RS256", "", m.ec["ES256"]},
		"an RSA key for EC":                   {"ES256", "", m.rsa},
		"an RSA key for EdDSA":                {"EdDSA", "", m.rsa},
		"off the curve":                       {"ES256", "", &offCurve},
		"another's point":                     {"ES256", "", &mixedEC},
		"another's Ed25519 point":             {"EdDSA", "", ed25519.PrivateKey(mixedEd)},
		"a short Ed25519 key":                 {"EdDSA", "", m.ed[:63]},
		"a short public Ed25519 key":          {"EdDSA", "", ed25519.PublicKey(m.ed[:31])},
		"an Ed25519 key that signs anything":  {"EdDSA", "", anything},
		"the same with a name":                {"EdDSA", "name", anything},
		"an id with a blank":                  {"ES256", "a b", m.ec["ES256"]},
		"an id with a line break":             {"HS256", "a\n", []byte(longSecret)},
		"an id with a NUL":                    {"HS256", "\x00", []byte(longSecret)},
		"an id that is not ASCII":             {"HS256", "schlüssel", []byte(longSecret)},
		"an id of 129 characters":             {"HS256", strings.Repeat("k", 129), []byte(longSecret)},
		"a private key that is no pointer":    {"RS256", "", *m.rsa},
		"an algorithm of encryption":          {"RSA-OAEP", "", m.rsa},
		"an algorithm with a blank behind it": {"EdDSA ", "", m.ed},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := token.NewKey(row.alg, row.id, row.material)
			if err == nil || k.Signs() || k.ID() != "" {
				t.Errorf("NewKey is %v, %v, want an error", k, err)
			}
		})
	}
	newKey(t, "HS384", strings.Repeat("k", 128), make([]byte, 48))
	newKey(t, "HS512", "urn:key/1#a", make([]byte, 64))
}

func publicPEM(t testing.TB, public any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestPrivateKeysAreNeverPrinted(t *testing.T) {
	k := newKey(t, "ES256", "spring", made().ec["ES256"])
	scalar, err := made().ec["ES256"].Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		checkNoSecret(t, verb, fmt.Sprintf(verb, k), []string{new(big.Int).SetBytes(scalar).String(), fmt.Sprintf("%x", scalar), "spring"})
	}
}

// A ring of every kind, each with its id, and the plain secret without one.
func ringOfAll(t testing.TB) (all []token.Key) {
	t.Helper()
	all = append(all, key(t, secret))
	for _, alg := range token.Algorithms() {
		all = append(all, newKey(t, alg, "the-"+string(alg), privateOf(alg)))
	}
	return all
}

func TestKeyIsChosenByKid(t *testing.T) {
	i := issuer(t, keys(ringOfAll(t)...))
	for _, alg := range token.Algorithms() {
		mint := func(kid string) string {
			return mintBy(t, alg, privateOf(alg), fmt.Sprintf(`{"alg":"%s","typ":"JWT"%s}`, alg, kid), claims())
		}
		t.Run(string(alg), func(t *testing.T) {
			accepted(t, i, mint(`,"kid":"the-`+string(alg)+`"`))
			accepted(t, i, mint(`,"kid":"the-\u00`+fmt.Sprintf("%x", alg[0])+string(alg[1:])+`"`)) // one string, escaped or not
			accepted(t, i, mint(``))
			for _, other := range token.Algorithms() {
				if other != alg {
					invalid(t, i, mint(`,"kid":"the-`+string(other)+`"`))
				}
			}
			for _, kid := range []string{
				`""`, `null`, `7`, `true`, `["the-` + string(alg) + `"]`, `{"kid":"x"}`, `"unknown"`,
				`"THE-` + string(alg) + `"`, `" the-` + string(alg) + `"`, `"the-` + string(alg) + `\u0000"`, `"the-` + string(alg) + `\n"`,
				`"../../../../dev/null"`, `"/etc/passwd"`, `"file:///dev/null"`, `"https://attacker.example/key"`, `"the-` + string(alg) + `.json"`, `"C:\\key.pem"`,
				`"x' OR '1'='1"`, `"' UNION SELECT '` + longSecret + `' --"`, `"$(reboot)"`, `"*"`, `".*"`, `"%"`, `"\u0000"`, `"` + strings.Repeat("k", 2000) + `"`,
			} {
				invalid(t, i, mint(`,"kid":`+kid))
			}
			invalid(t, i, mint(`,"kid":"`+strings.Repeat("k", 4096)+`"`))
			invalid(t, i, mint(`,"kid":"x","kid":"the-`+string(alg)+`"`))
			invalid(t, i, mint(`,"kid":"the-`+string(alg)+`","kid":"the-`+string(alg)+`"`))
		})
	}
	// A key without an id has no name: neither an empty one nor its thumbprint.
	invalid(t, i, mintBy(t, "HS256", []byte(secret), `{"alg":"HS256","kid":""}`, claims()))
	accepted(t, i, mintBy(t, "HS256", []byte(secret), `{"alg":"HS256"}`, claims()))
}

// By other keys of the same kind, under a kid of ours or none.
func TestForeignKeys(t *testing.T) {
	i := issuer(t, keys(ringOfAll(t)...))
	for _, alg := range token.Algorithms() {
		for _, kid := range []string{``, `,"kid":"the-` + string(alg) + `"`} {
			head := `{"alg":"` + string(alg) + `"` + kid + `}`
			invalid(t, i, mintBy(t, alg, foreignOf(alg), head, claims()))
			good := mintBy(t, alg, privateOf(alg), head, claims())
			signed := good[:strings.LastIndexByte(good, '.')]
			invalid(t, i, signed+".")
			invalid(t, i, signed)
			for _, length := range []int{1, 32, 48, 64, 96, 132, 256} {
				invalid(t, i, signed+"."+segment(strings.Repeat("\x00", length)))
				invalid(t, i, signed+"."+segment(strings.Repeat("\xff", length)))
			}
			invalid(t, i, segment(head)+"."+segment(claims("user_id", `"1"`))+good[strings.LastIndexByte(good, '.'):])
		}
	}
}

// The oldest trick: what is public about a key, in every way it can be written, as the secret of an HMAC.
func TestPublicKeyAsSecret(t *testing.T) {
	for _, alg := range []token.Algorithm{"RS256", "PS256", "ES256", "EdDSA"} {
		ours := newKey(t, alg, "ours", privateOf(alg))
		for name, i := range map[string]*token.Issuer{
			"alone":           issuer(t, keys(ours)),
			"beside a secret": issuer(t, keys(ours, newKey(t, "HS256", "mac", []byte(longSecret)))),
		} {
			t.Run(string(alg)+" "+name, func(t *testing.T) {
				block, _ := pem.Decode(publicPEM(t, publicOf(alg)))
				jwk, err := i.PublicKeys().Keys[0].MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				text := publicPEM(t, publicOf(alg))
				secrets := [][]byte{text, []byte(strings.TrimSpace(string(text))), append(text, '\n'), []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), block.Bytes, jwk, []byte("ours"), {}}
				for _, secret := range secrets {
					for _, hs := range []token.Algorithm{"HS256", "HS384", "HS512"} {
						for _, kid := range []string{``, `,"kid":"ours"`, `,"kid":"mac"`} {
							invalid(t, i, mintBy(t, hs, secret, `{"alg":"`+string(hs)+`"`+kid+`}`, claims()))
						}
					}
					// Or under the key's own algorithm, should the verifier look at the key's type alone.
					invalid(t, i, mintBy(t, "HS256", secret, `{"alg":"`+string(alg)+`","kid":"ours"}`, claims()))
				}
			})
		}
	}
}

// One RSA key serves RS256, RS384, RS512, PS256 and so on alike; here it is for one of them.
func TestSameKeyOtherAlgorithm(t *testing.T) {
	rs := []token.Algorithm{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	for _, ours := range rs {
		i := issuer(t, keys(newKey(t, ours, "ours", made().rsa)))
		for _, alg := range rs {
			for _, kid := range []string{``, `,"kid":"ours"`} {
				raw := mintBy(t, alg, made().rsa, `{"alg":"`+string(alg)+`"`+kid+`}`, claims())
				if alg == ours {
					accepted(t, i, raw)
				} else {
					invalid(t, i, raw)
				}
				if alg != ours { // and the header says ours, but the signature is of another
					invalid(t, i, mintBy(t, alg, made().rsa, `{"alg":"`+string(ours)+`"`+kid+`}`, claims()))
				}
			}
		}
	}
	for _, alg := range []string{`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `""`, `null`} {
		i := issuer(t, keys(ringOfAll(t)...))
		for _, kid := range []string{``, `,"kid":"the-RS256"`, `,"kid":"none"`} {
			signed := segment(`{"alg":`+alg+kid+`}`) + "." + segment(claims())
			invalid(t, i, signed+".")
			invalid(t, i, signed+"."+signature(t, "RS256", made().rsa, signed))
		}
	}
}

// A key that comes with the token is not used, whatever it comes as.
func TestKeysInTheHeader(t *testing.T) {
	i := issuer(t, keys(newKey(t, "ES256", "ours", made().ec["ES256"]), newKey(t, "RS256", "rsa", made().rsa)))
	theirs, err := issuer(t, keys(newKey(t, "ES256", "theirs", made().otherEC["ES256"]))).PublicKeys().Keys[0].MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{
		`"jwk":` + string(theirs), `"jwk":` + string(theirs) + `,"kid":"theirs"`, `"jwk":` + strings.Replace(string(theirs), "theirs", "ours", 1) + `,"kid":"ours"`,
		`"jku":"https://attacker.example/jwks.json","kid":"theirs"`, `"jku":"file:///tmp/jwks.json"`, `"x5u":"https://attacker.example/cert.pem"`,
		`"x5c":["` + segment("a certificate") + `"]`, `"x5t":"AAAA"`, `"x5t#S256":"AAAA","kid":"ours"`,
	} {
		t.Run(more, func(t *testing.T) {
			invalid(t, i, mintBy(t, "ES256", made().otherEC["ES256"], `{"alg":"ES256",`+more+`}`, claims()))
		})
	}
	// Ours are accepted with them: they mean nothing.
	accepted(t, i, mintBy(t, "ES256", made().ec["ES256"], `{"alg":"ES256","kid":"ours","jwk":`+string(theirs)+`,"jku":"https://attacker.example/"}`, claims()))
}

// An ECDSA signature is r and s, each as long as the curve: nothing else that holds them will do.
func TestSignaturesOnCurves(t *testing.T) {
	for alg, size := range map[token.Algorithm]int{"ES256": 32, "ES384": 48, "ES512": 66} {
		t.Run(string(alg), func(t *testing.T) {
			i := issuer(t, keys(newKey(t, alg, "ours", made().ec[alg])))
			raw := mintBy(t, alg, made().ec[alg], `{"alg":"`+string(alg)+`"}`, claims())
			at := strings.LastIndexByte(raw, '.') + 1
			signed, sig := raw[:at], string(decodeSegment(t, raw[at:]))
			accepted(t, i, raw)
			if len(sig) != 2*size {
				t.Fatalf("%d bytes", len(sig))
			}
			r, s := new(big.Int).SetBytes([]byte(sig[:size])), new(big.Int).SetBytes([]byte(sig[size:]))
			der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
			if err != nil {
				t.Fatal(err)
			}
			order := made().ec[alg].Curve.Params().N
			fill := func(n *big.Int) string { return string(n.FillBytes(make([]byte, size))) }
			zero, one := new(big.Int), big.NewInt(1)
			for name, bad := range map[string]string{
				"DER": string(der), "DER with zeros after it": string(der) + strings.Repeat("\x00", max(0, 2*size-len(der))),
				"all zeros": strings.Repeat("\x00", 2*size), "r zero": fill(zero) + sig[size:], "s zero": sig[:size] + fill(zero),
				"ones": fill(one) + fill(one), "the order of the curve": fill(order) + fill(order), "r alone": sig[:size],
				"a byte short": sig[:2*size-1], "a byte long": sig + "\x00", "a zero before": "\x00" + sig, "twice": sig + sig, "swapped": sig[size:] + sig[:size],
				"of 64 bytes": strings.Repeat("\x01", 64), "of 96 bytes": strings.Repeat("\x01", 96), "of 132 bytes": strings.Repeat("\x01", 132),
			} {
				t.Run(name, func(t *testing.T) { invalid(t, i, signed+segment(bad)) })
			}
		})
	}
}

func decodeSegment(t *testing.T, part string) []byte {
	t.Helper()
	text, err := base64url.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// RFC 7518 section 3.5: the salt is as long as the hash.
func TestPSSSaltLength(t *testing.T) {
	i := issuer(t, keys(newKey(t, "PS256", "ours", made().rsa)))
	signed := segment(`{"alg":"PS256"}`) + "." + segment(claims())
	h := crypto.SHA256.New()
	h.Write([]byte(signed))
	for salt, good := range map[int]bool{8: false, 31: false, 32: true, 33: false, 64: false, rsa.PSSSaltLengthAuto: false} {
		sig, err := rsa.SignPSS(rand.Reader, made().rsa, crypto.SHA256, h.Sum(nil), &rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			t.Fatal(err)
		}
		if raw := signed + "." + segment(string(sig)); good {
			accepted(t, i, raw)
		} else {
			invalid(t, i, raw)
		}
	}
}

func TestNewRefusesBadRings(t *testing.T) {
	named := newKey(t, "ES256", "twice", made().ec["ES256"])
	for name, ring := range map[string][]token.Key{
		"one id twice":         {named, newKey(t, "HS256", "twice", []byte(longSecret))},
		"one key twice":        {newKey(t, "EdDSA", "", made().ed), newKey(t, "EdDSA", "", made().ed)},
		"a pair and its half":  {newKey(t, "EdDSA", "", made().ed), newKey(t, "EdDSA", "", made().ed.Public())},
		"one key, two uses":    {newKey(t, "RS256", "", made().rsa), newKey(t, "PS256", "", made().rsa)},
		"a public one first":   {newKey(t, "EdDSA", "", made().ed.Public()), named},
		"an empty one between": {named, {}, key(t, secret)},
	} {
		t.Run(name, func(t *testing.T) {
			if i, err := token.New(token.Settings{Keys: ring, Now: at(0)}); err == nil || i != nil {
				t.Errorf("New is %v, %v, want an error", i, err)
			}
			i := issuer(t)
			if err := i.SetKeys(ring); err == nil {
				t.Error("SetKeys took them")
			}
			accepted(t, i, mint(header, claims())) // nothing has changed
		})
	}
	// Secrets without an id have none to share.
	issuer(t, keys(key(t, secret), key(t, otherSecret)))
}

// A signature of 4,096 bits leaves less room for the issuer's name, and New knows.
func TestRoomForTheSignature(t *testing.T) {
	i := issuer(t, named(strings.Repeat("i", 2500), ""))
	if err := i.SetKeys([]token.Key{newKey(t, "RS256", strings.Repeat("k", 128), made().rsa)}); err == nil {
		t.Error("tokens would not fit")
	}
	if raw, err := i.Sign(refresh()); err != nil {
		t.Errorf("after a refusal: %q, %v", raw, err)
	}
}

func TestSetKeys(t *testing.T) {
	ec, ed := newKey(t, "ES256", "", made().ec["ES256"]), newKey(t, "EdDSA", "", made().ed)
	i := issuer(t, keys(ec))
	old, err := i.Sign(refresh())
	if err != nil {
		t.Fatal(err)
	}
	ring := []token.Key{ed, ec}
	if err := i.SetKeys(ring); err != nil {
		t.Fatal(err)
	}
	ring[0], ring[1] = token.Key{}, token.Key{} // its own copy
	fresh, err := i.Sign(refresh())
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, i, old)
	accepted(t, i, fresh)
	accepted(t, issuer(t, keys(ed)), fresh)
	got := i.Keys()
	if len(got) != 2 || got[0].ID() != ed.ID() || got[1].ID() != ec.ID() {
		t.Errorf("the keys are %s, ...", got[0].ID())
	}
	got[0] = token.Key{}
	accepted(t, i, fresh)
	if err := i.SetKeys([]token.Key{ed}); err != nil {
		t.Fatal(err)
	}
	invalid(t, i, old)
	accepted(t, i, fresh)
}

// While keys are swapped to and fro, whoever uses the issuer sees one ring or the other: what is signed is verified.
func TestSetKeysUnderUse(t *testing.T) {
	ec, ed := newKey(t, "ES256", "", made().ec["ES256"]), newKey(t, "EdDSA", "", made().ed)
	i := issuer(t, keys(ec, ed))
	stop := make(chan struct{})
	var users, swapper sync.WaitGroup
	swapper.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			ring := []token.Key{ec, ed}
			if n%2 == 0 {
				slices.Reverse(ring)
			}
			if err := i.SetKeys(ring); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 4 {
		users.Go(func() {
			for range 100 {
				raw, err := i.Sign(refresh())
				if err != nil {
					t.Error(err)
					return
				}
				if c, err := i.Verify(raw, token.Refresh); err != nil || c != refresh() {
					t.Errorf("read back %+v, %v", c, err)
				}
				if set := i.PublicKeys(); len(set.Keys) != 2 {
					t.Errorf("%d public keys", len(set.Keys))
				}
			}
		})
	}
	users.Wait()
	close(stop)
	swapper.Wait()
}

// Two tokens of one refresh within its grace say the same, though under ES… and PS… they are not the same bytes.
func TestSignedAgain(t *testing.T) {
	for _, alg := range token.Algorithms() {
		i := issuer(t, keys(newKey(t, alg, "", privateOf(alg))))
		first, err := i.Sign(refresh())
		if err != nil {
			t.Fatal(err)
		}
		again, err := i.Sign(refresh())
		if err != nil {
			t.Fatal(err)
		}
		if random := alg[:2] == "ES" || alg[:2] == "PS"; (first != again) != random {
			t.Errorf("%s: signed\n%s, then\n%s", alg, first, again)
		}
		if one, other := accepted(t, i, first), accepted(t, i, again); one != other || one != refresh() {
			t.Errorf("%s: read back %+v and %+v", alg, one, other)
		}
	}
}

func TestPublicKeys(t *testing.T) {
	i := issuer(t, keys(append(ringOfAll(t), newKey(t, "EdDSA", "half", made().otherEd.Public()))...))
	set := i.PublicKeys()
	if len(set.Keys) != 11 { // three RS, three PS, three ES, EdDSA and the half
		t.Fatalf("%d keys", len(set.Keys))
	}
	for _, jwk := range set.Keys {
		if !jwk.IsPublic() || jwk.Use != "sig" || jwk.KeyID != "the-"+jwk.Algorithm && jwk.KeyID != "half" {
			t.Errorf("%s, %s, %s, public %v", jwk.KeyID, jwk.Algorithm, jwk.Use, jwk.IsPublic())
		}
		text, err := jwk.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, member := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`, `"k"`, `"oct"`} {
			if strings.Contains(string(text), member) {
				t.Errorf("%s gives %s away", jwk.KeyID, member)
			}
		}
	}
	if set := issuer(t).PublicKeys(); len(set.Keys) != 0 || set.Keys == nil {
		t.Errorf("of a secret: %v", set.Keys)
	}
}
