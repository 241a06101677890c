package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/config"
)

const goodKey = "0123456789abcdef0123456789abcdef"

func defaults() config.Settings {
	return config.Settings{
		Env:         config.Development,
		Addr:        "127.0.0.1:8080",
		DatabaseURL: "sqlite://data/gatehouse.db",
		Migrate:     true,

		DatabaseReplicaMaxLag: 10 * time.Second,

		AccessTokenLifetime:  5 * time.Minute,
		RefreshTokenLifetime: 24 * time.Hour,
		SessionLifetime:      30 * 24 * time.Hour,
		RefreshRotation:      true,
		RefreshGrace:         10 * time.Second,
		Registration:         config.RegistrationOpen,
		SessionsPerUser:      100,
		FlushInterval:        time.Hour,
		AuditRetention:       2160 * time.Hour,
		Argon2MemoryKiB:      19456,
		Argon2Passes:         2,
		Argon2Threads:        1,
		PasswordQueue:        64,

		BackoffFreePerAccount: 5,
		BackoffFreePerAddress: 50,
		BackoffFirstDelay:     time.Second,
		BackoffMaxDelay:       time.Hour,
		BackoffForgiveAfter:   15 * time.Minute,
		BackoffMaxRows:        100_000,

		Introspection:   true,
		Playground:      true,
		RequestTimeout:  10 * time.Second,
		ShutdownTimeout: 20 * time.Second,
		MaxBodyBytes:    256 << 10,
		HTTPStatus:      config.HTTPStatusLegacy,
		LogRequests:     true,
		LogFormat:       config.LogText,
		LogLevel:        "info",

		PersistedQueries: true,
		ResponseCache:    64 << 20,
		TrustedDocuments: config.TrustedOff,

		MaxTokens:              2000,
		MaxDepth:               12,
		MaxAliases:             15,
		MaxDirectives:          10,
		MaxRootFields:          20,
		MaxCredentialMutations: 1,
		MaxComplexity:          1000,
		MaxRequestErrors:       5,
	}
}

// problems is what Load finds wrong, one line each.
func problems(t *testing.T, environ ...string) []string {
	t.Helper()
	settings, err := config.Load(environ, nil)
	if err == nil {
		return nil
	}
	if !cmp.Equal(settings, config.Settings{}) {
		t.Errorf("Load(%q) returned settings along with an error", environ)
	}
	var all *config.Errors
	if !errors.As(err, &all) {
		t.Fatalf("Load(%q) = %v, of type %T", environ, err, err)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(all.Problems) {
		t.Errorf("%d problems on %d lines:\n%v", len(all.Problems), len(lines), err)
	}
	return lines
}

func TestDefaults(t *testing.T) {
	t.Setenv("GATEHOUSE_ADDR", "0.0.0.0:1") // must not matter
	for name, environ := range map[string][]string{
		"nil":              nil,
		"empty":            {},
		"others":           {"PATH=/bin", "HOME=", "GATEHOUSEKEEPER=1", "=C:=C:\\", "GATEHOUSE_ADDR"},
		"set but empty":    {"GATEHOUSE_ADDR=", "GATEHOUSE_ENV=", "GATEHOUSE_SESSION_LIFETIME=", "GATEHOUSE_MIGRATE=", "GATEHOUSE_CORS_ORIGINS="},
		"last one counts":  {"GATEHOUSE_ADDR=:1", "GATEHOUSE_ADDR=127.0.0.1:8080"},
		"all the defaults": withDefaults(),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Load(environ, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(defaults(), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func withDefaults() []string {
	var environ []string
	for _, v := range config.Variables() {
		environ = append(environ, v.Name+"="+v.Default)
	}
	return environ
}

func TestEverySettingIsRead(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(goodKey+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load([]string{
		"GATEHOUSE_ENV=production",
		"GATEHOUSE_ADDR=[::1]:0",
		"GATEHOUSE_METRICS_ADDR=10.0.0.1:9090",
		"GATEHOUSE_LOG_REQUESTS=off",
		"GATEHOUSE_DATABASE_URL=sqlite:///var/lib/gatehouse/g.db",
		"GATEHOUSE_DATABASE_REPLICA_MAX_LAG=30s",
		"GATEHOUSE_MIGRATE=off",
		"GATEHOUSE_SECRET_KEY_FILE=" + key,
		"GATEHOUSE_JWT_KEYS=/etc/gatehouse/keys",
		"GATEHOUSE_ACCESS_TOKEN_LIFETIME=1m",
		"GATEHOUSE_REFRESH_TOKEN_LIFETIME=1h30m",
		"GATEHOUSE_SESSION_LIFETIME=48h",
		"GATEHOUSE_REFRESH_ROTATION=no",
		"GATEHOUSE_REFRESH_GRACE=1500ms",
		"GATEHOUSE_REFRESH_COOKIE=true",
		"GATEHOUSE_REGISTRATION=closed",
		"GATEHOUSE_SESSIONS_PER_USER=3",
		"GATEHOUSE_FLUSH_INTERVAL=0s",
		"GATEHOUSE_AUDIT_RETENTION=720h",
		"GATEHOUSE_JWT_ISSUER=https://issuer.example",
		"GATEHOUSE_JWT_AUDIENCE=shop=$HOME,web",
		"GATEHOUSE_JWT_LEEWAY=30s",
		"GATEHOUSE_ARGON2_MEMORY_KIB=65536",
		"GATEHOUSE_ARGON2_PASSES=3",
		"GATEHOUSE_ARGON2_THREADS=4",
		"GATEHOUSE_PASSWORD_WORKERS=7",
		"GATEHOUSE_PASSWORD_QUEUE=0",
		"GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT=3",
		"GATEHOUSE_BACKOFF_FREE_PER_ADDRESS=30",
		"GATEHOUSE_BACKOFF_FIRST_DELAY=2s",
		"GATEHOUSE_BACKOFF_MAX_DELAY=10m",
		"GATEHOUSE_BACKOFF_FORGIVE_AFTER=1h",
		"GATEHOUSE_BACKOFF_MAX_ROWS=5000",
		"GATEHOUSE_TRUSTED_PROXIES=127.0.0.1, 10.0.0.0/8 ,::ffff:10.1.0.0/112,2001:DB8:0::/32,::FFFF:127.0.0.1,127.0.0.1/32,0::1",
		"GATEHOUSE_INTROSPECTION=false",
		"GATEHOUSE_PLAYGROUND=0",
		"GATEHOUSE_PERSISTED_QUERIES=off",
		"GATEHOUSE_TRUSTED_DOCUMENTS=only",
		"GATEHOUSE_TRUSTED_DOCUMENTS_FILE=/etc/gatehouse/documents.json",
		"GATEHOUSE_CACHE_MAX_AGE=1m",
		"GATEHOUSE_RESPONSE_CACHE=2GiB",
		"GATEHOUSE_CORS_ORIGINS=https://Shop.example, http://localhost:5173 ,https://shop.example:443",
		"GATEHOUSE_REQUEST_TIMEOUT=3s",
		"GATEHOUSE_SHUTDOWN_TIMEOUT=4s",
		"GATEHOUSE_MAX_BODY_BYTES=2048",
		"GATEHOUSE_HTTP_STATUS=spec",
		"GATEHOUSE_MAX_TOKENS=3000",
		"GATEHOUSE_MAX_DEPTH=13",
		"GATEHOUSE_MAX_ALIASES=0",
		"GATEHOUSE_MAX_DIRECTIVES=11",
		"GATEHOUSE_MAX_ROOT_FIELDS=21",
		"GATEHOUSE_MAX_CREDENTIAL_MUTATIONS=2",
		"GATEHOUSE_MAX_COMPLEXITY=1001",
		"GATEHOUSE_MAX_REQUEST_ERRORS=6",
		"GATEHOUSE_LOG_FORMAT=json",
		"GATEHOUSE_LOG_LEVEL=debug",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Settings{
		Env:         config.Production,
		Addr:        "[::1]:0",
		DatabaseURL: "sqlite:///var/lib/gatehouse/g.db",
		Migrate:     false,

		DatabaseReplicaMaxLag: 30 * time.Second,

		SecretKey:            goodKey,
		SecretKeyFile:        key,
		JWTKeys:              "/etc/gatehouse/keys",
		AccessTokenLifetime:  time.Minute,
		RefreshTokenLifetime: 90 * time.Minute,
		SessionLifetime:      48 * time.Hour,
		RefreshRotation:      false,
		RefreshGrace:         1500 * time.Millisecond,
		RefreshCookie:        true,
		Registration:         config.RegistrationClosed,
		SessionsPerUser:      3,
		AuditRetention:       720 * time.Hour,
		JWTIssuer:            "https://issuer.example",
		JWTAudience:          "shop=$HOME,web",
		JWTLeeway:            30 * time.Second,
		Argon2MemoryKiB:      65536,
		Argon2Passes:         3,
		Argon2Threads:        4,
		PasswordWorkers:      7,
		PasswordQueue:        0,

		BackoffFreePerAccount: 3,
		BackoffFreePerAddress: 30,
		BackoffFirstDelay:     2 * time.Second,
		BackoffMaxDelay:       10 * time.Minute,
		BackoffForgiveAfter:   time.Hour,
		BackoffMaxRows:        5000,
		TrustedProxies:        []string{"127.0.0.1", "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "::1"},

		Introspection:   false,
		Playground:      false,
		CORSOrigins:     []string{"https://shop.example", "http://localhost:5173"},
		RequestTimeout:  3 * time.Second,
		ShutdownTimeout: 4 * time.Second,
		MaxBodyBytes:    2048,
		HTTPStatus:      config.HTTPStatusSpec,
		MetricsAddr:     "10.0.0.1:9090",
		LogRequests:     false,
		LogFormat:       config.LogJSON,
		LogLevel:        "debug",

		PersistedQueries:     false,
		TrustedDocuments:     config.TrustedOnly,
		TrustedDocumentsFile: "/etc/gatehouse/documents.json",
		CacheMaxAge:          time.Minute,
		ResponseCache:        2 << 30,

		MaxTokens:              3000,
		MaxDepth:               13,
		MaxAliases:             0,
		MaxDirectives:          11,
		MaxRootFields:          21,
		MaxCredentialMutations: 2,
		MaxComplexity:          1001,
		MaxRequestErrors:       6,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestValues tries values that are just allowed, and values that just are not.
func TestValues(t *testing.T) {
	const max300 = "2562047h47m" // about the longest duration there is
	long := strings.Repeat("a", 64)
	for _, test := range []struct {
		variable string
		with     []string // further settings
		good     []string
		bad      []string
		says     string // what each problem contains
	}{
		{
			variable: "ENV", with: []string{"GATEHOUSE_SECRET_KEY=" + goodKey},
			good: []string{"development", "production"},
			bad:  []string{"prod", "Production", "production ", "test"}, says: "must be development or production, not ",
		},
		{
			variable: "ADDR",
			good: []string{
				":0", ":65535", "0.0.0.0:80", "localhost:8080", "api.shop-1.example.:443", "[::]:8080", "[fe80::1%eth0]:1", "my_host:1",
			},
			bad:  []string{"8080", "localhost", "http://localhost:80", "::1:80", "a b:80", "1.2.3:80", "256.0.0.1:80", "a..b:80", long + ":80", "bücher.example:80"},
			says: "must be host:port",
		},
		{
			variable: "METRICS_ADDR",
			good:     []string{"127.0.0.1:8081", ":0", "[::1]:8080", "10.0.0.1:8080", "metrics.internal:8080"},
			bad:      []string{"9090", "a b:80", "1.2.3:80"},
			says:     "must be host:port",
		},
		{
			variable: "METRICS_ADDR", with: []string{"GATEHOUSE_ADDR=127.0.0.1:8080"},
			bad:  []string{"127.0.0.1:8080", "127.0.0.1:08080", ":8080", "0.0.0.0:8080", "[::]:8080", "localhost:8080", "LocalHost:8080", "[::ffff:127.0.0.1]:8080", "[::ffff:0.0.0.0]:8080"},
			says: `must be another address than GATEHOUSE_ADDR, which is for everybody: "127.0.0.1:8080"`,
		},
		{
			variable: "METRICS_ADDR", with: []string{"GATEHOUSE_ADDR=:8080"},
			good: []string{":8081", "127.0.0.1:8081"},
			bad:  []string{"127.0.0.1:8080", ":8080"}, says: "must be another address",
		},
		{
			variable: "METRICS_ADDR", with: []string{"GATEHOUSE_ADDR=127.0.0.1:0"},
			good: []string{"127.0.0.1:0", ":0"},
		},
		{
			variable: "METRICS_ADDR", with: []string{"GATEHOUSE_ADDR=Shop.example:80"},
			good: []string{"10.0.0.1:80"},
			bad:  []string{"shop.example:80"}, says: "must be another address",
		},
		{
			variable: "LOG_REQUESTS", good: []string{"true", "off"}, bad: []string{"maybe"}, says: "must be true or false",
		},
		{
			variable: "ADDR",
			bad:      []string{":65536", ":-1", ":", "localhost:http", ":+80", ": 80", ":80 "},
			says:     "must end in a port from 0 to 65535",
		},
		{
			variable: "DATABASE_URL",
			good:     []string{"sqlite://x", "SQLite://x.db", "sqlite:///x/y.db", "sqlite://../y.db", "sqlite://a b%20ü.db", "sqlite://secret.key/x"},
			bad:      []string{"data/gatehouse.db", "sqlite:data.db", "sqlite:/data.db", "data:hunter2"}, says: "must be sqlite:// followed by the path",
		},
		{
			variable: "DATABASE_URL",
			good: []string{
				"postgres://u:hunter2@h/db", "postgresql:///db", "POSTGRES://h:5433,i:5434/db?sslmode=off", "postgres://h?dbname=db",
				"postgres://[::1]/db", "postgres://u@/db?host=/var/run/postgresql",
			},
			bad:  []string{"postgres://u:hunter2@h", "postgresql://u:hunter2@h/", "postgres://?host=x"},
			says: "lacks the name of the database",
		},
		{variable: "DATABASE_URL", bad: []string{"postgres://u:hun%ter2@h/db", "postgres://u:hunter2@h/db#x", "postgres://u:hunter2@h/\x00", "postgres://[::1/db"}, says: "is not a URL such as"},
		{
			variable: "DATABASE_REPLICA_URLS",
			with:     []string{"GATEHOUSE_DATABASE_URL=postgres://h/db"},
			good:     []string{"postgres://u:hunter2@r/db", "postgres://r/db,POSTGRESQL://r:5433/db?sslmode=require", " postgres://r/db , postgres://r/db"},
			bad:      []string{"r", "sqlite://x", "mysql://u:hunter2@r/db", "postgres://r/db,hunter2", "u:hunter2@r/db"},
			says:     "is not one",
		},
		{variable: "DATABASE_REPLICA_URLS", with: []string{"GATEHOUSE_DATABASE_URL=postgres://h/db"}, bad: []string{",", "postgres://r/db,", ",postgres://r/db", " "}, says: "has nothing between two commas"},
		{variable: "DATABASE_REPLICA_URLS", with: []string{"GATEHOUSE_DATABASE_URL=postgres://h/db"}, bad: []string{"postgres://u:hunter2@r", "postgres://r/db,postgres://u:hunter2@r/"}, says: "lacks the name"},
		{variable: "DATABASE_REPLICA_URLS", with: []string{"GATEHOUSE_DATABASE_URL=postgres://h/db"}, bad: []string{"postgres://u:hun%ter2@r/db", "postgres://[::1/db"}, says: "is not a URL such as"},
		{variable: "DATABASE_REPLICA_URLS", with: []string{"GATEHOUSE_DATABASE_URL=postgres://u:hunter2@h/db"}, bad: []string{"postgres://u:hunter2@h/db"}, says: "has GATEHOUSE_DATABASE_URL itself"},
		{variable: "DATABASE_REPLICA_URLS", bad: []string{"postgres://u:hunter2@r/db"}, says: "SQLite has no replicas"},
		{variable: "DATABASE_REPLICA_MAX_LAG", good: []string{"1s", "5m"}, bad: []string{"0s", "999ms", "5m1s"}, says: "must be"},
		{variable: "DATABASE_CONNECTIONS", good: []string{"0", "1", "10000"}, bad: []string{"-1", "10001", "many"}, says: "must be"},
		{variable: "DATABASE_URL", bad: []string{"mysql://u:hunter2@h/db", "sqlite3://x", "file://x", "://x"}, says: "unknown scheme"},
		{variable: "DATABASE_URL", bad: []string{"sqlite://x?mode=ro", "sqlite://x#y", "sqlite://?"}, says: "no query string and no fragment"},
		{variable: "DATABASE_URL", bad: []string{"sqlite://"}, says: "lacks the path"},
		{variable: "DATABASE_URL", bad: []string{"sqlite://:memory:"}, says: "in memory"},
		{variable: "DATABASE_URL", bad: []string{"sqlite:///", "sqlite://data/", "sqlite://.", "sqlite://data/..", "sqlite:///tmp/."}, says: "not a directory"},
		{variable: "DATABASE_URL", bad: []string{"sqlite://a\nb", "sqlite://a\x7f"}, says: "control characters"},
		{variable: "DATABASE_URL", bad: []string{"sqlite://data/secret.key"}, says: "where the secret key is kept"},

		{variable: "SECRET_KEY", good: []string{goodKey, strings.Repeat("ü", 16)}, bad: []string{goodKey[1:], "x"}, says: "must have at least 32 bytes, has "},

		{variable: "ACCESS_TOKEN_LIFETIME", good: []string{"1s", "24h", "1h0m1s", "1000ms"}, bad: []string{"0s", "-1s", "1500ms", "1.5s", "999ms", "1s1ns"}, says: "must be a duration of at least 1s, in whole seconds, not "},
		{variable: "ACCESS_TOKEN_LIFETIME", bad: []string{"24h1s", "721h"}, says: "must not be longer than GATEHOUSE_REFRESH_TOKEN_LIFETIME, which is \"24h\""},
		{variable: "ACCESS_TOKEN_LIFETIME", bad: []string{"300", "0", "5.5", "-1", "+0"}, says: "needs a unit, for example 5m"},
		{variable: "ACCESS_TOKEN_LIFETIME", bad: []string{"5 m", "1d", "m", "five", " 5m", "99999999h"}, says: "written like 90s, 5m or 24h"},
		{variable: "REFRESH_TOKEN_LIFETIME", good: []string{"5m", "720h"}, bad: []string{"720h1s"}, says: "must not be longer than GATEHOUSE_SESSION_LIFETIME"},
		{variable: "REFRESH_TOKEN_LIFETIME", with: []string{"GATEHOUSE_ACCESS_TOKEN_LIFETIME=1s"}, good: []string{"1s"}, bad: []string{"0s", "1001ms"}, says: "of at least 1s, in whole seconds"},
		{variable: "SESSION_LIFETIME", good: []string{"24h", max300}, bad: []string{"0s", "-24h", "24h1ms"}, says: "of at least 1s, in whole seconds"},
		{variable: "REFRESH_GRACE", good: []string{"0s", "1ms", "5m", "300s"}, bad: []string{"-1ns", "5m0.001s"}, says: "must be a duration from 0s to 5m, not "},
		{variable: "AUDIT_RETENTION", good: []string{"0s", "1s", "87600h"}, bad: []string{"-1s", "87600h0m1s"}, says: "must be a duration from 0s to 87600h, not "},
		{variable: "JWT_LEEWAY", good: []string{"0s", "0m", "5m"}, bad: []string{"-1s", "5m1s", "1ms"}, says: "must be a duration from 0s to 5m, in whole seconds, not "},
		{variable: "REQUEST_TIMEOUT", good: []string{"1ns", "5m"}, bad: []string{"0s", "-1s", "5m1ns"}, says: "must be a duration of more than 0s and at most 5m, not "},
		{variable: "SHUTDOWN_TIMEOUT", good: []string{"1ns", "5m"}, bad: []string{"0s", "-1s", "5m1ns"}, says: "must be a duration of more than 0s and at most 5m, not "},

		{variable: "SESSIONS_PER_USER", good: []string{"1", "10000"}, bad: []string{"0", "-1", "10001", "x", "1.0", "1_000", "0x10", "99999999999999999999"}, says: "must be a whole number from 1 to 10000, not "},
		{variable: "RESPONSE_CACHE", good: []string{"off", "OFF", "1MiB", "1024KiB", "64MiB", "16GiB"}, bad: []string{"0", "64", "1023KiB", "64MB", "64mib", "-1MiB", "1.5GiB", "MiB", "0MiB", "on", "9999999999GiB", "64 MiB"}, says: "must be off, or a size of at least 1MiB such as 64MiB or 1GiB, not "},
		{variable: "MAX_BODY_BYTES", good: []string{"1024", "67108864"}, bad: []string{"1023", "67108865", "1MiB", "99999999999999999999"}, says: "must be a whole number from 1024 to 67108864, not "},
		{variable: "MAX_TOKENS", good: []string{"100", "10000"}, bad: []string{"0", "99", "10001"}, says: "must be a whole number from 100 to 10000, not "},
		{variable: "MAX_DEPTH", good: []string{"1", "100"}, bad: []string{"0", "101"}, says: "must be a whole number from 1 to 100, not "},
		{variable: "MAX_ALIASES", good: []string{"0", "1000"}, bad: []string{"-1", "1001"}, says: "must be a whole number from 0 to 1000, not "},
		{variable: "MAX_DIRECTIVES", good: []string{"0", "1000"}, bad: []string{"-1", "1001"}, says: "must be a whole number from 0 to 1000, not "},
		{variable: "MAX_ROOT_FIELDS", good: []string{"1", "1000"}, bad: []string{"0", "1001"}, says: "must be a whole number from 1 to 1000, not "},
		{variable: "MAX_CREDENTIAL_MUTATIONS", good: []string{"1", "100"}, bad: []string{"0", "101"}, says: "must be a whole number from 1 to 100, not "},
		{variable: "MAX_COMPLEXITY", good: []string{"1", "1000000"}, bad: []string{"0", "1000001"}, says: "must be a whole number from 1 to 1000000, not "},
		{variable: "MAX_REQUEST_ERRORS", good: []string{"1", "100"}, bad: []string{"0", "101"}, says: "must be a whole number from 1 to 100, not "},
		{variable: "CACHE_MAX_AGE", good: []string{"0s", "1s", "24h"}, bad: []string{"-1s", "500ms", "24h1s"}, says: "must be a duration from 0s to 24h, in whole seconds, not "},
		{
			variable: "TRUSTED_DOCUMENTS", with: []string{"GATEHOUSE_TRUSTED_DOCUMENTS_FILE=x.json"},
			good: []string{"off", "prefer", "only"}, bad: []string{"on", "true", "Only"}, says: "must be off, prefer or only, not ",
		},
		{variable: "TRUSTED_DOCUMENTS_FILE", with: []string{"GATEHOUSE_TRUSTED_DOCUMENTS=only"}, good: []string{"x.json"}, bad: []string{""}, says: `is required, since GATEHOUSE_TRUSTED_DOCUMENTS is "only"`},
		{variable: "PERSISTED_QUERIES", good: []string{"off"}, bad: []string{"apq"}, says: "must be true or false"},
		{variable: "ARGON2_MEMORY_KIB", good: []string{"8", "4194304"}, bad: []string{"7", "4194305", "4294967304", "-8"}, says: "must be a whole number from 8 to 4194304, not "},
		{variable: "ARGON2_PASSES", good: []string{"1", "100"}, bad: []string{"0", "101", "4294967297"}, says: "must be a whole number from 1 to 100, not "},
		{variable: "ARGON2_THREADS", good: []string{"1", "64"}, bad: []string{"0", "65", "257"}, says: "must be a whole number from 1 to 64, not "},
		{variable: "ARGON2_MEMORY_KIB", with: []string{"GATEHOUSE_ARGON2_THREADS=64"}, good: []string{"512"}, bad: []string{"511", "8"}, says: "at least 8 for each thread of GATEHOUSE_ARGON2_THREADS, here 512"},
		{
			variable: "ARGON2_MEMORY_KIB", with: []string{"GATEHOUSE_ENV=production", "GATEHOUSE_SECRET_KEY=" + goodKey},
			good: []string{"19456"}, bad: []string{"19455", "8"}, says: "must be at least 19456 in production",
		},
		{
			variable: "ARGON2_PASSES", with: []string{"GATEHOUSE_ENV=production", "GATEHOUSE_SECRET_KEY=" + goodKey, "GATEHOUSE_ARGON2_MEMORY_KIB=47104"},
			good: []string{"2"}, bad: []string{"1"}, says: "must be at least 2 in production",
		},
		{variable: "PASSWORD_WORKERS", good: []string{"0", "256"}, bad: []string{"-1", "257"}, says: "must be a whole number from 0 to 256, not "},
		{variable: "PASSWORD_QUEUE", good: []string{"0", "10000"}, bad: []string{"-1", "10001"}, says: "must be a whole number from 0 to 10000, not "},

		{variable: "BACKOFF_FREE_PER_ACCOUNT", good: []string{"1", "100000"}, bad: []string{"0", "-1", "100001", "off"}, says: "must be a whole number from 1 to 100000, not "},
		{variable: "BACKOFF_FREE_PER_ADDRESS", good: []string{"1", "100000"}, bad: []string{"0", "-1", "100001"}, says: "must be a whole number from 1 to 100000, not "},
		{variable: "BACKOFF_FIRST_DELAY", good: []string{"1s", "1500ms", "1h"}, bad: []string{"0s", "999ms", "-1s", "24h1s"}, says: "must be a duration from 1s to 24h, not "},
		{variable: "BACKOFF_FIRST_DELAY", bad: []string{"61m"}, says: "must not be longer than GATEHOUSE_BACKOFF_MAX_DELAY, which is \"1h\", but is \"61m\""},
		{variable: "BACKOFF_MAX_DELAY", good: []string{"1s", "24h"}, bad: []string{"0s", "24h1ns"}, says: "must be a duration from 1s to 24h, not "},
		{variable: "BACKOFF_FORGIVE_AFTER", good: []string{"1s", "24h"}, bad: []string{"0s", "-15m", "25h"}, says: "must be a duration from 1s to 24h, not "},
		{variable: "BACKOFF_MAX_ROWS", good: []string{"1000", "10000000"}, bad: []string{"0", "999", "10000001"}, says: "must be a whole number from 1000 to 10000000, not "},

		{
			variable: "TRUSTED_PROXIES",
			good:     []string{"127.0.0.1", "::1,10.0.0.0/8", "192.0.2.1/32", "2001:db8::/64", "::ffff:10.0.0.0/104", "128.0.0.0/1"},
			bad: []string{
				"localhost", "proxy.example", "127.0.0.1:8080", "[::1]", "[::1]:80", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "/8", "10/8", "10.0.0.*",
				"10.0.0.0/255.0.0.0", "010.0.0.1", "0x7f.0.0.1", "fe80::1%eth0", "fe80::%eth0/64", "*", "true", "127.0.0.1 10.0.0.1", "127.0.0.1;10.0.0.1",
				"::ffff:10.0.0.0/95", "10.0.0.0-10.0.0.9",
			},
			says: "must list IP addresses or prefixes such as 10.0.0.0/8, without names, ports or zones",
		},
		{variable: "TRUSTED_PROXIES", bad: []string{"0.0.0.0/0", "::/0", "::ffff:0:0/96", "127.0.0.1/0"}, says: "must not trust every address"},
		{variable: "TRUSTED_PROXIES", bad: []string{"10.0.0.1/8", "::ffff:10.0.0.1/104"}, says: "where 10.0.0.0/8 would be the prefix"},
		{variable: "TRUSTED_PROXIES", bad: []string{",", "127.0.0.1,", ",::1", "::1,,::1", " "}, says: "has nothing between two commas"},

		{variable: "MIGRATE", good: []string{"true", "FALSE", "1", "0", "yes", "No", "on", "off"}, bad: []string{"2", "t", "enabled", " true"}, says: "must be true or false (or 1 or 0, yes or no, on or off), not "},
		{variable: "INTROSPECTION", good: []string{"on"}, bad: []string{"f"}, says: "must be true or false"},
		{variable: "PLAYGROUND", good: []string{"off"}, bad: []string{"nope"}, says: "must be true or false"},
		{variable: "HTTP_STATUS", good: []string{"legacy", "spec"}, bad: []string{"Spec", "draft"}, says: "must be legacy or spec, not "},
		{variable: "LOG_FORMAT", good: []string{"text", "json"}, bad: []string{"JSON", "xml"}, says: "must be text or json, not "},
		{variable: "LOG_LEVEL", good: []string{"debug", "info", "warn", "error"}, bad: []string{"INFO", "trace", "info+1"}, says: "must be debug, info, warn or error, not "},

		{
			variable: "CORS_ORIGINS",
			good:     []string{"https://a", "http://a.example:8080,https://[::1]:3000", "capacitor://localhost", "https://xn--bcher-kva.example"},
			bad: []string{
				"a.example", "//a.example", "https://", "https://a/", "https://a/b", "https://a?b", "https://a?", "https://a#", "https://u:p@a", "https://a:",
				"https://a:0", "https://a:65536", "https://a:x", "https://a b", "https://bücher.example", "https://1.2.3", "https:a", "data:x", "https://a;https://b",
				"https://[fe80::1%25eth0]", "https://%61",
			},
			says: "must list origins, scheme://host or scheme://host:port, without a path",
		},
		{variable: "CORS_ORIGINS", bad: []string{"*", "https://*.example", "https://*", "null", "NULL"}, says: "must name every origin it allows"},
		{variable: "CORS_ORIGINS", bad: []string{",", "https://a,", ",https://a", "https://a,,https://b", " "}, says: "has nothing between two commas"},
	} {
		name := "GATEHOUSE_" + test.variable
		for _, value := range test.good {
			if got := problems(t, append(test.with, name+"="+value)...); got != nil {
				t.Errorf("%s=%q with %q:\n%s", name, value, test.with, strings.Join(got, "\n"))
			}
		}
		for _, value := range test.bad {
			got := problems(t, append(test.with, name+"="+value)...)
			if len(got) == 0 {
				t.Errorf("%s=%q with %q passes", name, value, test.with)
			}
			for _, line := range got {
				if !strings.HasPrefix(line, name+": ") && !strings.HasPrefix(line, name+" (--") || !strings.Contains(line, test.says) {
					t.Errorf("%s=%q with %q: want %q, got:\n%s", name, value, test.with, test.says, line)
				}
				if strings.Contains(line, "hunter2") {
					t.Errorf("%s: prints a password: %s", name, line)
				}
			}
		}
	}
}

func TestTrustedProxyPrefixes(t *testing.T) {
	settings, err := config.Load([]string{"GATEHOUSE_TRUSTED_PROXIES=127.0.0.1,::ffff:192.0.2.7,10.0.0.0/8,::1,::ffff:10.1.0.0/112"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(settings.TrustedProxyPrefixes()), "[127.0.0.1/32 192.0.2.7/32 10.0.0.0/8 ::1/128 10.1.0.0/16]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Limits that hold each for itself must hold together as well.
	for _, s := range [][]string{
		{"GATEHOUSE_BACKOFF_FREE_PER_ADDRESS=100000", "GATEHOUSE_BACKOFF_FORGIVE_AFTER=24h", "GATEHOUSE_BACKOFF_MAX_DELAY=24h"},
		{"GATEHOUSE_BACKOFF_FREE_PER_ADDRESS=1", "GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT=1", "GATEHOUSE_BACKOFF_FORGIVE_AFTER=1s", "GATEHOUSE_BACKOFF_MAX_DELAY=1s"},
	} {
		settings, err := config.Load(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := backoff.New(nil, backoff.Settings{
			FreePerAccount: settings.BackoffFreePerAccount, FreePerAddress: settings.BackoffFreePerAddress,
			FirstDelay: settings.BackoffFirstDelay, MaxDelay: settings.BackoffMaxDelay,
			ForgiveAfter: settings.BackoffForgiveAfter, MaxRows: settings.BackoffMaxRows, Now: time.Now,
		}); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	got := problems(t,
		"GATEHOUSE_COLOUR=blue",
		"GATEHOUSE_ADR=:8080",
		"GATEHOUSE_LOG_LEVEL=loud",
		"GATEHOUSE_ENV=production",
		"GATEHOUSE_SECRET_KEY_FILE="+missing,
		"GATEHOUSE_ADDR=8080",
		"GATEHOUSE_DATABASE_URL=mysql://localhost/gatehouse",
		"GATEHOUSE_ACCESS_TOKEN_LIFETIME=300",
		"GATEHOUSE_REFRESH_TOKEN_LIFETIME=1000h",
		"GATEHOUSE_ARGON2_MEMORY_KIB=8192",
		"GATEHOUSE_ARGON2_PASSES=many",
		"GATEHOUSE_CORS_ORIGINS=*,https://ok.example,https://a/",
		"GATEHOUSE_MIGRATE="+strings.Repeat("x", 100),
	)
	want := []string{
		`GATEHOUSE_ADDR (--addr): must be host:port, for example 127.0.0.1:8080, :8080 or [::1]:8080, not "8080"`,
		`GATEHOUSE_DATABASE_URL (--database-url): has an unknown scheme; it must be sqlite:// followed by the path of a file, or postgres:// followed by the place of a database`,
		`GATEHOUSE_MIGRATE (--migrate): must be true or false (or 1 or 0, yes or no, on or off), not "` + strings.Repeat("x", 80) + `"…`,
		`GATEHOUSE_SECRET_KEY_FILE (--secret-key-file): cannot be used: open ` + missing + `: no such file or directory`,
		`GATEHOUSE_ACCESS_TOKEN_LIFETIME (--access-token-lifetime): needs a unit, for example 5m (the units are ms, s, m and h), not "300"`,
		`GATEHOUSE_REFRESH_TOKEN_LIFETIME (--refresh-token-lifetime): must not be longer than GATEHOUSE_SESSION_LIFETIME, which is "720h", but is "1000h"`,
		`GATEHOUSE_ARGON2_MEMORY_KIB (--argon2-memory-kib): must be at least 19456 in production, which is OWASP's minimum, not "8192"`,
		`GATEHOUSE_ARGON2_PASSES (--argon2-passes): must be a whole number from 1 to 100, not "many"`,
		`GATEHOUSE_CORS_ORIGINS (--cors-origins): must name every origin it allows: "*" is not accepted`,
		`GATEHOUSE_CORS_ORIGINS (--cors-origins): must list origins, scheme://host or scheme://host:port, without a path or a slash at the end: "https://a/" is not one`,
		`GATEHOUSE_LOG_LEVEL (--log-level): must be debug, info, warn or error, not "loud"`,
		`GATEHOUSE_ADR: is not a setting; did you mean GATEHOUSE_ADDR?`,
		`GATEHOUSE_COLOUR: is not a setting; gatehouse serve --help lists them all`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownVariables(t *testing.T) {
	for entry, want := range map[string]string{
		"GATEHOUSE_ACCESS_TOKEN_LIFETIM=1m": "did you mean GATEHOUSE_ACCESS_TOKEN_LIFETIME?",
		"GATEHOUSE_SECRETKEY=" + goodKey:    "did you mean GATEHOUSE_SECRET_KEY?",
		"GATEHOUSE_SECRET_KEY_FLIE=/k":      "did you mean GATEHOUSE_SECRET_KEY_FILE?",
		"GATEHOUSE_CORS_ORIGIN=https://a":   "did you mean GATEHOUSE_CORS_ORIGINS?",
		"GATEHOUSE_ARGON2_MEMORY=8":         "did you mean GATEHOUSE_ARGON2_MEMORY_KIB?",
		"GATEHOUSE_DATABASE=sqlite://x":     "did you mean GATEHOUSE_DATABASE_URL?",
		"gatehouse_env=production":          "did you mean GATEHOUSE_ENV?",
		"Gatehouse_Playground=false":        "did you mean GATEHOUSE_PLAYGROUND?",
		"GATEHOUSE_SUPERUSER_PASSWORDS=x":   "is not a setting",
		"GATEHOUSE_=x":                      "lists them all",
		"GATEHOUSE_METRIC_PORT=127.0.0.1:1": "is not a setting",
		"GATEHOUSE_PORT=8080":               "is not a setting",

		"GATEHOUSE_TEST_SLOW=1":                    "",
		"GATEHOUSE_E2E_BROWSER=chromium":           "",
		"GATEHOUSE_SUPERUSER_PASSWORD=x":           "",
		"GATEHOUSE_ACCESS_TOKEN_LIFETIM=":          "",
		"GATEHOUSE_SERVICE_HOST=10.0.0.1":          "",
		"GATEHOUSE_SERVICE_PORT=80":                "",
		"GATEHOUSE_SERVICE_PORT_HTTP=80":           "",
		"GATEHOUSE_PORT=tcp://10.0.0.1:80":         "",
		"GATEHOUSE_PORT_80_TCP=tcp://10.0.0.1:80":  "",
		"GATEHOUSE_PORT_80_TCP_ADDR=10.0.0.1":      "",
		"GATEHOUSE_PORT_80_TCP_PORT=80":            "",
		"GATEHOUSE_PORT_80_TCP_PROTO=tcp":          "",
		"GATEHOUSE_METRICS_SERVICE_HOST=10.0.0.1":  "",
		"GATEHOUSE_METRICS_PORT=tcp://10.0.0.1:80": "",
	} {
		got := problems(t, entry)
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case want == "" && got != nil:
			t.Errorf("%s: %q", entry, got)
		case want == "":
		case len(got) != 1 || !strings.HasPrefix(got[0], name+": ") || !strings.Contains(got[0], want):
			t.Errorf("%s: want %q, got %q", entry, want, got)
		case len(value) > 5 && strings.Contains(got[0], value):
			t.Errorf("%s: prints the value: %q", name, got)
		}
	}
}

func TestSecretKey(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const key, file = "GATEHOUSE_SECRET_KEY=", "GATEHOUSE_SECRET_KEY_FILE="
	for _, test := range []struct {
		name    string
		environ []string
		want    string // the key
		says    string // or the problem
	}{
		{"none, development", nil, "", ""},
		{"none, production", []string{"GATEHOUSE_ENV=production"}, "", "GATEHOUSE_SECRET_KEY: is required in production, or GATEHOUSE_SECRET_KEY_FILE, or a directory in GATEHOUSE_JWT_KEYS: a key of at least 32 bytes"},
		{"none, production, a directory", []string{"GATEHOUSE_ENV=production", "GATEHOUSE_JWT_KEYS=keys"}, "", ""},
		{"too short, a directory", []string{"GATEHOUSE_JWT_KEYS=keys", key + goodKey[1:]}, "", "must have at least 32 bytes, has 31"},
		{"given, a directory", []string{"GATEHOUSE_JWT_KEYS=keys", key + goodKey}, goodKey, ""},
		{"given", []string{"GATEHOUSE_ENV=production", key + goodKey + " "}, goodKey + " ", ""},
		{"file", []string{"GATEHOUSE_ENV=production", file + write("bare", goodKey)}, goodKey, ""},
		{"file, newline", []string{file + write("newline", goodKey+"\n")}, goodKey, ""},
		{"file, Windows newline", []string{file + write("crlf", goodKey+"\r\n")}, goodKey, ""},
		{"file, two newlines", []string{file + write("two", goodKey+"\n\n")}, goodKey + "\n", ""},
		{"file, carriage return", []string{file + write("cr", goodKey+"\r")}, goodKey + "\r", ""},
		{"file, too short", []string{file + write("short", goodKey[1:]+"\n")}, "", "must have at least 32 bytes, has 31"},
		{"file, empty", []string{file + write("empty", "")}, "", "must have at least 32 bytes, has 0"},
		{"file, too large", []string{file + write("large", strings.Repeat("k", 1<<16+1))}, "", "too large for a secret key"},
		{"file, directory", []string{file + dir}, "", "GATEHOUSE_SECRET_KEY_FILE (--secret-key-file): cannot be used: "},
		{"both", []string{key + goodKey, file + write("both", goodKey)}, "", "GATEHOUSE_SECRET_KEY: is given together with GATEHOUSE_SECRET_KEY_FILE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			settings, err := config.Load(test.environ, nil)
			if string(settings.SecretKey) != test.want || (err != nil) != (test.says != "") {
				t.Fatalf("key %q, error %v", string(settings.SecretKey), err)
			}
			if err != nil && (!strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), goodKey[1:])) {
				t.Errorf("want %q, got %v", test.says, err)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	parse := func(t *testing.T, arguments ...string) *pflag.FlagSet {
		t.Helper()
		flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
		flags.String("username", "", "of another command")
		config.AddFlags(flags)
		if err := flags.Parse(arguments); err != nil {
			t.Fatal(err)
		}
		return flags
	}
	environ := []string{"GATEHOUSE_ADDR=:1", "GATEHOUSE_LOG_LEVEL=warn", "GATEHOUSE_CORS_ORIGINS=https://a", "GATEHOUSE_PLAYGROUND=no", "GATEHOUSE_MAX_BODY_BYTES=big"}

	t.Run("none given", func(t *testing.T) {
		got, err := config.Load(nil, parse(t, "--username", "ann"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(defaults(), got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("override", func(t *testing.T) {
		got, err := config.Load(environ, parse(t, "--addr=:2", "--cors-origins=", "--playground", "--migrate=false", "--max-body-bytes", "4096", "--access-token-lifetime", "1m"))
		if err != nil {
			t.Fatal(err)
		}
		want := defaults()
		want.Addr, want.LogLevel, want.MaxBodyBytes, want.Migrate, want.AccessTokenLifetime = ":2", "warn", 4096, false, time.Minute
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("checked alike", func(t *testing.T) {
		_, err := config.Load(environ, parse(t, "--max-body-bytes=1", "--refresh-grace=7"))
		want := "GATEHOUSE_REFRESH_GRACE (--refresh-grace): needs a unit, for example 5m (the units are ms, s, m and h), not \"7\"\n" +
			"GATEHOUSE_MAX_BODY_BYTES (--max-body-bytes): must be a whole number from 1024 to 67108864, not \"1\""
		if err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the key and its file", func(t *testing.T) {
		_, err := config.Load([]string{"GATEHOUSE_SECRET_KEY=" + goodKey}, parse(t, "--secret-key-file=/dev/null"))
		if err == nil || !strings.Contains(err.Error(), "is given together with") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("declared", func(t *testing.T) {
		flags := parse(t)
		usage := flags.FlagUsages()
		for _, v := range config.Variables() {
			if v.Name == "GATEHOUSE_SECRET_KEY" {
				if v.Flag != "" || flags.Lookup("secret-key") != nil {
					t.Error("the secret key can be given on the command line")
				}
				continue
			}
			if want := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(v.Name, "GATEHOUSE_"), "_", "-")); v.Flag != want {
				t.Errorf("%s has flag %q, want %q", v.Name, v.Flag, want)
			}
			flag := flags.Lookup(v.Flag)
			if flag == nil || flag.DefValue != v.Default || !strings.Contains(usage, "--"+v.Flag+" ") && !strings.Contains(usage, "--"+v.Flag+"\n") {
				t.Errorf("--%s: %+v", v.Flag, flag)
				continue
			}
			isBool := v.Default == "true" || v.Default == "false"
			if (flag.NoOptDefVal == "true") != isBool {
				t.Errorf("--%s alone means %q", v.Flag, flag.NoOptDefVal)
			}
			if !strings.Contains(flag.Usage, v.Help) || !strings.Contains(flag.Usage, v.Name) {
				t.Errorf("--%s says %q", v.Flag, flag.Usage)
			}
		}
	})
}

func TestDerived(t *testing.T) {
	for url, want := range map[string][2]string{
		"sqlite://data/gatehouse.db":  {"data/gatehouse.db", "data/secret.key"},
		"sqlite://gatehouse.db":       {"gatehouse.db", "secret.key"},
		"sqlite://./x//y.db":          {"x/y.db", "x/secret.key"},
		"sqlite:///var/lib/g.db":      {"/var/lib/g.db", "/var/lib/secret.key"},
		"SQLITE:///g.db":              {"/g.db", "/secret.key"},
		"sqlite://../with space%20.d": {"../with space%20.d", "../secret.key"},
		"postgres://u:hunter2@h/db":   {"postgres://u:hunter2@h/db", "data/secret.key"},
	} {
		s, err := config.Load([]string{"GATEHOUSE_DATABASE_URL=" + url}, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := [2]string{filepath.ToSlash(s.DatabaseSource()), filepath.ToSlash(s.SecretKeyPath())}; got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}

	for url, want := range map[string]string{
		"sqlite://data/gatehouse.db":                           "data/gatehouse.db",
		"postgres://u:hunter2@h:5433/db?password=hunter2#hunt": "postgres://h:5433/db",
		"postgresql://h,i/db?sslpassword=hunter2":              "postgresql://h,i/db",
	} {
		if got := filepath.ToSlash((config.Settings{DatabaseURL: url}).DatabaseName()); got != want {
			t.Errorf("%s is told as %q, want %q", url, got, want)
		}
	}

	if got, want := (config.Settings{}).PasswordWorkerCount(), max(1, runtime.GOMAXPROCS(0)-1); got != want {
		t.Errorf("0 workers come to %d, want %d", got, want)
	}
	if got := (config.Settings{PasswordWorkers: 200}).PasswordWorkerCount(); got != 200 {
		t.Errorf("200 workers come to %d", got)
	}
	for level, want := range map[config.LogLevel]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError} {
		if got := level.Level(); got != want {
			t.Errorf("%s is %s", level, got)
		}
	}
}
