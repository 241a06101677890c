package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// unknown leaves a problem for every variable that looks like a setting and is none. It must see the environment before
// the flags are laid over it. Values are not printed: the variable may be a misspelled secret.
func (c *checker) unknown() {
	for _, name := range slices.Sorted(maps.Keys(c.given)) {
		upper := strings.ToUpper(name) // the shell tells gatehouse_env from GATEHOUSE_ENV; whoever wrote it did not
		switch {
		case !strings.HasPrefix(upper, prefix), c.given[name] == "":
		case c.position(name) < len(c.fields):
		case name == "GATEHOUSE_SUPERUSER_PASSWORD",
			strings.HasPrefix(name, "GATEHOUSE_TEST_"),
			strings.HasPrefix(name, "GATEHOUSE_E2E_"):
		case isKubernetes(name, c.given[name]):
		default:
			if nearest := c.nearest(upper); nearest != "" {
				c.problem(name, "is not a setting; did you mean %s?", nearest)
			} else {
				c.problem(name, "is not a setting; gatehouse serve --help lists them all")
			}
		}
	}
}

// isKubernetes reports whether a variable is one that Kubernetes sets in every container for a service whose name is, or
// begins with, "gatehouse": GATEHOUSE_SERVICE_HOST, GATEHOUSE_PORT=tcp://10.0.0.1:80, GATEHOUSE_PORT_80_TCP_ADDR and so on.
func isKubernetes(name, value string) bool {
	service := regexp.MustCompile(`^GATEHOUSE_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	port := regexp.MustCompile(`^GATEHOUSE_([A-Z0-9_]+_)?PORT$`)
	address := regexp.MustCompile(`^(tcp|udp|sctp)://`)
	return service.MatchString(name) || port.MatchString(name) && address.MatchString(value)
}

// nearest is the variable whose name takes the fewest edits to get from name, or empty if that is more than half of it.
func (c *checker) nearest(name string) string {
	name = strings.TrimPrefix(name, prefix)
	var nearest string
	fewest := len(name)/2 + 1
	for _, f := range c.fields {
		if n := edits(name, strings.TrimPrefix(f.Name, prefix)); n < fewest {
			nearest, fewest = f.Name, n
		}
	}
	return nearest
}

// edits counts the bytes to insert, delete or replace to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
