package transport

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNegotiate(t *testing.T) {
	const plain, modern, events, none = mediaJSON, mediaResponse, mediaEvents, ""
	long := strings.Repeat("text/html;q=0.9, ", 100_000)
	for _, tt := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"no header", nil, plain},
		{"an empty one", []string{""}, plain},
		{"a blank one", []string{" \t"}, plain},
		{"several empty ones", []string{"", ""}, none}, // a list of nothing
		{"commas", []string{",,"}, none},

		{"plain JSON", []string{"application/json"}, plain},
		{"the newer type", []string{"application/graphql-response+json"}, modern},
		{"events", []string{"text/event-stream"}, events},
		{"in any case", []string{"Application/GraphQL-Response+JSON"}, modern},
		{"in any case", []string{"TEXT/EVENT-STREAM"}, events},
		{"something else", []string{"text/html"}, none},
		{"something alike", []string{"application/jsonp"}, none},
		{"something alike", []string{"application/graphql+json"}, none},
		{"half a type", []string{"application"}, none},

		{"anything", []string{"*/*"}, plain},
		{"anything of a kind", []string{"application/*"}, plain},
		{"any text, which is no events", []string{"text/*"}, none},
		{"any text and anything", []string{"text/*, */*;q=0.1"}, plain},
		{"what is no wildcard", []string{"*/json"}, none},
		{"what is no wildcard", []string{"*"}, none},
		{"what is no wildcard", []string{"application/*json"}, none},
		{"what is no wildcard", []string{"*/event-stream"}, none},

		{"both kinds of JSON, plain first", []string{"application/json, application/graphql-response+json"}, plain},
		{"both kinds of JSON, the newer first", []string{"application/graphql-response+json, application/json"}, modern},
		{"all three", []string{"text/event-stream, application/graphql-response+json, application/json"}, events},
		{"all three, events last", []string{"application/graphql-response+json, application/json, text/event-stream"}, modern},
		{"in two headers", []string{"application/graphql-response+json", "application/json"}, modern},
		{"in two headers, the other way round", []string{"application/json", "application/graphql-response+json"}, plain},
		{"with weights", []string{"application/json;q=0.9, application/graphql-response+json"}, modern},
		{"with weights, the lower first", []string{"application/graphql-response+json;q=0.1, text/event-stream;q=0.2, application/json;q=0.3"}, plain},
		{"with weights in a second header", []string{"application/json;q=0.5", "text/event-stream;q=0.501"}, events},
		{"a weight of one", []string{"text/event-stream;q=1.000, application/json"}, events},
		{"a weight of zero", []string{"application/json;q=0"}, none},
		{"weights of zero", []string{"application/json;q=0.0, application/graphql-response+json;q=0.000, text/event-stream;q=0."}, none},
		{"anything but one", []string{"application/json;q=0, */*"}, modern},
		{"anything but one, the other way round", []string{"*/*, application/json;q=0"}, modern},
		{"anything but that kind", []string{"application/*;q=0, */*"}, none},
		{"nothing but one", []string{"*/*;q=0, application/graphql-response+json;q=0.001"}, modern},
		{"what is named goes before what is meant", []string{"*/*, application/graphql-response+json"}, modern},
		{"what is named goes before what is meant", []string{"*/*, text/event-stream"}, events},
		{"what is meant goes before what is named and weighs less", []string{"text/event-stream;q=0.9, */*"}, plain},
		{"the narrower range holds", []string{"*/*;q=1, application/*;q=0.1, text/event-stream;q=0.5"}, events},
		{"the narrower range holds", []string{"application/*, */*;q=0.1, application/json;q=0.05"}, modern},
		{"the first of two alike holds", []string{"application/json;q=0.2, application/json;q=0.9, text/event-stream;q=0.5"}, events},
		{"the first of two alike holds, in two headers", []string{"application/json;q=0", "application/json"}, none},

		{"a charset", []string{"application/json;charset=utf-8"}, plain},
		{"a charset in capitals and quotes", []string{`application/graphql-response+json; Charset="UTF-8"`}, modern},
		{"another charset", []string{"application/json;charset=iso-8859-1"}, none},
		{"another charset, and another range", []string{"application/json;charset=iso-8859-1, */*;q=0.1"}, plain},
		{"an empty charset", []string{`application/json;charset=""`}, plain},
		{"another parameter", []string{"application/json;profile=x;q=0.5"}, plain},
		{"another parameter with a comma", []string{`text/html;a="b,text/event-stream,c", application/json`}, plain},
		{"another parameter with a quote", []string{`text/html;a="b\",text/event-stream", application/json`}, plain},
		{"an extension behind the weight", []string{"application/json;q=0.5;ext=1, text/event-stream;q=0.4"}, plain},
		{"blanks", []string{" \tapplication/json \t;\tq=0.1 ,\ttext/event-stream ; q=0.2"}, events},

		{"a weight of two", []string{"application/json;q=2, text/event-stream;q=0.1"}, events},
		{"a weight just too great", []string{"application/json;q=1.001"}, none},
		{"a weight below zero", []string{"application/json;q=-0.1"}, none},
		{"a weight that is no number", []string{"application/json;q=x, */*;q=0.1"}, plain},
		{"a weight that is not any number", []string{"application/json;q=NaN"}, none},
		{"a weight as nobody writes it", []string{"application/json;q=1e0"}, none},
		{"a weight as nobody writes it", []string{"application/json;q=0x1p0"}, none},
		{"a weight as nobody writes it", []string{"application/json;q=+1"}, none},
		{"an empty weight", []string{"application/json;q="}, none},
		{"two weights", []string{"application/json;q=1;q=0.5"}, none},
		{"a weight with many digits", []string{"application/json;q=0.33333, text/event-stream;q=0.33334"}, events},
		{"a weight without a zero, as Java's clients send it", []string{"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}, plain},
		{"what a browser sends for a page", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}, plain},
		{"what Apollo Client sends", []string{"application/graphql-response+json,application/json;q=0.9"}, modern},
		{"what Apollo Client sends for @defer", []string{"multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"}, modern},
		{"what urql sends", []string{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"}, modern},
		{"what graphql-http sends", []string{"application/graphql-response+json, application/json"}, modern},

		{"no media type, and one", []string{"/, ;, a/b/c, =, \x00, \xff, application/json"}, plain},
		{"a quote that is never closed", []string{`application/json;a="b, text/event-stream`}, none},
		{"a quote that is never closed, behind another", []string{`text/event-stream, application/json;a="b`}, events},
		{"very long", []string{long + "text/event-stream"}, events},
		{"very long, and nothing in it", []string{long}, none},
		{"very many quotes", []string{strings.Repeat(`"`, 100_001) + ",application/json"}, none},
	} {
		got, ok := negotiate(tt.headers)
		if got != tt.want || ok != (tt.want != none) {
			t.Errorf("%s: %.80q chose %q, %v; want %q", tt.name, tt.headers, got, ok, tt.want)
		}
	}
}

// FuzzNegotiate holds negotiate to a plain reading of the rules, for what is written as RFC 9110 has it. Of anything else
// it expects that what is chosen is named, or may be meant.
func FuzzNegotiate(f *testing.F) {
	for _, header := range []string{
		"", " ", ",", "*/*", "application/json", "application/*;q=0.5, text/event-stream;q=0.4",
		"text/event-stream, application/graphql-response+json;q=0.9, application/json;q=0.8", "text/*", "*/*;q=0",
		"application/json;charset=utf-8;q=.2, */*", `a/b;c="d,e", Application/JSON ; Q=0.001`, "application/json;q=0,*/*;q=0.1",
		`application/json;charset="latin1"`, "application/json;q=1;q=1", "application/json;q=1.1", "*", "application/json;q*0=1",
		"application/graphql-response+json;q=0.3,application/json;q=0.3,text/event-stream;q=0.3", "application/json;q=1.",
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got, ok := negotiate([]string{header})
		if !slices.Contains([]string{"", mediaJSON, mediaResponse, mediaEvents}, got) || ok != (got != "") {
			t.Fatalf("%q chose %q, %v", header, got, ok)
		}
		lower := strings.ToLower(header)
		if got == mediaEvents && !strings.Contains(lower, mediaEvents) {
			t.Errorf("%q chose events", header)
		}
		if want, known := reading(header); known && got != want {
			t.Errorf("%q chose %q, want %q", header, got, want)
		}
	})
}

// A media range as RFC 9110 has it, section 12.5.1, of printable ASCII without backslashes.
var (
	rangeForm  = regexp.MustCompile("^[ \t]*([" + tokenChars + "]+/[" + tokenChars + "]+)((?:[ \t]*;[ \t]*[" + nameChars + "]+=(?:[" + tokenChars + "]+|\"[ !#-\\[\\]-~]*\"))*)[ \t]*$")
	paramForm  = regexp.MustCompile(";[ \t]*([" + nameChars + "]+)=([" + tokenChars + "]+|\"[^\"]*\")")
	weightForm = regexp.MustCompile(`^(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})$`)
)

const (
	tokenChars = "!#$%&'*+.^_`|~0-9A-Za-z-"
	nameChars  = "!#$&+.^_`|~0-9A-Za-z-" // but for what is more than a name: RFC 2231
)

// reading is what a plain reading of the rules has negotiate choose. It answers false for what is not written as it
// should be.
func reading(header string) (want string, known bool) {
	if strings.Trim(header, " \t") == "" {
		return mediaJSON, true
	}
	type mediaRange struct {
		media  string
		weight *big.Rat
	}
	var ranges []mediaRange
	outside := regexp.MustCompile(`(?:[^",]|"[^"]*")+`) // what stands between commas
	if strings.Count(header, `"`)%2 != 0 || strings.Contains(header, `\`) {
		return "", false
	}
next:
	for _, element := range outside.FindAllString(header, -1) {
		if strings.Trim(element, " \t") == "" {
			continue
		}
		parts := rangeForm.FindStringSubmatch(element)
		if parts == nil {
			return "", false
		}
		r := mediaRange{media: strings.ToLower(parts[1]), weight: big.NewRat(1, 1)}
		seen := map[string]string{}
		passOver := false
		for _, param := range paramForm.FindAllStringSubmatch(parts[2], -1) {
			name, value := strings.ToLower(param[1]), strings.Trim(param[2], `"`)
			if other, again := seen[name]; again && other != value {
				continue next // nothing says which one holds
			}
			seen[name] = value
			switch {
			case name == "q" && !weightForm.MatchString(value):
				if len(value) > 9 {
					return "", false
				}
				passOver = true
			case name == "q":
				r.weight, _ = new(big.Rat).SetString("0" + value)
				passOver = passOver || r.weight.Cmp(big.NewRat(1, 1)) > 0
			case name == "charset":
				passOver = passOver || value != "" && !strings.EqualFold(value, "utf-8")
			}
		}
		if !passOver {
			ranges = append(ranges, r)
		}
	}
	// Of each type: what the narrowest range says that includes it, and the first of those.
	best := new(big.Rat)
	bestPlace := 0
	for _, media := range []string{mediaJSON, mediaResponse, mediaEvents} {
		including := []string{media, strings.Split(media, "/")[0] + "/*", "*/*"}
		if media == mediaEvents {
			including = including[:1]
		}
		for i, form := range including {
			place := slices.IndexFunc(ranges, func(r mediaRange) bool { return r.media == form })
			if place < 0 {
				continue
			}
			weight := ranges[place].weight
			if i > 0 {
				place = len(ranges) // not named: behind all that are, and then as they are listed here
			}
			if better := weight.Cmp(best); better > 0 || better == 0 && weight.Sign() > 0 && place < bestPlace {
				best, bestPlace, want = weight, place, media
			}
			break
		}
	}
	return want, true
}
