package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// busy is a visitor who asks, refreshes and fetches the public keys without a pause.
type busy struct {
	visitor
	refresh string
	rounds  atomic.Int64
}

// round has an access token used, the session refreshed, and the new access token used.
func (b *busy) round(ctx context.Context) error {
	if _, err := b.ask(ctx, `{ me { id } }`, nil); err != nil {
		return fmt.Errorf("me: %w", err)
	}
	data, err := b.ask(ctx, `mutation ($token: String) { tokenRefresh(refresh: $token) { access refresh } }`, map[string]any{"token": b.refresh})
	if err != nil {
		return fmt.Errorf("tokenRefresh: %w", err)
	}
	access, _ := follow(data, "tokenRefresh.access")
	refresh, _ := follow(data, "tokenRefresh.refresh")
	b.token, b.refresh = access.(string), refresh.(string)

	keys, err := send(ctx, &b.client, http.MethodGet, b.url+"/.well-known/jwks.json", nil, nil)
	if err != nil || keys.status != http.StatusOK {
		return fmt.Errorf("the public keys: status %d, %w", keys.status, err)
	}
	// Whatever signed the token is among them: a client that fetches them then can verify it.
	header, _, _, err := splitToken(b.token)
	if err != nil {
		return err
	}
	var set struct {
		Keys []struct{ KID string }
	}
	if err := json.Unmarshal(keys.body, &set); err != nil {
		return err
	}
	for _, key := range set.Keys {
		if key.KID == header["kid"] {
			b.rounds.Add(1)
			return nil
		}
	}
	return fmt.Errorf("the key %v is not among the public ones: %s", header["kid"], keys.body)
}

// gatehouseKeys runs gatehouse keys.
func gatehouseKeys(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), "gatehouse", append([]string{"keys"}, args...)...)
	command.Dir, command.Env = dir, testEnvironment(t, dir, "GATEHOUSE_JWT_KEYS=keys")
	var failed []byte
	out, err := command.Output()
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // as Output documents
		failed = exit.Stderr
	}
	if err != nil {
		t.Fatalf("gatehouse keys %v: %v\n%s%s", args, err, out, failed)
	}
	return out
}

// Keys are published, signed with and retired while people go on asking and refreshing: not one request fails.
func TestNoRequestFailsWhileKeysRotate(t *testing.T) {
	t.Parallel()
	const visitors, rotations = 4, 3
	dir := t.TempDir()
	gatehouseKeys(t, dir, "generate", "--kid", "first")
	p := start(t, dir, "GATEHOUSE_JWT_KEYS=keys", "GATEHOUSE_LOG_REQUESTS=false") // which reload would read through

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	all := make([]*busy, visitors)
	var group sync.WaitGroup
	for n := range all {
		b := &busy{visitor: visitor{url: p.url, client: http.Client{Transport: &http.Transport{}}}}
		b.token, b.refresh = register(t, p.url, fmt.Sprintf("visitor%d", n))
		all[n] = b
		group.Go(func() {
			defer b.client.CloseIdleConnections()
			for ctx.Err() == nil {
				if err := b.round(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
					stop()
				}
			}
		})
	}
	// reloaded reloads, and waits until every visitor has been through two rounds since: its tokens are then of the key
	// that signs now.
	reloaded := func() {
		t.Helper()
		if line, err := p.reload(); err != nil {
			t.Fatalf("%s%v", line, err)
		}
		for _, b := range all {
			for seen := b.rounds.Load(); b.rounds.Load() < seen+2 && ctx.Err() == nil; {
				time.Sleep(time.Millisecond)
			}
		}
	}
	for range rotations {
		gatehouseKeys(t, dir, "rotate")
		reloaded()
		gatehouseKeys(t, dir, "rotate", "--force")
		reloaded()
		var list []struct{ KID, State string }
		if err := json.Unmarshal(gatehouseKeys(t, dir, "list", "--json"), &list); err != nil || len(list) != 2 || list[1].State != "retired-soon" {
			t.Fatalf("the keys are %v, %v", list, err)
		}
		gatehouseKeys(t, dir, "retire", "--force", "--", list[1].KID)
		reloaded()
	}
	stop()
	group.Wait()
	if _, err := os.Stat(dir + "/keys/first.json"); !os.IsNotExist(err) {
		t.Errorf("the first key is still there: %v", err)
	}
}
