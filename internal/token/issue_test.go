package token_test

import (
	"encoding/base64"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/token"
)

func TestNewRefusesBadSettings(t *testing.T) {
	good := func() token.Settings {
		return token.Settings{Keys: []token.Key{key(t, secret)}, Now: at(0)}
	}
	if _, err := token.New(good()); err != nil {
		t.Fatalf("good settings: %v", err)
	}
	for name, change := range map[string]func(*token.Settings){
		"no settings":         func(s *token.Settings) { *s = token.Settings{} },
		"no keys":             func(s *token.Settings) { s.Keys = nil },
		"an empty key":        func(s *token.Settings) { s.Keys = []token.Key{{}} },
		"an empty second key": func(s *token.Settings) { s.Keys = append(s.Keys, token.Key{}) },
		"no clock":            func(s *token.Settings) { s.Now = nil },
		"negative leeway":     func(s *token.Settings) { s.Leeway = -1 },
		"issuer not UTF-8":    func(s *token.Settings) { s.Issuer = "gate\xffhouse" },
		"audience not UTF-8":  func(s *token.Settings) { s.Audience = "gate\xffhouse" },
		"issuer too long":     func(s *token.Settings) { s.Issuer = strings.Repeat("i", 3000) },
		"audience too long":   func(s *token.Settings) { s.Audience = strings.Repeat("a", 3000) },
		// 500 characters, but each takes six in JSON.
		"issuer long when escaped": func(s *token.Settings) { s.Issuer = strings.Repeat("<", 500) },
	} {
		t.Run(name, func(t *testing.T) {
			s := good()
			change(&s)
			if i, err := token.New(s); err == nil || i != nil {
				t.Errorf("New is %v, %v, want an error", i, err)
			}
		})
	}
}

// With the longest issuer that New takes, every token there can be is read back.
func TestLongestIssuerStillWorks(t *testing.T) {
	longest := 0
	for length := range 3000 {
		s := token.Settings{Keys: []token.Key{key(t, secret)}, Now: at(0), Issuer: strings.Repeat("i", length)}
		if _, err := token.New(s); err == nil {
			longest = length
		}
	}
	if longest < 2000 {
		t.Fatalf("the longest issuer is %d bytes", longest)
	}
	i := issuer(t, named(strings.Repeat("i", longest), ""))
	c := refresh()
	c.UserID, c.SessionID, c.Generation = math.MaxInt64, math.MaxInt64, math.MaxInt64
	raw, err := i.Sign(c)
	if err != nil || len(raw) > 4096 {
		t.Fatalf("Sign: %d bytes, %v", len(raw), err)
	}
	if got := accepted(t, i, raw); got != c {
		t.Errorf("read back %+v, want %+v", got, c)
	}
}

func TestSignedFormat(t *testing.T) {
	access := refresh()
	access.Type, access.Generation = token.Access, 0
	bare := access
	bare.SessionID = 0
	for _, row := range []struct {
		name   string
		issuer *token.Issuer
		claims token.Claims
		want   string
	}{
		{
			"refresh", issuer(t), refresh(),
			`{"exp":1767312000,"gen":3,"iat":1767225600,"jti":"` + jti + `","sid":"7","token_type":"refresh","user_id":"42"}`,
		},
		{
			"access", issuer(t), access,
			`{"exp":1767312000,"iat":1767225600,"jti":"` + jti + `","sid":"7","token_type":"access","user_id":"42"}`,
		},
		{
			"without a session", issuer(t), bare,
			`{"exp":1767312000,"iat":1767225600,"jti":"` + jti + `","token_type":"access","user_id":"42"}`,
		},
		{
			"with issuer and audience", issuer(t, named("gate", "house")), bare,
			`{"aud":"house","exp":1767312000,"iat":1767225600,"iss":"gate","jti":"` + jti + `","token_type":"access","user_id":"42"}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			raw, err := row.issuer.Sign(row.claims)
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.Split(raw, ".")
			if len(parts) != 3 {
				t.Fatalf("%d parts", len(parts))
			}
			for n, want := range []string{header, row.want} {
				if text, err := base64.RawURLEncoding.DecodeString(parts[n]); err != nil || string(text) != want {
					t.Errorf("part %d is\n%s, %v, want\n%s", n, text, err, want)
				}
			}
			if want := mac(secret, parts[0]+"."+parts[1]); parts[2] != want {
				t.Errorf("the signature is %s, want %s", parts[2], want)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	change := func(f func(*token.Claims)) token.Claims { c := refresh(); f(&c); return c }
	zoned := time.Unix(moment, 999999999).In(time.FixedZone("", -5*3600))
	for name, c := range map[string]token.Claims{
		"plain":           refresh(),
		"access":          change(func(c *token.Claims) { c.Type, c.Generation = token.Access, 0 }),
		"without session": change(func(c *token.Claims) { c.SessionID, c.Generation = 0, 0 }),
		"least":           change(func(c *token.Claims) { c.UserID, c.SessionID, c.Generation = 1, 1, 1 }),
		"most": change(func(c *token.Claims) {
			c.UserID, c.SessionID, c.Generation = math.MaxInt64, math.MaxInt64, math.MaxInt64
		}),
		"beyond a float64":   change(func(c *token.Claims) { c.UserID, c.Generation = 1<<53+1, 1<<53+1 }),
		"a strange id":       change(func(c *token.Claims) { c.ID = "\x00\"<&>\u2028é\U0001F511" }),
		"since 1970":         change(func(c *token.Claims) { c.IssuedAt = time.Unix(0, 0) }),
		"until the year 10k": change(func(c *token.Claims) { c.ExpiresAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) }),
		"elsewhere":          change(func(c *token.Claims) { c.IssuedAt, c.ExpiresAt = zoned, zoned.Add(time.Hour) }),
	} {
		t.Run(name, func(t *testing.T) {
			for _, i := range []*token.Issuer{issuer(t), issuer(t, named("https://gatehouse.example/<&>", "é \"quoted\""))} {
				raw, err := i.Sign(c)
				if err != nil {
					t.Fatal(err)
				}
				want := c
				want.IssuedAt = time.Unix(c.IssuedAt.Unix(), 0).UTC()
				want.ExpiresAt = time.Unix(c.ExpiresAt.Unix(), 0).UTC()
				for _, kind := range []token.Type{c.Type, token.Any} {
					if got, err := i.Verify(raw, kind); err != nil || got != want {
						t.Errorf("read back %+v, %v, want %+v", got, err, want)
					}
				}
			}
		})
	}
}

func TestSignIsDeterministic(t *testing.T) {
	first, err := issuer(t).Sign(refresh())
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		// Another issuer, another clock, a fraction of a second: the successor within grace is the same token.
		c := refresh()
		c.IssuedAt = c.IssuedAt.Add(999 * time.Millisecond).Local()
		again, err := issuer(t, now(5*time.Second)).Sign(c)
		if err != nil || again != first {
			t.Fatalf("signed\n%s, %v, then\n%s", first, err, again)
		}
	}
}

func TestSignRefusesWhatVerifyWouldNotReturn(t *testing.T) {
	for name, change := range map[string]func(*token.Claims){
		"nothing":                func(c *token.Claims) { *c = token.Claims{} },
		"no type":                func(c *token.Claims) { c.Type, c.Generation = token.Any, 0 },
		"another type":           func(c *token.Claims) { c.Type, c.Generation = "sliding", 0 },
		"no id":                  func(c *token.Claims) { c.ID = "" },
		"id not UTF-8":           func(c *token.Claims) { c.ID = "\xff" },
		"id too long":            func(c *token.Claims) { c.ID = strings.Repeat("f", 4096) },
		"no user":                func(c *token.Claims) { c.UserID = 0 },
		"negative user":          func(c *token.Claims) { c.UserID = -1 },
		"negative session":       func(c *token.Claims) { c.SessionID = -1 },
		"negative generation":    func(c *token.Claims) { c.Generation = -1 },
		"access with generation": func(c *token.Claims) { c.Type = token.Access },
		"never issued":           func(c *token.Claims) { c.IssuedAt = time.Time{} },
		"issued before 1970":     func(c *token.Claims) { c.IssuedAt = time.Unix(-1, 0) },
		"no expiry":              func(c *token.Claims) { c.ExpiresAt = time.Time{} },
		"expiry before 1970":     func(c *token.Claims) { c.ExpiresAt = time.Unix(0, -1) },
		"expiry in the year 10k": func(c *token.Claims) { c.ExpiresAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run(name, func(t *testing.T) {
			c := refresh()
			change(&c)
			if raw, err := issuer(t).Sign(c); err == nil || raw != "" {
				t.Errorf("Sign is %q, %v, want an error", raw, err)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	i := issuer(t)
	var group sync.WaitGroup
	for n := range int64(8) {
		group.Go(func() {
			c := refresh()
			c.UserID += n
			for range 50 {
				raw, err := i.Sign(c)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := i.Verify(raw, token.Refresh); err != nil || got != c {
					t.Errorf("read back %+v, %v, want %+v", got, err, c)
				}
			}
		})
	}
	group.Wait()
}
