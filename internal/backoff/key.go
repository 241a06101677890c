package backoff

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
)

// Rows are kept under hashes: people type passwords into the field for the name, and names may be of any length.

// addressKey is the key of an address alone.
func addressKey(address string) string { return key("address", network(address)) }

// accountKey is the key of an account as tried from an address.
func accountKey(address, account string) string { return key("account", network(address), account) }

// network is the part of an address that tells one client from another: all of an IPv4 address, and the first half
// of an IPv6 address, since whoever has one has the 2^64 beside it as well. What is no address is one network.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// key is a SHA-256 hash in hexadecimal, of parts that are written with their lengths: no two lists of parts are
// written alike.
func key(parts ...string) string {
	text := []byte("gatehouse back-off")
	for _, part := range parts {
		text = binary.BigEndian.AppendUint64(text, uint64(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
