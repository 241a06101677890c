package refreshcookie

import (
	"strings"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/sameorigin"
)

// The headers of which a request needs one, with any value. A page can send neither to another origin before the
// browser has asked that one in a preflight.
const (
	RequestedWith    = "X-Requested-With"
	RequirePreflight = "Apollo-Require-Preflight"
)

// CheckPreflight is a FORBIDDEN that says what is missing, unless the request is one that no page of a foreign origin
// could have made, and is answered with a header: a page must neither use the cookie of its visitors nor sign them in as somebody else.
func (j *Jar) CheckPreflight() error {
	if j == nil {
		return nil
	}
	if j.answer == nil {
		return fault.New(fault.Forbidden, "The refresh token is kept in a cookie here, which only an answer to an ordinary request by POST can change.")
	}
	var needs []string
	if j.request.Header.Get(RequestedWith) == "" && j.request.Header.Get(RequirePreflight) == "" {
		needs = append(needs, "the header "+RequestedWith+" or "+RequirePreflight+" (with any value)")
	}
	switch origins := j.request.Header.Values("Origin"); {
	case len(origins) != 1:
		needs = append(needs, "one Origin header")
	case !sameorigin.Allows(j.request, origins[0], j.settings.Origins):
		needs = append(needs, "an Origin that is this server's own or in its list of allowed ones")
	}
	if len(needs) == 0 {
		return nil
	}
	return fault.New(fault.Forbidden, "The refresh token is kept in a cookie here, so this request needs "+strings.Join(needs, " and ")+".")
}
