// Package config holds every setting of the server. [Load] reads them from the environment and the command line with one
// parser, checks them once, and reports every problem at once, each under the name of its variable.
//
// A setting is one field of [Settings]. Its tags are all there is to declare: the variable, its default, its limits and
// its help; the flag, the checks of single values, and the documentation follow from them.
package config

import (
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Settings are the server's settings, as [Load] leaves them: every limit stated here holds. The zero value is not usable.
//
// The tags: env names the variable, envDefault its default, help says what it is for. min, above (exclusive) and max
// bound a number or a duration, whole:"seconds" demands a duration without a fraction of a second, oneof lists the values a text may have, and
// flag:"-" keeps a variable off the command line.
type Settings struct {
	// Env is what the server is run for. Production refuses settings that are only fit for trying things out: a secret
	// key or a directory of keys is then required, and passwords are hashed at no less than OWASP's minimum.
	Env Environment `env:"GATEHOUSE_ENV" envDefault:"development" oneof:"development|production" help:"What the server is run for; production insists on a secret key and on strong password hashing"`

	// Addr is the address to listen on, host:port. The host is a name, an IP address (IPv6 in brackets) or empty for all
	// interfaces; the port is a number from 0 to 65535, where 0 lets the system choose one.
	Addr string `env:"GATEHOUSE_ADDR" envDefault:"127.0.0.1:8080" help:"Address to listen on, host:port; an empty host is every interface, port 0 any free port"`

	// MetricsAddr is the address to show metrics and profiles at, as Addr, but for where Addr listens; empty: nowhere.
	MetricsAddr string `env:"GATEHOUSE_METRICS_ADDR" help:"Address of a listener of its own for metrics and profiles, host:port, which nobody but operators may reach; empty: none"`

	// DatabaseURL says where the data is: sqlite:// followed by the path of a file, taken as written (no percent-encoding,
	// no query), or a URL of a PostgreSQL database as libpq takes it. It may hold a password. Read it through
	// [Settings.DatabaseSource] and [Settings.DatabaseName].
	DatabaseURL string `env:"GATEHOUSE_DATABASE_URL" envDefault:"sqlite://data/gatehouse.db" help:"Where the data is: sqlite://path relative to the working directory, sqlite:///absolute/path, or postgres://user:password@host/database"`

	// DatabaseConnections is how many connections to PostgreSQL this instance keeps at most in its pools, 0 to 10,000, where 0 is
	// four for each core it may use, and 1 is 2: one to read and one to write. SQLite's are one that writes and two to four that read, by the cores.
	DatabaseConnections int `env:"GATEHOUSE_DATABASE_CONNECTIONS" envDefault:"0" min:"0" max:"10000" help:"How many connections to PostgreSQL an instance keeps; 0: four for each core"`

	// DatabaseNotifyURL is a URL of the same PostgreSQL database, for the one connection that hears what other instances do:
	// where DatabaseURL leads through a pooler. Empty: the DatabaseURL.
	DatabaseNotifyURL string `env:"GATEHOUSE_DATABASE_NOTIFY_URL" help:"The same PostgreSQL database past a pooler that shares connections by the transaction, to hear of other instances' changes; empty: GATEHOUSE_DATABASE_URL"`

	// DatabaseReplicaURLs are streaming replicas of the PostgreSQL database, each a URL as DatabaseURL, without repeats. They
	// may hold passwords, and there are none without PostgreSQL.
	DatabaseReplicaURLs []string `env:"GATEHOUSE_DATABASE_REPLICA_URLS" help:"URLs of streaming replicas of the PostgreSQL database, separated by commas, from which the catalogue is read; empty: none"`

	// DatabaseReplicaMaxLag is how far a replica may be behind to be used: 1 second to 5 minutes.
	DatabaseReplicaMaxLag time.Duration `env:"GATEHOUSE_DATABASE_REPLICA_MAX_LAG" envDefault:"10s" min:"1s" max:"5m" help:"How far a replica may be behind; one that is further is not used"`

	// Migrate says whether the database's schema is brought up to date at start; if not, a database that is not is refused.
	Migrate bool `env:"GATEHOUSE_MIGRATE" envDefault:"true" help:"Apply outstanding database migrations at start"`

	// SecretKey signs tokens, or with JWTKeys only verifies them: at least 32 bytes, or empty, which [Load] allows in
	// development and with JWTKeys only. In development without JWTKeys the server then uses the one that
	// [LoadOrCreateSecret] keeps at [Settings.SecretKeyPath]. Whether it was given by GATEHOUSE_SECRET_KEY or
	// by GATEHOUSE_SECRET_KEY_FILE, it is here.
	SecretKey Secret `env:"GATEHOUSE_SECRET_KEY" flag:"-" help:"Key that signs tokens, at least 32 bytes, never on the command line; required in production without GATEHOUSE_JWT_KEYS, in development created beside the database"`

	// SecretKeyFile is the file that SecretKey was read from, or empty. One newline at its end is not part of the key.
	SecretKeyFile string `env:"GATEHOUSE_SECRET_KEY_FILE" help:"File to read the secret key from, instead of GATEHOUSE_SECRET_KEY"`

	// JWTKeys is the directory of the keys that sign and verify tokens, or empty. With it SecretKey only verifies, and may
	// be empty in production, too.
	JWTKeys string `env:"GATEHOUSE_JWT_KEYS" help:"Directory of the keys of tokens, made by gatehouse keys generate; the secret key then only verifies"`

	// AccessTokenLifetime is how long an access token is valid: whole seconds, at least one, at most RefreshTokenLifetime.
	AccessTokenLifetime time.Duration `env:"GATEHOUSE_ACCESS_TOKEN_LIFETIME" envDefault:"5m" min:"1s" whole:"seconds" help:"How long an access token is valid; no longer than a refresh token"`

	// RefreshTokenLifetime is how long a refresh token is valid: whole seconds, at least one, at most SessionLifetime.
	RefreshTokenLifetime time.Duration `env:"GATEHOUSE_REFRESH_TOKEN_LIFETIME" envDefault:"24h" min:"1s" whole:"seconds" help:"How long a refresh token is valid; no longer than a session"`

	// SessionLifetime is how long after signing in a session ends, however often it is refreshed: whole seconds.
	SessionLifetime time.Duration `env:"GATEHOUSE_SESSION_LIFETIME" envDefault:"720h" min:"1s" whole:"seconds" help:"How long after signing in a session ends, however often it is refreshed"`

	// RefreshRotation says whether a refresh token is spent by its use and another takes its place. If not, a session keeps
	// its one refresh token until that expires, and no theft of it can be noticed.
	RefreshRotation bool `env:"GATEHOUSE_REFRESH_ROTATION" envDefault:"true" help:"Replace a refresh token whenever it is used; without it the theft of one cannot be noticed"`

	// RefreshGrace is how long after a refresh the previous refresh token still gets the same successor, rather than being
	// taken for stolen: 0 to 5 minutes, 0 for not at all.
	RefreshGrace time.Duration `env:"GATEHOUSE_REFRESH_GRACE" envDefault:"10s" min:"0s" max:"5m" help:"How long a refresh token may be presented again after its use, for clients that lost the answer"`

	// RefreshCookie says whether the refresh token travels in a cookie that no script can read, and in no answer: cookie
	// mode, for frontends that share a site with the API.
	RefreshCookie bool `env:"GATEHOUSE_REFRESH_COOKIE" envDefault:"false" help:"Keep the refresh token in a cookie that no script can read, for pages that share a site with the API"`

	// Registration says whether anybody may make themselves an account.
	Registration Registration `env:"GATEHOUSE_REGISTRATION" envDefault:"open" oneof:"open|closed" help:"Whether anybody may register, or only createsuperuser makes accounts"`

	// SessionsPerUser is how many live sessions a user may have, 1 to 10,000; one more ends the oldest.
	SessionsPerUser int `env:"GATEHOUSE_SESSIONS_PER_USER" envDefault:"100" min:"1" max:"10000" help:"How many live sessions a user may have; one more ends the oldest"`

	// FlushInterval is how long a serving program waits before it deletes again expired sessions, forgiven failures and old
	// audit events: 0 to 168 hours, 0 for never.
	FlushInterval time.Duration `env:"GATEHOUSE_FLUSH_INTERVAL" envDefault:"1h" min:"0s" max:"168h" help:"How often expired sessions, forgiven failures and audit events are deleted; 0s: only by gatehouse flushexpired"`

	// AuditRetention is how long audit events are kept: 0 to 87,600 hours (ten years), 0 for ever.
	AuditRetention time.Duration `env:"GATEHOUSE_AUDIT_RETENTION" envDefault:"2160h" min:"0s" max:"87600h" help:"How long audit events are kept; 0s: for ever"`

	// JWTIssuer is the iss claim that tokens are given and must have. Empty: none is written or demanded.
	JWTIssuer string `env:"GATEHOUSE_JWT_ISSUER" help:"The iss claim that tokens are given and must have; empty: none"`

	// JWTAudience is the aud claim that tokens are given and must have. Empty: none is written or demanded.
	JWTAudience string `env:"GATEHOUSE_JWT_AUDIENCE" help:"The aud claim that tokens are given and must have; empty: none"`

	// JWTLeeway is how long after its exp a token is still accepted: whole seconds, 0 to 5 minutes.
	JWTLeeway time.Duration `env:"GATEHOUSE_JWT_LEEWAY" envDefault:"0s" min:"0s" max:"5m" whole:"seconds" help:"How long after its expiry a token is still accepted, for clocks that disagree"`

	// AcceptForeignTokens says whether tokens are taken that another server, such as Django with SimpleJWT, issued under the
	// same key. They name no session, so they are good until they expire.
	AcceptForeignTokens bool `env:"GATEHOUSE_ACCEPT_FOREIGN_TOKENS" envDefault:"false" help:"Take tokens that SimpleJWT or another server issued under the same key; they name no session to end"`

	// Argon2MemoryKiB is the memory that hashing one password takes, in KiB: 8 to 4,194,304 (4 GiB) and at least 8 for each
	// thread; in production at least 19,456.
	Argon2MemoryKiB uint32 `env:"GATEHOUSE_ARGON2_MEMORY_KIB" envDefault:"19456" min:"8" max:"4194304" help:"Memory that hashing one password takes, in KiB; at least 8 for each thread, in production at least 19456"`

	// Argon2Passes is how often hashing a password passes over that memory: 1 to 100; in production at least 2.
	Argon2Passes uint32 `env:"GATEHOUSE_ARGON2_PASSES" envDefault:"2" min:"1" max:"100" help:"Passes over that memory; in production at least 2"`

	// Argon2Threads is how many threads hash one password: 1 to 64.
	Argon2Threads uint8 `env:"GATEHOUSE_ARGON2_THREADS" envDefault:"1" min:"1" max:"64" help:"Threads that hash one password"`

	// PasswordWorkers is how many passwords may be hashed at a time, 0 to 256, where 0 leaves one core to everything else.
	// Read it through [Settings.PasswordWorkerCount].
	PasswordWorkers int `env:"GATEHOUSE_PASSWORD_WORKERS" envDefault:"0" min:"0" max:"256" help:"How many passwords may be hashed at a time; 0: one fewer than there are cores, at least one"`

	// PasswordQueue is how many more may wait for their turn, 0 to 10,000; beyond that those whose address has failed most
	// are refused as RATE_LIMITED.
	PasswordQueue int `env:"GATEHOUSE_PASSWORD_QUEUE" envDefault:"64" min:"0" max:"10000" help:"How many more may wait for their turn; beyond that those whose address has failed most are refused as RATE_LIMITED"`

	// BackoffFreePerAccount is how many failed sign-ins to one account, from one address, cost no waiting: 1 to 100,000.
	BackoffFreePerAccount int `env:"GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT" envDefault:"5" min:"1" max:"100000" help:"How many failed sign-ins to one account from one address cost no waiting"`

	// BackoffFreePerAddress is how many failed sign-ins and registrations from one address, to whatever accounts, cost no
	// waiting: 1 to 100,000.
	BackoffFreePerAddress int `env:"GATEHOUSE_BACKOFF_FREE_PER_ADDRESS" envDefault:"50" min:"1" max:"100000" help:"How many failed sign-ins and registrations from one address cost no waiting"`

	// BackoffFirstDelay is how long the next try has to wait then: 1 second to BackoffMaxDelay. Each further failure doubles it.
	BackoffFirstDelay time.Duration `env:"GATEHOUSE_BACKOFF_FIRST_DELAY" envDefault:"1s" min:"1s" max:"24h" help:"How long the next try has to wait then; each further failure doubles it"`

	// BackoffMaxDelay is the longest wait that doubling leads to: BackoffFirstDelay to 24 hours.
	BackoffMaxDelay time.Duration `env:"GATEHOUSE_BACKOFF_MAX_DELAY" envDefault:"1h" min:"1s" max:"24h" help:"The longest wait that doubling leads to"`

	// BackoffForgiveAfter is the time in which one failure is forgiven, one after the other: 1 second to 24 hours.
	BackoffForgiveAfter time.Duration `env:"GATEHOUSE_BACKOFF_FORGIVE_AFTER" envDefault:"15m" min:"1s" max:"24h" help:"The time in which one failure is forgiven, one after the other"`

	// BackoffMaxRows is how many rows may remember failures, 1,000 to 10,000,000; beyond that those that matter the
	// shortest time go first.
	BackoffMaxRows int `env:"GATEHOUSE_BACKOFF_MAX_ROWS" envDefault:"100000" min:"1000" max:"10000000" help:"How many rows may remember failures, up to two for each try"`

	// TrustedProxies are the addresses of which X-Forwarded-For is believed, each an address or a prefix in its canonical
	// form, without repeats; never all addresses. Empty: it is ignored. Read them through [Settings.TrustedProxyPrefixes].
	TrustedProxies []string `env:"GATEHOUSE_TRUSTED_PROXIES" help:"Addresses of proxies whose X-Forwarded-For is believed, separated by commas, each an IP address or a prefix such as 10.0.0.0/8; empty: none"`

	// Introspection says whether the schema may be asked about itself.
	Introspection bool `env:"GATEHOUSE_INTROSPECTION" envDefault:"true" help:"Answer introspection queries"`

	// Playground says whether the playground is served at /.
	Playground bool `env:"GATEHOUSE_PLAYGROUND" envDefault:"true" help:"Serve the playground at /"`

	// PersistedQueries says whether clients may have documents registered, to name them by their hash from then on:
	// automatic persisted queries.
	PersistedQueries bool `env:"GATEHOUSE_PERSISTED_QUERIES" envDefault:"true" help:"Let clients register documents and then name them by their hash: automatic persisted queries"`

	// TrustedDocuments says what the documents of TrustedDocumentsFile are: nothing, ones that can be named, or the only ones
	// that are executed.
	TrustedDocuments TrustedDocuments `env:"GATEHOUSE_TRUSTED_DOCUMENTS" envDefault:"off" oneof:"off|prefer|only" help:"Whether requests may name documents of the manifest, and whether no others are executed"`

	// TrustedDocumentsFile is the manifest of trusted documents: not empty unless TrustedDocuments are off.
	TrustedDocumentsFile string `env:"GATEHOUSE_TRUSTED_DOCUMENTS_FILE" help:"Manifest of trusted documents as graphql-codegen, Relay or Apollo write it, read at start and on SIGHUP"`

	// CacheMaxAge is for how long caches may give answers to anonymous queries by GET without asking again: whole seconds,
	// 0 to 24 hours.
	CacheMaxAge time.Duration `env:"GATEHOUSE_CACHE_MAX_AGE" envDefault:"0s" min:"0s" max:"24h" whole:"seconds" help:"How long caches may give the answers to anonymous queries by GET without asking again"`

	// ResponseCache is how many bytes of answers to public queries are kept, at least 1 MiB, or 0 for none.
	ResponseCache Size `env:"GATEHOUSE_RESPONSE_CACHE" envDefault:"64MiB" help:"How much memory is used to keep answers to anonymous queries of the catalogue until it changes: a size such as 64MiB, or off"`

	// CORSOrigins are the origins whose pages may call the API from a browser, in the form browsers send them:
	// scheme://host[:port], lower case, without the scheme's default port, without repeats. Never a wildcard, never "null".
	// Empty means none; mind that CORS libraries may take an empty list for every origin.
	CORSOrigins []string `env:"GATEHOUSE_CORS_ORIGINS" help:"Origins whose pages may call the API, separated by commas, each scheme://host[:port]; empty: none"`

	// RequestTimeout is how long a request may take: more than 0, at most 5 minutes.
	RequestTimeout time.Duration `env:"GATEHOUSE_REQUEST_TIMEOUT" envDefault:"10s" above:"0s" max:"5m" help:"How long a request may take"`

	// DrainDelay is how long the server, once it is told to stop, goes on serving while it tells that it is not ready any
	// more: 0 to 5 minutes.
	DrainDelay time.Duration `env:"GATEHOUSE_DRAIN_DELAY" envDefault:"0s" min:"0s" max:"5m" help:"How long the server, once it is told to stop, goes on serving while /readyz tells that it will"`

	// ShutdownTimeout is how long running requests get to finish once the server is told to stop, after DrainDelay: more
	// than 0, at most 5 minutes.
	ShutdownTimeout time.Duration `env:"GATEHOUSE_SHUTDOWN_TIMEOUT" envDefault:"20s" above:"0s" max:"5m" help:"How long running requests get to finish once the server is told to stop"`

	// MaxBodyBytes is the largest request body that is read, in bytes: 1,024 to 67,108,864 (64 MiB).
	MaxBodyBytes int64 `env:"GATEHOUSE_MAX_BODY_BYTES" envDefault:"262144" min:"1024" max:"67108864" help:"Largest request body, in bytes"`

	// HTTPStatus says which HTTP statuses answers have.
	HTTPStatus HTTPStatus `env:"GATEHOUSE_HTTP_STATUS" envDefault:"legacy" oneof:"legacy|spec" help:"Whether requests that GraphQL refuses are 200 to clients that ask for application/json, or every answer has the status of the specification"`

	// MaxTokens is how many lexical tokens a document may have: 100 to 10,000.
	MaxTokens int `env:"GATEHOUSE_MAX_TOKENS" envDefault:"2000" min:"100" max:"10000" help:"Most lexical tokens in a GraphQL document"`

	// MaxDepth is how many fields may be nested in one another, 1 to 100. Introspection does not count.
	MaxDepth int `env:"GATEHOUSE_MAX_DEPTH" envDefault:"12" min:"1" max:"100" help:"Most fields nested in one another; introspection is exempt"`

	// MaxAliases is how many aliases an operation may have, with the fragments that it uses: 0 to 1,000.
	MaxAliases int `env:"GATEHOUSE_MAX_ALIASES" envDefault:"15" min:"0" max:"1000" help:"Most aliases in an operation"`

	// MaxDirectives is how many directives an operation may have, with the fragments that it uses: 0 to 1,000.
	MaxDirectives int `env:"GATEHOUSE_MAX_DIRECTIVES" envDefault:"10" min:"0" max:"1000" help:"Most directives in an operation"`

	// MaxRootFields is how many fields of Query or Mutation an operation may have: 1 to 1,000.
	MaxRootFields int `env:"GATEHOUSE_MAX_ROOT_FIELDS" envDefault:"20" min:"1" max:"1000" help:"Most fields at the root of an operation"`

	// MaxCredentialMutations is how many fields of an operation may check or issue credentials: 1 to 100.
	MaxCredentialMutations int `env:"GATEHOUSE_MAX_CREDENTIAL_MUTATIONS" envDefault:"1" min:"1" max:"100" help:"Most of register, tokenObtain, tokenRefresh, tokenVerify, tokenRevoke and passwordChange in an operation"`

	// MaxComplexity is how many objects an operation may ask for, by estimate: 1 to 1,000,000.
	MaxComplexity int `env:"GATEHOUSE_MAX_COMPLEXITY" envDefault:"1000" min:"1" max:"1000000" help:"Most objects that an operation may ask for, by estimate: lists count with their page size"`

	// MaxRequestErrors is how many mistakes are told of a request that is not executed: 1 to 100.
	MaxRequestErrors int `env:"GATEHOUSE_MAX_REQUEST_ERRORS" envDefault:"5" min:"1" max:"100" help:"Most mistakes that are told of a request that is not executed"`

	// LogRequests says whether each request is logged, at level info.
	LogRequests bool `env:"GATEHOUSE_LOG_REQUESTS" envDefault:"true" help:"Log each request, in a line of level info"`

	// LogFormat is how log lines are written.
	LogFormat LogFormat `env:"GATEHOUSE_LOG_FORMAT" envDefault:"text" oneof:"text|json" help:"How log lines are written"`

	// LogLevel is the least serious level that is logged.
	LogLevel LogLevel `env:"GATEHOUSE_LOG_LEVEL" envDefault:"info" oneof:"debug|info|warn|error" help:"The least serious level that is logged"`
}

// Environment is what the server is run for.
type Environment string

// The environments there are.
const (
	Development Environment = "development"
	Production  Environment = "production"
)

// Registration says who may make accounts.
type Registration string

// What registration may be.
const (
	RegistrationOpen   Registration = "open"
	RegistrationClosed Registration = "closed"
)

// HTTPStatus says which HTTP statuses answers have.
type HTTPStatus string

// The statuses there are: those that clients have come to expect, and those of the GraphQL over HTTP specification.
const (
	HTTPStatusLegacy HTTPStatus = "legacy"
	HTTPStatusSpec   HTTPStatus = "spec"
)

// TrustedDocuments says what the documents of a manifest are to the server.
type TrustedDocuments string

// What they can be.
const (
	TrustedOff    TrustedDocuments = "off"
	TrustedPrefer TrustedDocuments = "prefer"
	TrustedOnly   TrustedDocuments = "only"
)

// LogFormat is how log lines are written.
type LogFormat string

// The formats there are: slog's text handler and its JSON handler.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// LogLevel is debug, info, warn or error. It is an [slog.Leveler].
type LogLevel string

// Level implements [slog.Leveler].
func (l LogLevel) Level() slog.Level {
	switch l {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// secretKeyName is the name of the key file that the server keeps beside its database.
const secretKeyName = "secret.key"

// DatabaseSource is what the database is opened by: the path of the SQLite file, relative to the working directory or
// absolute, or the URL of a PostgreSQL database, which may hold a password.
func (s Settings) DatabaseSource() string {
	if path, ok := s.SQLiteFile(); ok {
		return path
	}
	return s.DatabaseURL
}

// SQLiteFile is the path of the SQLite file, relative to the working directory or absolute, unless the database is one of
// PostgreSQL.
func (s Settings) SQLiteFile() (path string, ok bool) {
	if isPostgres(s.DatabaseURL) {
		return "", false
	}
	_, path, _ = strings.Cut(s.DatabaseURL, "://")
	return filepath.Clean(filepath.FromSlash(path)), true
}

// DatabaseName is DatabaseSource as it may be told: without a password, or anything else behind the database's name.
func (s Settings) DatabaseName() string {
	if path, ok := s.SQLiteFile(); ok {
		return path
	}
	u, err := url.Parse(s.DatabaseURL)
	if err != nil { // Load has refused it
		return "PostgreSQL"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// SecretKeyPath is where the server keeps the secret key it made for itself: secret.key beside the SQLite file, and in
// data where there is none. It is to be used, with [LoadOrCreateSecret], only when SecretKey and JWTKeys are empty.
func (s Settings) SecretKeyPath() string {
	if path, ok := s.SQLiteFile(); ok {
		return filepath.Join(filepath.Dir(path), secretKeyName)
	}
	return filepath.Join("data", secretKeyName)
}

// isPostgres says whether a URL names a PostgreSQL database.
func isPostgres(databaseURL string) bool {
	scheme, _, found := strings.Cut(databaseURL, "://")
	scheme = strings.ToLower(scheme)
	return found && (scheme == "postgres" || scheme == "postgresql")
}

// TrustedProxyPrefixes are the TrustedProxies, where an address stands for the prefix that is it alone.
func (s Settings) TrustedProxyPrefixes() []netip.Prefix {
	prefixes := make([]netip.Prefix, len(s.TrustedProxies))
	for i, text := range s.TrustedProxies {
		prefixes[i], _ = parseProxy(text) // Load has refused what is none
	}
	return prefixes
}

// PasswordWorkerCount is PasswordWorkers with its 0 worked out: one fewer than the cores this process may use, at least 1.
func (s Settings) PasswordWorkerCount() int {
	if s.PasswordWorkers > 0 {
		return s.PasswordWorkers
	}
	return max(1, runtime.GOMAXPROCS(0)-1)
}
