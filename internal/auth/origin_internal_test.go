package auth

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzForwarded holds forwarded to a plain reading of its rules, made of other parts: the list is split at once, and
// read by patterns and package net.
func FuzzForwarded(f *testing.F) {
	for _, seed := range [][2]string{
		{"10.0.0.1", "203.0.113.9"},
		{"10.0.0.1", "1.2.3.4, 10.0.0.2"},
		{"192.0.2.1", "203.0.113.9"},
		{"10.0.0.1", ""},
		{"10.0.0.1", "a\nb"},
		{"fd00::1", "[2001:db8::1]:443,fd00::2"},
		{"10.0.0.1", "::ffff:1.2.3.4\n10.0.0.3"},
		{"10.0.0.1", "fe80::1%eth0"},
		{"10.0.0.1", "[1.2.3.4]"},
		{"10.0.0.1", "1.2.3.4:065535,10.0.0.2:+1"},
		{"", "1.2.3.4"},
		{"10.0.0.1", "010.0.0.1"},
		{"10.0.0.1", "0x7f.1, unknown"},
		{"10.0.0.1", "10.0.0.2, 10.0.0.3"},
		{"10.0.0.1", "[::ffff:10.0.0.1]"},
		{"10.0.0.1", ",,"},
		{"10.0.0.1", "1::2::3"},
		{"::ffff:10.0.0.1", "9.9.9.9\x00"},
		{"10.0.0.1", "::ffff:0a00:0001,1.1.1.1:"},
	} {
		f.Add(seed[0], seed[1])
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	_, ten, _ := net.ParseCIDR("10.0.0.0/8")
	_, unique, _ := net.ParseCIDR("fd00::/8")
	isProxy := func(ip net.IP) bool {
		if ip.To4() != nil {
			return ten.Contains(ip)
		}
		return unique.Contains(ip)
	}
	withPort := regexp.MustCompile(`^(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\]):([0-9]+)$`)
	bracketed := regexp.MustCompile(`^\[([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)\]$`)
	read := func(text string) net.IP {
		text = strings.TrimFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
		if m := withPort.FindStringSubmatch(text); m != nil {
			port, err := strconv.Atoi(m[3])
			if err != nil || port > 65535 || m[2] != "" && !strings.Contains(m[2], ":") {
				return nil
			}
			text = m[1] + m[2]
		} else if m := bracketed.FindStringSubmatch(text); m != nil {
			text = m[1]
		}
		return net.ParseIP(text)
	}
	f.Fuzz(func(t *testing.T, peer, lines string) {
		from, err := netip.ParseAddr(peer)
		if err != nil || from.Zone() != "" {
			from = netip.Addr{}
		}
		from = from.Unmap() // as peers are
		headers := strings.Split(lines, "\n")

		want := net.ParseIP(from.String())
		if want != nil && isProxy(want) {
			elements := strings.Split(strings.Join(headers, ","), ",")
			slices.Reverse(elements)
			for i, text := range elements {
				ip := read(text)
				if ip == nil {
					break // the peer
				}
				if !isProxy(ip) || i == len(elements)-1 {
					want = ip
					break
				}
			}
		}
		got := forwarded(from, headers, proxies)
		if !net.ParseIP(got.String()).Equal(want) || got.Zone() != "" || got.Is4In6() {
			t.Errorf("forwarded(%q, %q) = %v; want %v", peer, headers, got, want)
		}
	})
}
