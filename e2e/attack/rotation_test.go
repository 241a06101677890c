//go:build attack

package attack

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestRotation has visitors ask, refresh and sign in for ROTATION_TIME (60s) while the keys of tokens are rotated as
// docs/auth.md says, over and over: published, signed with, and retired as soon as the program lets them be. No request may
// fail, and no token that has not expired may be refused.
func TestRotation(t *testing.T) {
	const visitors, accessLife, refreshLife = 8, 5 * time.Second, 8 * time.Second
	long := duration(t, "ROTATION_TIME", time.Minute)
	s := prepare(t, append(unlimited(), "GATEHOUSE_JWT_KEYS=keys", "GATEHOUSE_ARGON2_MEMORY_KIB=64", "GATEHOUSE_ARGON2_PASSES=1",
		"GATEHOUSE_SESSIONS_PER_USER=10000",
		fmt.Sprint("GATEHOUSE_ACCESS_TOKEN_LIFETIME=", accessLife), fmt.Sprint("GATEHOUSE_REFRESH_TOKEN_LIFETIME=", refreshLife))...)
	s.run(t, "keys", "generate")
	s.serve(t)

	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	counts := count{made: map[string]int{}, failed: map[string]int{}}
	var group sync.WaitGroup
	for n := range visitors {
		v := visitor{client: s.connect(""), username: fmt.Sprintf("visitor%d", n), count: &counts}
		v.register(t, v.username)
		group.Go(func() {
			if err := v.visit(ctx); err != nil {
				t.Errorf("%s: %v", v.username, err)
				cancel()
			}
		})
	}
	rotations := s.rotateUntil(t, ctx.Done())
	group.Wait()

	fmt.Printf("%d visitors for %v, %d rotations of keys:\n", visitors, long, rotations)
	for what, n := range counts.made {
		fmt.Printf("    %-14s %6d requests, %d failed\n", what, n, counts.failed[what])
	}
	if rotations == 0 {
		t.Error("no key was retired; that is no test")
	}
}

// rotateUntil rotates keys until that is done, and says how often it did from the first step to the last.
func (s *server) rotateUntil(t *testing.T, done <-chan struct{}) (times int) {
	t.Helper()
	for {
		s.run(t, "keys", "rotate")
		s.reload(t)
		s.run(t, "keys", "rotate", "--force") // a server that is reloaded need not be waited for
		s.reload(t)
		if !s.retire(t, done) {
			return times
		}
		s.reload(t)
		times++
	}
}

// retire deletes the key that signed before, without --force: so not before its tokens are dead. It is false when the other
// is done before.
func (s *server) retire(t *testing.T, done <-chan struct{}) bool {
	t.Helper()
	var list []struct{ KID, State string }
	if err := json.Unmarshal([]byte(s.run(t, "keys", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	old := slices.IndexFunc(list, func(k struct{ KID, State string }) bool { return k.State == "retired-soon" })
	if old < 0 {
		t.Fatalf("no key is to be retired: %v", list)
	}
	ticker := time.NewTicker(time.Second / 4)
	defer ticker.Stop()
	for {
		_, err := s.try(t, "keys", "retire", "--", list[old].KID)
		if err == nil {
			return true
		}
		select {
		case <-ticker.C:
		case <-done:
			return false
		}
	}
}

// reload has the server read its keys again.
func (s *server) reload(t *testing.T) {
	t.Helper()
	if err := s.process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.await(t, regexp.MustCompile(`msg="reloaded the keys"`))
}

// count is how many requests were made of each kind.
type count struct {
	mu           sync.Mutex
	made, failed map[string]int
}

func (c *count) add(what string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made[what]++
	if err != nil {
		c.failed[what]++
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// visitor is somebody with an account who is never idle.
type visitor struct {
	*client
	*count
	username string
	current  tokens
	kept     []tokens // the current ones and those before, as far as they have not nearly expired; the oldest first
}

// visit makes requests of all kinds until the context ends or one fails.
func (v *visitor) visit(ctx context.Context) error {
	for round := 0; ctx.Err() == nil; round++ {
		if err := v.round(context.WithoutCancel(ctx), round%5 == 0); err != nil {
			return err
		}
	}
	return nil
}

// round makes a request of each kind, after a sign-in if it is to begin with that.
func (v *visitor) round(ctx context.Context, signIn bool) (err error) {
	if signIn {
		v.current, err = v.signIn(ctx, v.username, password)
	} else {
		var data struct{ TokenRefresh tokens }
		err = v.ask(ctx, `mutation ($token: String) { tokenRefresh(refresh: $token) { access refresh accessExpiresAt } }`,
			variables{"token": v.current.Refresh}, &data)
		v.current = data.TokenRefresh
	}
	if err := v.add(map[bool]string{true: "tokenObtain", false: "tokenRefresh"}[signIn], err); err != nil {
		return err
	}
	soon := time.Now().Add(2 * time.Second)
	v.kept = append(slices.DeleteFunc(v.kept, func(old tokens) bool { return old.AccessExpiresAt.Before(soon) }), v.current)

	v.access = v.kept[0].Access
	err = v.add("me", v.ask(ctx, `{ me { id } }`, nil, nil))
	v.access = v.current.Access
	return errors.Join(err,
		v.add("products", v.ask(ctx, `{ products(first: 10, where: {mine: true}) { totalCount } }`, nil, nil)),
		v.add("tokenVerify", v.verify(ctx)),
		v.add("jwks.json", v.findKey(ctx)),
	)
}

// verify has the server look at the current refresh token.
func (v *visitor) verify(ctx context.Context) error {
	var data struct {
		TokenVerify struct {
			IsValid bool
			Reason  string
		}
	}
	err := v.ask(ctx, `mutation ($token: String!) { tokenVerify(token: $token) { isValid reason } }`, variables{"token": v.current.Refresh}, &data)
	if err == nil && !data.TokenVerify.IsValid {
		err = errors.New(data.TokenVerify.Reason)
	}
	return err
}

// findKey looks for the key of the current access token among the public ones.
func (v *visitor) findKey(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+"/.well-known/jwks.json", nil)
	if err != nil {
		return err
	}
	response, err := v.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var set struct{ Keys []struct{ KID string } }
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return err
	}
	first, _, _ := strings.Cut(v.current.Access, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return err
	}
	var header struct{ KID string }
	if err := json.Unmarshal(text, &header); err != nil {
		return err
	}
	for _, key := range set.Keys {
		if key.KID == header.KID {
			return nil
		}
	}
	return fmt.Errorf("%s signs and is not among the public keys", header.KID)
}
