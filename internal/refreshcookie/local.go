package refreshcookie

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// isLocal says whether a request comes, as far as it tells, straight from a browser on the server's own machine, where
// nobody listens in. Whatever is in doubt is not local.
func isLocal(r *http.Request) bool {
	return isLoopback(r.Host) && !isForwarded(r.Header)
}

// isLoopback says whether a Host header is localhost, a name below it, 127.0.0.0/8 or [::1], with any port or none.
func isLoopback(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host { // it has more in it than a host and a port
		return false
	}
	name := strings.ToLower(u.Hostname())
	if address, err := netip.ParseAddr(name); err == nil {
		return address.Is4() && address.IsLoopback() || address == netip.IPv6Loopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// isForwarded says whether a proxy has passed the request on: where from, only it knows.
func isForwarded(header http.Header) bool {
	for name := range header {
		if name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
}
