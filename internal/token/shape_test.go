package token_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

func TestShape(t *testing.T) {
	good := mint(header, claims())
	parts := strings.Split(good, ".")
	// resigned is a token of these first two parts as they are, so that only their shape is wrong.
	resigned := func(first, second string) string { return first + "." + second + "." + mac(secret, first+"."+second) }
	std := base64.RawStdEncoding.EncodeToString
	odd := `{"alg":"HS256","x":"???>>>"}` // makes a / and a + in the standard alphabet
	if !strings.ContainsAny(std([]byte(odd)), "+/") {
		t.Fatal("the test itself is broken")
	}
	cases := map[string]string{
		"nothing": "", "a dot": ".", "two dots": "..", "three dots": "...", "a word": "token", "a space": " ",
		"one part": parts[0], "two parts": parts[0] + "." + parts[1], "four parts": good + "." + parts[2], "a last dot": good + ".",
		"a first dot": "." + good, "no header": "." + parts[1] + "." + parts[2], "no claims": resigned(parts[0], ""),
		"no header, signed": resigned("", parts[1]), "no signature": parts[0] + "." + parts[1] + ".",
		"bearer": "Bearer " + good, "quoted": `"` + good + `"`,
		"a nul after": good + "\x00", "a BOM before": "\ufeff" + good, "not UTF-8": good + "\xff",
		"standard alphabet": resigned(std([]byte(odd)), parts[1]), "JSON serialization": `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"encrypted":              good + ".AAAA.AAAA",
		"a signature in capital": parts[0] + "." + parts[1] + "." + strings.ToUpper(parts[2]),
	}
	for name, mark := range map[string]string{
		"CR": "\r", "LF": "\n", "CRLF": "\r\n", "space": " ", "tab": "\t", "padding": "=", "padding twice": "==", "a percent": "%", "a no-break space": "\u00a0",
	} {
		for n, part := range []string{"header", "claims"} {
			for _, at := range []int{0, 10, len(parts[n])} {
				changed := []string{parts[0], parts[1]}
				changed[n] = parts[n][:at] + mark + parts[n][at:]
				cases[fmt.Sprintf("%s in the %s at %d, signed", name, part, at)] = resigned(changed[0], changed[1])
			}
		}
		for _, at := range []int{0, 10, len(parts[2])} {
			cases[fmt.Sprintf("%s in the signature at %d", name, at)] = parts[0] + "." + parts[1] + "." + parts[2][:at] + mark + parts[2][at:]
		}
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) { invalid(t, issuer(t), raw) })
	}
}

// The last character of a part has spare bits, which must be zero: else one token would have several spellings.
func TestSpareBits(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	// respelt are the other spellings that a laxer decoder takes for part.
	respelt := func(part string) (others []string) {
		most := map[int]int{0: 0, 2: 15, 3: 3}[len(part)%4]
		end := len(part) - 1
		for bits := 1; bits <= most; bits++ {
			other := part[:end] + alphabet[strings.IndexByte(alphabet, part[end])|bits:][:1]
			if text, err := base64.RawURLEncoding.DecodeString(other); err != nil || segment(string(text)) != part {
				t.Fatal("the test itself is broken")
			}
			others = append(others, other)
		}
		return others
	}
	sign := func(head, body string) string { return head + "." + body + "." + mac(secret, head+"."+body) }
	tried := 0
	for _, pad := range []string{"", " ", "  "} { // so that there are two and four spare bits in the first two parts
		head, body := segment(header+pad), segment(claims()+pad)
		accepted(t, issuer(t), sign(head, body))
		for _, other := range respelt(head) {
			invalid(t, issuer(t), sign(other, body))
			tried++
		}
		for _, other := range respelt(body) {
			invalid(t, issuer(t), sign(head, other))
			tried++
		}
		for _, other := range respelt(mac(secret, head+"."+body)) {
			invalid(t, issuer(t), head+"."+body+"."+other)
			tried++
		}
	}
	if want := 2*(15+3) + 3*3; tried != want {
		t.Errorf("tried %d spellings, want %d", tried, want)
	}
}

func TestLength(t *testing.T) {
	// sized is a good token of exactly that many bytes; base64 cannot make every length of one part, but of two.
	sized := func(length int) string {
		for headerPad := range 4 {
			head := header + strings.Repeat(" ", headerPad)
			left := length - len(mint(head, claims()))
			for pad := left/4*3 - 4; pad <= left; pad++ {
				if pad >= 0 {
					if raw := mint(head, claims()+strings.Repeat(" ", pad)); len(raw) == length {
						return raw
					}
				}
			}
		}
		t.Fatalf("no token of %d bytes", length)
		return ""
	}
	for _, length := range []int{1000, 4094, 4095, 4096} {
		accepted(t, issuer(t), sized(length))
	}
	for _, length := range []int{4097, 4098, 5000, 1 << 20} {
		invalid(t, issuer(t), sized(length))
	}
	for _, text := range []string{"A", ".", "\n", "=", "\x00", "A.", "eyJ"} {
		invalid(t, issuer(t), strings.Repeat(text, 1<<20/len(text)))
	}
}

// Nesting as deep as fits.
func TestDeepNesting(t *testing.T) {
	for name, nest := range map[string]string{
		"arrays":  strings.Repeat("[", 1200) + strings.Repeat("]", 1200),
		"objects": strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400),
	} {
		t.Run(name, func(t *testing.T) {
			accepted(t, issuer(t), mint(header, claims("nest", nest)))
			accepted(t, issuer(t), mint(`{"alg":"HS256","nest":`+nest+`}`, claims()))
			invalid(t, issuer(t), mint(header, claims("nest", nest[:len(nest)-1])))
			invalid(t, issuer(t), mint(nest, claims()))
		})
	}
	for _, open := range []string{"[", `{"a":`} {
		nest := strings.Repeat(open, 2500/len(open))
		invalid(t, issuer(t), mint(header, nest))
		invalid(t, issuer(t), mint(nest, claims()))
	}
}
