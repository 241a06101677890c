package auth

import "net/netip"

// peer is the address of a connection's other end, without its port; empty when it has none.
func peer(remoteAddr string) string {
	address, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return ""
	}
	return address.Addr().Unmap().WithZone("").String()
}
