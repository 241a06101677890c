package refreshcookie

import (
	"slices"
	"strings"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// The headers of which a request needs one, with any value. A page can send neither to another origin before the
// browser has asked that one in a preflight.
const (
	RequestedWith    = "X-Requested-With"
	RequirePreflight = "Apollo-Require-Preflight"
)

// CheckPreflight is a FORBIDDEN that says what is missing, unless the request is one that no page of a foreign origin
// could have made: a page must neither use the cookie of its visitors nor sign them in as somebody else.
func (j *Jar) CheckPreflight() error {
	if j == nil {
		return nil
	}
	var needs []string
	if j.request.Header.Get(RequestedWith) == "" && j.request.Header.Get(RequirePreflight) == "" {
		needs = append(needs, "the header "+RequestedWith+" or "+RequirePreflight+" (with any value)")
	}
	switch origins := j.request.Header.Values("Origin"); {
	case len(origins) != 1:
		needs = append(needs, "one Origin header")
	case !j.allows(origins[0]):
		needs = append(needs, "an Origin that is this server's own or in its list of allowed ones")
	}
	if len(needs) == 0 {
		return nil
	}
	return fault.New(fault.Forbidden, "The refresh token is kept in a cookie here, so this request needs "+strings.Join(needs, " and ")+".")
}

// allows says whether pages of the origin may use the cookie. Browsers write an origin in one way only, and nobody else
// has to be understood: so it is compared, and never parsed.
func (j *Jar) allows(origin string) bool {
	host := strings.ToLower(j.request.Host)
	own := host != "" && // as with HTTP/1.0
		(origin == "https://"+strings.TrimSuffix(host, ":443") || origin == "http://"+strings.TrimSuffix(host, ":80"))
	return own || slices.Contains(j.settings.Origins, origin)
}
