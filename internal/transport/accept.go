package transport

import (
	"mime"
	"slices"
	"strconv"
	"strings"
)

// What answers can be.
const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
	mediaEvents   = "text/event-stream"
)

// preference is what a client thinks of one media type.
type preference struct {
	media    string
	weight   float64
	exact    bool // named, rather than meant by a wildcard
	position int
}

// negotiated is what was chosen for Accept headers.
type negotiated struct {
	media string
	ok    bool
}

// knownAccepts is for how many Accept headers it is remembered what was chosen: clients have few, and each always the same.
const knownAccepts = 64

// negotiate is as the function, and remembers.
func (g *GraphQL) negotiate(headers []string) (media string, ok bool) {
	if len(headers) != 1 {
		return negotiate(headers)
	}
	chosen, known := g.accepts.Get(headers[0])
	if !known {
		chosen.media, chosen.ok = negotiate(headers)
		g.accepts.Add(headers[0], chosen, 0)
	}
	return chosen.media, chosen.ok
}

// negotiate chooses the media type of the answer by the Accept headers (RFC 9110, section 12.5.1): the one of most
// weight; of several of the same weight one that is named rather than meant by a wildcard, then the one that is named
// first, then plain JSON. Without a header it is plain JSON, as clients that know of nothing else expect it. Events are
// chosen only if they are named. It answers false if the client accepts nothing that there is.
func negotiate(headers []string) (media string, ok bool) {
	accepted := strings.Join(headers, ",")
	if strings.TrimSpace(accepted) == "" {
		return mediaJSON, true
	}
	var found []preference
	for _, media := range []string{mediaJSON, mediaResponse, mediaEvents} {
		if p, ok := preferenceFor(media, accepted); ok && p.weight > 0 {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return "", false
	}
	return slices.MinFunc(found, func(a, b preference) int {
		switch {
		case a.weight != b.weight:
			return compare(a.weight > b.weight)
		case a.exact != b.exact:
			return compare(a.exact)
		case a.exact:
			return a.position - b.position
		}
		return 0 // the first of the list
	}).media, true
}

func compare(less bool) int {
	if less {
		return -1
	}
	return 1
}

// preferenceFor is what the most specific of the ranges that include a media type says of it.
func preferenceFor(media, accepted string) (p preference, ok bool) {
	best := 0
	for i, element := range elements(accepted) {
		of, params, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		specificity := 0
		switch of {
		case media:
			specificity = 3
		case media[:strings.Index(media, "/")] + "/*":
			specificity = 2
		case "*/*":
			specificity = 1
		}
		charset := params["charset"]
		weight, valid := weightOf(params)
		if specificity <= best || !valid || charset != "" && !strings.EqualFold(charset, "utf-8") {
			continue
		}
		if specificity < 3 && media == mediaEvents {
			continue
		}
		best = specificity
		p = preference{media: media, weight: weight, exact: specificity == 3, position: i}
	}
	return p, best > 0
}

// weightOf is the weight among a range's parameters: 0 to 1, and 1 if there is none. It is a decimal, with as many digits
// as there may be; some clients send more than three, and some none before the point.
func weightOf(params map[string]string) (weight float64, ok bool) {
	text, given := params["q"]
	if !given {
		return 1, true
	}
	weight, err := strconv.ParseFloat(text, 64)
	return weight, err == nil && strings.Trim(text, ".0123456789") == "" && weight <= 1
}

// elements are the elements of a list in a header, without the commas in quoted strings.
func elements(list string) (found []string) {
	start, quoted := 0, false
	for i := 0; i < len(list); i++ {
		switch {
		case quoted && list[i] == '\\':
			i++
		case list[i] == '"':
			quoted = !quoted
		case list[i] == ',' && !quoted:
			found = append(found, list[start:i])
			start = i + 1
		}
	}
	return append(found, list[start:])
}
