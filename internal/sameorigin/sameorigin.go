// Package sameorigin tells which pages may do more with the server than other sites' pages.
package sameorigin

import (
	"net/http"
	"slices"
	"strings"
)

// Allows says whether a request's origin is the server's own, by the Host that the request names, or one of the others.
// Browsers write an origin in one way only, and nobody else has to be understood: so it is compared, and never parsed.
func Allows(r *http.Request, origin string, others []string) bool {
	host := strings.ToLower(r.Host)
	named := host != "" && host[0] != ':' // it may be missing with HTTP/1.0
	own := named &&
		(origin == "https://"+strings.TrimSuffix(host, ":443") || origin == "http://"+strings.TrimSuffix(host, ":80"))
	return own || slices.Contains(others, origin)
}
