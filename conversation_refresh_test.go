package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// visitor talks GraphQL with the program, without a script.
type visitor struct {
	client http.Client
	url    string
	token  string // access token; empty: anonymous
}

// ask sends a GraphQL request and answers its data. An error of the first kind is what the reply says, a *refusal;
// any other says that there was no reply.
func (v *visitor) ask(ctx context.Context, query string, variables map[string]any) (any, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	if v.token != "" {
		header.Set("Authorization", "Bearer "+v.token)
	}
	got, err := send(ctx, &v.client, http.MethodPost, v.url+"/graphql", header, question(query, variables))
	if err != nil {
		return nil, err
	}
	return readReply(got.body)
}

// refusal is the first error of a reply.
type refusal struct{ message, code, reason string }

func (r *refusal) Error() string { return r.code + " " + r.reason + ": " + r.message }

// readReply is the data of a reply, or a *refusal. It panics at what is no GraphQL answer: whatever happens to the
// program, an answer is whole or it is none.
func readReply(body []byte) (any, error) {
	reply, err := readJSON(body)
	if err == nil {
		err = checkForm(reply)
	}
	if err != nil {
		panic(fmt.Sprintf("%v: %s", err, body))
	}
	told := func(path string) string {
		value, _ := follow(reply, path)
		text, _ := value.(string)
		return text
	}
	if code := told("errors[0].extensions.code"); code != "" {
		return nil, &refusal{told("errors[0].message"), code, told("errors[0].extensions.reason")}
	}
	return reply.(map[string]any)["data"], nil
}

// must is a text in the data of an answer that has to be there.
func must(tb testing.TB, data any, err error) func(path string) string {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	return func(path string) string {
		tb.Helper()
		value, err := follow(data, path)
		if err != nil {
			tb.Fatal(err)
		}
		return fmt.Sprint(value)
	}
}

// start starts the program in a directory for a test; it ends with the test, if not before.
func start(tb testing.TB, dir string, settings ...string) *program {
	tb.Helper()
	p, err := startProgram(lifetime(tb), dir, testEnvironment(tb, dir, settings...))
	if err != nil {
		tb.Fatalf("%v\n%s", err, p.log.String())
	}
	tb.Cleanup(func() {
		if p.running() {
			p.kill()
		}
		for _, line := range p.complaints() {
			tb.Errorf("gatehouse serve logged: %s", line)
		}
		if tb.Failed() {
			tb.Logf("log of gatehouse serve:\n%s", p.log.String())
		}
	})
	return p
}

// register makes an account and answers its access and refresh tokens.
func register(tb testing.TB, url, username string) (access, refresh string) {
	tb.Helper()
	v := &visitor{url: url}
	if _, err := v.ask(tb.Context(), registerUser, map[string]any{
		"username": username, "email": username + "@shop.example", "password": goodPassword,
	}); err != nil {
		tb.Fatal(err)
	}
	data, err := v.ask(tb.Context(), signIn, map[string]any{"username": username, "password": goodPassword})
	text := must(tb, data, err)
	return text("tokenObtain.access"), text("tokenObtain.refresh")
}

// outcome is what came of one tokenRefresh.
type outcome struct {
	access, refresh string
	err             error
}

// refreshAtOnce refreshes one token so many times, as much at once as can be.
func refreshAtOnce(tb testing.TB, url, token string, times int) []outcome {
	tb.Helper()
	outcomes := make([]outcome, times)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range outcomes {
		ready.Add(1)
		done.Go(func() {
			v := &visitor{url: url, client: http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
			ready.Done()
			<-start
			data, err := v.ask(tb.Context(), `mutation ($token: String) { tokenRefresh(refresh: $token) { access refresh } }`,
				map[string]any{"token": token})
			if err == nil {
				access, _ := follow(data, "tokenRefresh.access")
				refresh, _ := follow(data, "tokenRefresh.refresh")
				outcomes[i].access, _ = access.(string)
				outcomes[i].refresh, _ = refresh.(string)
			}
			outcomes[i].err = err
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return outcomes
}

// Fifty refreshes of one token at once make one new generation, and all of them are answered with it, as is
// whoever asks after the program was restarted: the grace is long enough here for any machine.
func TestFiftyRefreshesMakeOneGeneration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir, "GATEHOUSE_REFRESH_GRACE=5m")
	_, refresh := register(t, p.url, "alice")

	outcomes := refreshAtOnce(t, p.url, refresh, 50)
	successor := outcomes[0].refresh
	checkAlike(t, outcomes, successor)
	_, claims, _, err := splitToken(successor)
	if err != nil || fmt.Sprint(claims["gen"]) != "2" {
		t.Errorf("the successor says %v, %v; want generation 2", claims, err)
	}
	accesses := map[string]bool{}
	for _, o := range outcomes {
		v := &visitor{url: p.url, token: o.access}
		if _, err := v.ask(t.Context(), `{ me { id } }`, nil); err != nil {
			t.Errorf("an access token does not serve: %v", err)
		}
		accesses[o.access] = true
	}
	if len(accesses) != len(outcomes) {
		t.Errorf("%d access tokens are %d different ones", len(outcomes), len(accesses))
	}

	if err := p.terminate(); err != nil {
		t.Fatal(err)
	}
	p = start(t, dir, "GATEHOUSE_REFRESH_GRACE=5m")
	checkAlike(t, refreshAtOnce(t, p.url, refresh, 50), successor)

	p.kill()
	p = start(t, dir, "GATEHOUSE_REFRESH_GRACE=5m")
	checkAlike(t, refreshAtOnce(t, p.url, refresh, 50), successor)

	// The successor in its turn has one.
	next := refreshAtOnce(t, p.url, successor, 50)
	checkAlike(t, next, next[0].refresh)
	if _, claims, _, err = splitToken(next[0].refresh); err != nil || fmt.Sprint(claims["gen"]) != "3" {
		t.Errorf("the next says %v, %v; want generation 3", claims, err)
	}
}

// checkAlike checks that every refresh was answered with that same refresh token.
func checkAlike(t *testing.T, outcomes []outcome, successor string) {
	t.Helper()
	for i, o := range outcomes {
		if o.err != nil || o.refresh != successor || o.access == "" {
			t.Errorf("refresh %d of %d: another answer (%v)", i+1, len(outcomes), o.err)
		}
	}
}

// After the grace, the spent token is taken for stolen: of fifty uses at once one is told so, which ends the
// session, and the others find it ended.
func TestRefreshAfterTheGraceRevokesTheSession(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "GATEHOUSE_REFRESH_GRACE=1s")
	access, refresh := register(t, p.url, "alice")
	first := refreshAtOnce(t, p.url, refresh, 1)[0]
	if first.err != nil {
		t.Fatal(first.err)
	}
	time.Sleep(1100 * time.Millisecond)

	reasons := map[string]int{}
	for _, o := range refreshAtOnce(t, p.url, refresh, 50) {
		reasons[reasonOf(o.err)]++
	}
	if reasons["TOKEN_REUSED"] != 1 || reasons["TOKEN_REVOKED"] != 49 {
		t.Errorf("reasons %v; want TOKEN_REUSED once, TOKEN_REVOKED 49 times", reasons)
	}
	if reason := reasonOf(refreshAtOnce(t, p.url, first.refresh, 1)[0].err); reason != "TOKEN_REVOKED" {
		t.Errorf("the successor: %s, want TOKEN_REVOKED", reason)
	}
	for _, token := range []string{access, first.access} {
		v := &visitor{url: p.url, token: token}
		if _, err := v.ask(t.Context(), `{ me { id } }`, nil); reasonOf(err) != "TOKEN_REVOKED" {
			t.Errorf("an access token of the session: %v, want TOKEN_REVOKED", err)
		}
	}
}

func reasonOf(err error) string {
	var told *refusal
	if errors.As(err, &told) {
		return told.reason
	}
	return fmt.Sprint(err)
}
