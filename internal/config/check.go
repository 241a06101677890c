package config

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// What OWASP asks of Argon2id at the least, with one thread.
const (
	productionMemoryKiB = 19456
	productionPasses    = 2
)

// check leaves a problem for everything that is wrong with the parsed settings.
func (c *checker) check() {
	values := reflect.ValueOf(c.settings)
	for _, f := range c.fields {
		if c.sound(f.Name) && !f.admits(values.FieldByIndex(f.of.Index)) {
			c.problem(f.Name, "must be %s, not %s", f.wanted(), c.show(f.Name))
		}
	}
	c.checkAddr("GATEHOUSE_ADDR", c.settings.Addr)
	c.checkMetricsAddr()
	c.checkDatabase()
	c.checkNotify()
	c.checkReplicas()
	c.checkSecret()
	c.checkLifetimes()
	c.checkArgon2()
	c.checkBackoff()
	c.checkProxies()
	c.checkOrigins()
	c.checkTrustedDocuments()
}

// checkMetricsAddr sees to it that what is private is not served to everybody: not where the API is.
func (c *checker) checkMetricsAddr() {
	const name, public = "GATEHOUSE_METRICS_ADDR", "GATEHOUSE_ADDR"
	if c.settings.MetricsAddr == "" {
		return
	}
	c.checkAddr(name, c.settings.MetricsAddr)
	if c.sound(name, public) && collide(c.settings.MetricsAddr, c.settings.Addr) {
		c.problem(name, "must be another address than %s, which is for everybody: %s", public, c.show(public))
	}
}

// collide reports whether two sound addresses may be one: the same port, of the same host, or of every interface. A port
// that the system chooses is never another's.
func collide(one, other string) bool {
	host, port, _ := net.SplitHostPort(one)
	otherHost, otherPort, _ := net.SplitHostPort(other)
	number, _ := strconv.ParseUint(port, 10, 16)
	otherNumber, _ := strconv.ParseUint(otherPort, 10, 16)
	if number != otherNumber || number == 0 {
		return false
	}
	host, every := listened(host)
	otherHost, otherEvery := listened(otherHost)
	return every || otherEvery || host == otherHost
}

// listened is a host to listen at in its canonical form, and whether it is every interface.
func listened(host string) (canonical string, every bool) {
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "":
		return "", true
	case err != nil && strings.EqualFold(host, "localhost"):
		return "127.0.0.1", false
	case err != nil:
		return strings.ToLower(host), false
	}
	return ip.Unmap().String(), ip.Unmap().IsUnspecified()
}

func (c *checker) checkAddr(name, addr string) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || (host != "" && !isHost(host)) {
		c.problem(name, "must be host:port, for example 127.0.0.1:8080, :8080 or [::1]:8080, not %s", c.show(name))
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		c.problem(name, "must end in a port from 0 to 65535, not %s", c.show(name))
	}
}

// checkDatabase prints no part of the value: URLs of databases tend to hold passwords.
func (c *checker) checkDatabase() {
	const name = "GATEHOUSE_DATABASE_URL"
	if isPostgres(c.settings.DatabaseURL) {
		c.checkPostgres(name, c.settings.DatabaseURL)
		return
	}
	scheme, file, ok := strings.Cut(c.settings.DatabaseURL, "://")
	switch scheme = strings.ToLower(scheme); {
	case !ok:
		c.problem(name, "must be sqlite:// followed by the path of a file, for example sqlite://data/gatehouse.db, or postgres:// followed by the place of a database")
	case scheme != "sqlite":
		c.problem(name, "has an unknown scheme; it must be sqlite:// followed by the path of a file, or postgres:// followed by the place of a database")
	case strings.ContainsAny(file, "?#"):
		c.problem(name, "takes no query string and no fragment: the path must not contain ? or #")
	case strings.ContainsFunc(file, unicode.IsControl):
		c.problem(name, "must not contain control characters")
	case file == "":
		c.problem(name, "lacks the path of the file, for example sqlite://data/gatehouse.db")
	case strings.HasPrefix(file, ":memory:"):
		c.problem(name, "must name a file: a database in memory is not supported")
	case strings.HasSuffix(file, "/") || path.Base(file) == "." || path.Base(file) == "..":
		c.problem(name, "must name a file, not a directory")
	case path.Base(file) == secretKeyName:
		c.problem(name, "must not name a file %s: that is where the secret key is kept", secretKeyName)
	}
}

func (c *checker) checkNotify() {
	const name, database = "GATEHOUSE_DATABASE_NOTIFY_URL", "GATEHOUSE_DATABASE_URL"
	switch s := c.settings; {
	case s.DatabaseNotifyURL == "":
	case !isPostgres(s.DatabaseNotifyURL):
		c.problem(name, "must be postgres:// followed by the place of the database")
	case !isPostgres(s.DatabaseURL):
		c.problem(name, "is for PostgreSQL only, which %s does not name", database)
	default:
		c.checkPostgres(name, s.DatabaseNotifyURL)
	}
}

// checkReplicas prints no part of the values either.
func (c *checker) checkReplicas() {
	const name, primary = "GATEHOUSE_DATABASE_REPLICA_URLS", "GATEHOUSE_DATABASE_URL"
	var replicas []string
	for i, replica := range c.settings.DatabaseReplicaURLs {
		replica = strings.TrimSpace(replica)
		switch {
		case replica == "":
			c.problem(name, "has nothing between two commas, or before or after one")
		case !isPostgres(replica):
			c.problem(name, "must list URLs such as postgres://user:password@host:5432/database: number %d is not one", i+1)
		case replica == c.settings.DatabaseURL:
			c.problem(name, "has %s itself, as number %d", primary, i+1)
		case !slices.Contains(replicas, replica):
			c.checkPostgres(name, replica)
			replicas = append(replicas, replica)
		}
	}
	if len(replicas) > 0 && c.sound(primary) && !isPostgres(c.settings.DatabaseURL) {
		c.problem(name, "needs a PostgreSQL database in %s: SQLite has no replicas", primary)
	}
	c.settings.DatabaseReplicaURLs = replicas
}

// checkPostgres prints no part of the value either. What comes after the database's name is for its driver to judge, when
// the database is opened.
func (c *checker) checkPostgres(name, value string) {
	switch u, err := url.Parse(value); {
	case err != nil || u.Opaque != "" || u.Fragment != "":
		c.problem(name, "is not a URL such as postgres://user:password@host:5432/database; what is special in a password or a name must be percent-encoded")
	case strings.Trim(u.Path, "/") == "" && !u.Query().Has("dbname"):
		c.problem(name, "lacks the name of the database, for example postgres://user:password@host:5432/gatehouse")
	}
}

// checkSecret reads the key file, too, and never prints a key.
func (c *checker) checkSecret() {
	const name, nameFile = "GATEHOUSE_SECRET_KEY", "GATEHOUSE_SECRET_KEY_FILE"
	s := &c.settings
	switch {
	case s.SecretKey != "" && s.SecretKeyFile != "":
		c.problem(name, "is given together with %s; give only one of them", nameFile)
	case s.SecretKey != "":
		if len(s.SecretKey) < minSecretBytes {
			c.problem(name, "must have at least %d bytes, has %d; %s", minSecretBytes, len(s.SecretKey), makeSecretHint)
		}
	case s.SecretKeyFile != "":
		key, err := readKeyFile(s.SecretKeyFile)
		if err != nil {
			c.problem(nameFile, "cannot be used: %v", err)
			return
		}
		s.SecretKey = Secret(key)
	case s.Env == Production && s.JWTKeys == "":
		c.problem(name, "is required in production, or %s, or a directory in GATEHOUSE_JWT_KEYS: a key of at least %d bytes; %s", nameFile, minSecretBytes, makeSecretHint)
	}
}

func (c *checker) checkLifetimes() {
	const access, refresh, session = "GATEHOUSE_ACCESS_TOKEN_LIFETIME", "GATEHOUSE_REFRESH_TOKEN_LIFETIME", "GATEHOUSE_SESSION_LIFETIME"
	if c.sound(access, refresh) && c.settings.AccessTokenLifetime > c.settings.RefreshTokenLifetime {
		c.problem(access, "must not be longer than %s, which is %s, but is %s", refresh, c.show(refresh), c.show(access))
	}
	if c.sound(refresh, session) && c.settings.RefreshTokenLifetime > c.settings.SessionLifetime {
		c.problem(refresh, "must not be longer than %s, which is %s, but is %s", session, c.show(session), c.show(refresh))
	}
}

func (c *checker) checkArgon2() {
	const memory, passes, threads = "GATEHOUSE_ARGON2_MEMORY_KIB", "GATEHOUSE_ARGON2_PASSES", "GATEHOUSE_ARGON2_THREADS"
	s := c.settings
	if least := 8 * uint32(s.Argon2Threads); c.sound(memory, threads) && s.Argon2MemoryKiB < least {
		c.problem(memory, "must be at least 8 for each thread of %s, here %d, not %s", threads, least, c.show(memory))
	}
	if s.Env != Production {
		return
	}
	if c.sound(memory) && s.Argon2MemoryKiB < productionMemoryKiB {
		c.problem(memory, "must be at least %d in production, which is OWASP's minimum, not %s", productionMemoryKiB, c.show(memory))
	}
	if c.sound(passes) && s.Argon2Passes < productionPasses {
		c.problem(passes, "must be at least %d in production, which is OWASP's minimum, not %s", productionPasses, c.show(passes))
	}
}

func (c *checker) checkBackoff() {
	const first, longest = "GATEHOUSE_BACKOFF_FIRST_DELAY", "GATEHOUSE_BACKOFF_MAX_DELAY"
	if c.sound(first, longest) && c.settings.BackoffFirstDelay > c.settings.BackoffMaxDelay {
		c.problem(first, "must not be longer than %s, which is %s, but is %s", longest, c.show(longest), c.show(first))
	}
}

func (c *checker) checkTrustedDocuments() {
	const name = "GATEHOUSE_TRUSTED_DOCUMENTS_FILE"
	if c.settings.TrustedDocumentsFile == "" && c.settings.TrustedDocuments != TrustedOff && c.sound("GATEHOUSE_TRUSTED_DOCUMENTS") {
		c.problem(name, "is required, since GATEHOUSE_TRUSTED_DOCUMENTS is %s", c.show("GATEHOUSE_TRUSTED_DOCUMENTS"))
	}
}

// checkProxies leaves the proxies in their canonical form.
func (c *checker) checkProxies() {
	const name = "GATEHOUSE_TRUSTED_PROXIES"
	var proxies []string
	for _, text := range c.settings.TrustedProxies {
		text = strings.TrimSpace(text)
		switch prefix, ok := parseProxy(text); {
		case text == "":
			c.problem(name, "has nothing between two commas, or before or after one")
		case !ok:
			c.problem(name, "must list IP addresses or prefixes such as 10.0.0.0/8, without names, ports or zones: %s is not one", show(text))
		case prefix.Bits() == 0:
			c.problem(name, "must not trust every address: whoever is not behind a proxy could then pretend to be anybody; %s does", show(text))
		case prefix != prefix.Masked():
			c.problem(name, "has an address within a prefix: %s, where %s would be the prefix", show(text), prefix.Masked())
		default:
			canonical := prefix.String()
			if prefix.IsSingleIP() {
				canonical = prefix.Addr().String()
			}
			if !slices.Contains(proxies, canonical) {
				proxies = append(proxies, canonical)
			}
		}
	}
	c.settings.TrustedProxies = proxies
}

// parseProxy reads an IP address, or a prefix of some. What is IPv4 in the form of IPv6 is IPv4.
func parseProxy(text string) (prefix netip.Prefix, ok bool) {
	if ip, err := netip.ParseAddr(text); err == nil {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), ip.Zone() == ""
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if ip := prefix.Addr(); ip.Is4In6() {
		const mapped = 96 // bits before those of the IPv4 address
		return netip.PrefixFrom(ip.Unmap(), prefix.Bits()-mapped), prefix.Bits() >= mapped
	}
	return prefix, true
}

// checkOrigins leaves the origins as browsers send them.
func (c *checker) checkOrigins() {
	const name = "GATEHOUSE_CORS_ORIGINS"
	var origins []string
	for _, text := range c.settings.CORSOrigins {
		text = strings.TrimSpace(text)
		switch origin, ok := parseOrigin(text); {
		case text == "":
			c.problem(name, "has nothing between two commas, or before or after one")
		case strings.Contains(text, "*") || strings.EqualFold(text, "null"):
			c.problem(name, "must name every origin it allows: %s is not accepted", show(text))
		case !ok:
			c.problem(name, "must list origins, scheme://host or scheme://host:port, without a path or a slash at the end: %s is not one", show(text))
		case !slices.Contains(origins, origin):
			origins = append(origins, origin)
		}
	}
	c.settings.CORSOrigins = origins
}

// parseOrigin gives an origin the form in which browsers send it in their Origin header.
func parseOrigin(text string) (origin string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.User != nil || u.Opaque != "" || !isHost(u.Hostname()) {
		return "", false
	}
	host, ok := canonicalHost(u.Hostname())
	if !ok {
		return "", false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", false
		}
		if defaults := map[string]string{"http": "80", "https": "443"}; defaults[u.Scheme] != port {
			host += ":" + port
		}
	}
	// What is left over is a path, a query, a fragment, or a colon without a port.
	if !strings.EqualFold(text, u.Scheme+"://"+u.Host) || strings.HasSuffix(u.Host, ":") {
		return "", false
	}
	return u.Scheme + "://" + host, true
}

// canonicalHost is a host as a browser writes it: a name in lower case, an address in its shortest form. An address with a
// zone is none.
func canonicalHost(host string) (canonical string, ok bool) {
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return strings.ToLower(host), true
	case ip.Zone() != "":
		return "", false
	case ip.Is6():
		return "[" + ip.String() + "]", true
	}
	return ip.String(), true
}

// isHost reports whether the text is an IP address, or can be the name of a host: ASCII, so names in other scripts must be
// in their xn-- form.
func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	if strings.Trim(text, "0123456789.") == "" || len(text) > 253 {
		return false // an IP address gone wrong
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return r > unicode.MaxASCII || r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			return false
		}
	}
	return true
}
