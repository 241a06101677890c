package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

// origin is the address that a request came from, in its canonical form; empty when it has none.
func origin(r *http.Request, proxies []netip.Prefix) string {
	from := forwarded(peer(r.RemoteAddr), r.Header.Values("X-Forwarded-For"), proxies)
	if !from.IsValid() {
		return ""
	}
	return from.String()
}

// peer is the address of a connection's other end; invalid when it has none.
func peer(remoteAddr string) netip.Addr {
	address, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return address.Addr().Unmap().WithZone("")
}

// forwarded is where a peer has a request from. Each proxy writes the address that it heard from at the end of
// X-Forwarded-For, so they are read from there: the first that is none of our proxies is the client, and what stands
// before it is the client's word, which counts for nothing. Where there are only proxies it is the first of them.
//
// It is the peer itself when that is none of the proxies, and when something that is no address was met on the way.
func forwarded(peer netip.Addr, headers []string, proxies []netip.Prefix) netip.Addr {
	if len(headers) == 0 || !trusted(peer, proxies) {
		return peer
	}
	rest := strings.Join(headers, ",") // several headers are one list (RFC 9110, section 5.3)
	for {
		comma := strings.LastIndexByte(rest, ',')
		from, ok := element(rest[comma+1:])
		switch {
		case !ok:
			return peer
		case comma < 0, !trusted(from, proxies):
			return from
		}
		rest = rest[:comma]
	}
}

func trusted(address netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// element is the address in one element of the list: an IP address, in brackets if it is an IPv6 address with or
// without a port. One with a zone is none: zones mean something on one machine only.
func element(text string) (address netip.Addr, ok bool) {
	text = strings.Trim(text, " \t")
	if inner, bracketed := strings.CutPrefix(text, "["); bracketed && strings.HasSuffix(inner, "]") {
		address, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return address.Unmap(), err == nil && address.Is6() && address.Zone() == ""
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		address = withPort.Addr()
	}
	return address.Unmap(), address.Zone() == ""
}
