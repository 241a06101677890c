package token_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/internal/token"
)

// FuzzVerify holds Verify and VerifyGenuine against judge, a second reading of the rules written without the package
// or any library of tokens: both must take the same tokens, read the same claims in them, and refuse the others for
// the same reason in the same words.
//
// The bits of mode: 1: head and body are parts of a token as they stand, not the JSON in them; 2: sig is the third
// part, instead of following the right signature; 4 and 8: the type wanted; 16: VerifyGenuine; 32: issuer and audience
// are required; 64: there is a leeway; 128: it is a day later.
//
// The issuer has the plain secret and a key of every algorithm, with an id each. Which of them makes the right signature
// is signer: 0 the secret, then the algorithms in their order, and once more as many that are not the issuer's.
func FuzzVerify(f *testing.F) {
	const encoded, unsigned, access, either, genuine, demanding, lenient, later = 1, 2, 4, 8, 16, 32, 64, 128
	wants := [...]token.Type{token.Refresh, token.Access, token.Any, "sliding"}

	for _, head := range []string{
		header, `{"alg":"HS256"}`, `{"alg":"none"}`, `{"alg":"RS256","typ":"JWT"}`, `{"alg":"HS256","crit":["exp"]}`, `{"alg":"HS256","kid":"../x","jwk":{"k":"x"}}`,
		`{"alg":"none","alg":"HS256"}`, `{"alg":"HS256","typ":"at+jwt"}`, `{"alg":"HS256","x":1e400}`, `null`, "{\"alg\":\"HS256\",\"x\":\"\xff\"}",
	} {
		f.Add(head, claims(), "", byte(0), byte(0))
	}
	for _, body := range []string{
		claims("exp", "1767312000.5"), claims("exp", "1e400"), claims("exp", "-1"), claims("exp", "17673120000e-1"), claims("exp", `"1"`), claims("exp", "0e99999999999999999999"),
		claims("iat", "1767225610"), claims("iat", "1767225611"), claims("nbf", "null"), claims("user_id", "42"), claims("user_id", "1.0"), claims("user_id", `"007"`),
		claims("user_id", "9223372036854775808"), claims("sid", "7"), claims("gen", `"3"`), claims("jti", `""`), claims("token_type", `"access"`), claims("token_type", `"sliding"`),
		claims("x", `{"a":[{"b":1,"b":2}]}`), claims("\u00e9", `"\ud800"`), "{}", "null", "[]", claims() + " x",
	} {
		f.Add(header, body, "", byte(0), byte(0))
		f.Add(header, body, "", byte(either|genuine|later), byte(0))
	}
	for _, names := range [][]string{{"iss", `"gate"`, "aud", `"house"`}, {"iss", `"gate"`, "aud", `["x","house"]`}, {"iss", `"gate"`, "aud", `["house",1]`}, {"aud", `"house"`}} {
		f.Add(header, claims(names...), "", byte(demanding), byte(0))
	}
	f.Add(header, claims(), "", byte(later), byte(0))
	f.Add(header, claims(), "", byte(later|lenient), byte(0))
	f.Add(header, claims(), "\n", byte(access), byte(0))
	f.Add(header, claims(), "AAAA", byte(unsigned), byte(0))
	f.Add(segment(header), segment(claims()), "", byte(encoded), byte(0))
	f.Add(segment(header), segment(claims())+"=", "", byte(encoded), byte(0))
	f.Add(segment(header)+"\r\n", segment(claims()), "", byte(encoded), byte(0))
	f.Add(segment(header), segment(claims()), mac(secret, segment(header)+"."+segment(claims())), byte(encoded|unsigned), byte(0))
	f.Add(header, claims("x", `"`+strings.Repeat("x", 2000)+`"`), "", byte(0), byte(0))
	f.Add(header, claims("x", `"`+strings.Repeat("x", 4000)+`"`), "", byte(0), byte(0))

	for n, alg := range token.Algorithms() {
		for _, kid := range []string{``, `,"kid":"the-` + string(alg) + `"`, `,"kid":"the-RS256"`, `,"kid":""`, `,"kid":null`, `,"kid":"the-HS256","kid":"the-ES256"`} {
			f.Add(`{"alg":"`+string(alg)+`"`+kid+`}`, claims(), "", byte(0), byte(n+1))
		}
		f.Add(`{"alg":"HS256"}`, claims(), "", byte(0), byte(n+1))
		f.Add(`{"alg":"`+string(alg)+`","kid":"the-`+string(alg)+`"}`, claims(), "", byte(0), byte(len(token.Algorithms())+n+1))
		f.Add(`{"alg":"`+string(alg)+`"}`, claims(), strings.Repeat("A", 86), byte(unsigned), byte(0))
	}
	ring := ringOfAll(f)

	f.Fuzz(func(t *testing.T, head, body, sig string, mode, signer byte) {
		if mode&encoded == 0 {
			head, body = segment(head), segment(body)
		}
		if mode&unsigned == 0 {
			sig = signatureBy(t, signer, head+"."+body) + sig
		}
		raw := head + "." + body + "." + sig

		rules := rules{now: moment, want: wants[mode/access%4], late: mode&genuine != 0}
		if mode&demanding != 0 {
			rules.issuer, rules.audience = "gate", "house"
		}
		if mode&lenient != 0 {
			rules.leeway = 30
		}
		if mode&later != 0 {
			rules.now += 86400
		}
		i := issuer(t, keys(ring...), named(rules.issuer, rules.audience), leeway(time.Duration(rules.leeway)*time.Second), now(time.Duration(rules.now-moment)*time.Second))
		verify := i.Verify
		if rules.late {
			verify = i.VerifyGenuine
		}

		got, err := verify(raw, rules.want)
		want, wrong := rules.judge(raw)
		if wrong == "" {
			if err != nil || got != want {
				t.Errorf("%+v, %v, want %+v\n%s", got, err, want, raw)
			}
			return
		}
		reason := token.Invalid
		switch wrong {
		case "Token is expired":
			reason = token.Expired
		case "Token has wrong type":
			reason = token.WrongType
		}
		refusal(t, got, err, reason, wrong)
	})
}

// rules is what a token is judged by, in seconds.
type rules struct {
	now, leeway      int64
	want             token.Type
	late             bool
	issuer, audience string
}

const bad = "Token is invalid"

var (
	compact   = regexp.MustCompile(`^([\w-]+)\.([\w-]+)\.([\w-]+)$`)
	canonical = regexp.MustCompile(`^[1-9][0-9]*$`)
)

// judge is the claims of a good token, or what is wrong with it.
func (r rules) judge(raw string) (c token.Claims, wrong string) {
	parts := compact.FindStringSubmatch(raw)
	if parts == nil || len(raw) > 4*1024 {
		return c, bad
	}
	var texts [3][]byte
	for n := range texts {
		text, err := base64.RawURLEncoding.DecodeString(parts[n+1])
		if err != nil || base64.RawURLEncoding.EncodeToString(text) != parts[n+1] {
			return c, bad
		}
		texts[n] = text
	}

	if !genuine(texts[0], raw[:strings.LastIndexByte(raw, '.')], texts[2]) {
		return c, bad
	}
	head, body := parse(texts[0]), parse(texts[1])
	// encoding/json makes floats of the header's numbers, so they must be some.
	if head == nil || body == nil || json.Unmarshal(texts[0], new(any)) != nil {
		return c, bad
	}
	if typ, has := head["typ"]; has {
		if s, _ := typ.(string); strings.ToUpper(s) != "JWT" || len(s) != 3 {
			return c, bad
		}
	}
	if _, has := head["crit"]; has {
		return c, bad
	}

	for _, name := range []string{"iat", "nbf"} {
		if v, has := body[name]; has {
			if s := seconds(v); s < 0 || s > r.now+10 {
				return c, bad
			}
		}
	}
	exp, hasExp := body["exp"]
	if hasExp {
		s := seconds(exp)
		if s < 0 {
			return c, bad
		}
		if s+r.leeway <= r.now && !r.late {
			return c, "Token is expired"
		}
		c.ExpiresAt = time.Unix(s, 0).UTC()
	}
	if iat, has := body["iat"]; has {
		c.IssuedAt = time.Unix(seconds(iat), 0).UTC()
	}
	if r.issuer != "" && body["iss"] != r.issuer {
		return token.Claims{}, bad
	}
	if r.audience != "" {
		found := false
		switch aud := body["aud"].(type) {
		case string:
			found = aud == r.audience
		case []any:
			strange := false
			for _, v := range aud {
				s, isString := v.(string)
				strange = strange || !isString
				found = found || isString && s == r.audience
			}
			found = found && !strange
		}
		if !found {
			return token.Claims{}, bad
		}
	}
	if !hasExp {
		return token.Claims{}, "Token has no 'exp' claim"
	}

	id, hasID := body["jti"]
	c.ID, _ = id.(string)
	if !hasID || id == "" {
		return token.Claims{}, "Token has no id"
	}
	if c.ID == "" {
		return token.Claims{}, bad
	}
	user, isString := body["user_id"].(string)
	if !isString {
		number, _ := body["user_id"].(json.Number)
		user = number.String()
	}
	if c.UserID = integer(user); c.UserID == 0 {
		return token.Claims{}, "Token contained no recognizable user identification"
	}
	kind, hasType := body["token_type"]
	if !hasType {
		return token.Claims{}, "Token has no type"
	}
	switch {
	case kind == "access" && (r.want == "access" || r.want == ""), kind == "refresh" && (r.want == "refresh" || r.want == ""):
		c.Type = token.Type(kind.(string))
	default:
		return token.Claims{}, "Token has wrong type"
	}
	if sid, has := body["sid"]; has {
		s, _ := sid.(string)
		if c.SessionID = integer(s); c.SessionID == 0 {
			return token.Claims{}, bad
		}
	}
	if gen, has := body["gen"]; has {
		n, _ := gen.(json.Number)
		if c.Generation = integer(n.String()); c.Generation == 0 {
			return token.Claims{}, bad
		}
	}
	return c, ""
}

// signatureBy is the right signature by the signer of that number.
func signatureBy(t *testing.T, signer byte, signed string) string {
	all := token.Algorithms()
	n := int(signer) % (2*len(all) + 1)
	switch {
	case n == 0:
		return mac(secret, signed)
	case n <= len(all):
		return signature(t, all[n-1], privateOf(all[n-1]), signed)
	default:
		return signature(t, all[n-1-len(all)], foreignOf(all[n-1-len(all)]), signed)
	}
}

// genuine says whether a key of ringOfAll that may have signed a token with this header did: the one that its kid names,
// or without a kid any, by its own algorithm, if that is the one in alg. It asks the standard library alone.
func genuine(head []byte, signed string, sig []byte) bool {
	members := parse(head)
	alg, _ := members["alg"].(string)
	kid, named := members["kid"]
	known := slices.Contains(token.Algorithms(), token.Algorithm(alg))
	if !known || named && kid != "the-"+alg {
		return false
	}
	if alg == "HS256" && !named {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(signed))
		if hmac.Equal(h.Sum(nil), sig) {
			return true
		}
	}
	hash := hashOf(token.Algorithm(alg))
	h := hash.New()
	h.Write([]byte(signed))
	switch public := publicOf(token.Algorithm(alg)).(type) {
	case []byte:
		h := hmac.New(hash.New, public)
		h.Write([]byte(signed))
		return hmac.Equal(h.Sum(nil), sig)
	case *rsa.PublicKey:
		if alg[0] == 'P' {
			return rsa.VerifyPSS(public, hash, h.Sum(nil), sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(public, hash, h.Sum(nil), sig) == nil
	case *ecdsa.PublicKey:
		size := (public.Curve.Params().BitSize + 7) / 8
		if len(sig) != 2*size {
			return false
		}
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:size]), new(big.Int).SetBytes(sig[size:])})
		return err == nil && ecdsa.VerifyASN1(public, h.Sum(nil), der)
	case ed25519.PublicKey:
		return len(sig) == ed25519.SignatureSize && ed25519.Verify(public, []byte(signed), sig)
	default:
		return false
	}
}

// parse is the object that text is, or nil if it is not one or has a name twice somewhere.
func parse(text []byte) map[string]any {
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if !utf8.Valid(text) || !json.Valid(text) || decoder.Decode(&members) != nil {
		return nil
	}

	// Once more, for the names: those of each object that is open, nil for an array.
	type level struct {
		names map[string]bool
		value bool // a name was read, its value not yet
	}
	open := []*level{{}}
	decoder = json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for {
		next, err := decoder.Token()
		if err != nil {
			return members
		}
		top := open[len(open)-1]
		if name, isName := next.(string); isName && top.names != nil && !top.value {
			if top.names[name] {
				return nil
			}
			top.names[name], top.value = true, true
			continue
		}
		if next == json.Delim('}') || next == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		top.value = false
		switch next {
		case json.Delim('{'):
			open = append(open, &level{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, &level{})
		}
	}
}

// seconds is a date in exact arithmetic, its fraction cut off, or -1 if it is none.
func seconds(claim any) int64 {
	number, isNumber := claim.(json.Number)
	if !isNumber || number[0] == '-' {
		return -1
	}
	rough, err := strconv.ParseFloat(number.String(), 64)
	switch {
	case err != nil || rough > 1e12:
		return -1
	case rough < 0.5: // also keeps exponents that would fill the memory from the next line
		return 0
	}
	exact, _ := new(big.Rat).SetString(number.String())
	whole := new(big.Int).Quo(exact.Num(), exact.Denom()).Int64()
	if whole > time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix() {
		return -1
	}
	return whole
}

// integer is what text, in canonical form, is from 1 to 2^63-1, else 0.
func integer(text string) int64 {
	n, _ := new(big.Int).SetString(text, 10)
	if !canonical.MatchString(text) || !n.IsInt64() {
		return 0
	}
	return n.Int64()
}
